/** What moving in would do: what there is, what is stopped and kept, what stands in the way, and the settings. */
import { addressFile } from "../../hostfiles/files/address";
import type { PreflightFinding } from "../../hostfiles/node/preflight";
import { apiPort } from "../../settings/ports";
import type { Settings } from "../../settings/read";
import type { Account, ElasticIp, OpenPort } from "./account";
import type { Clues } from "./clues";
import type { Guesses } from "./guesses";
import type { Inspection, Part } from "./inspection";

/** A setting to change. */
export interface SettingChange {
  key: string;
  value: string;
  /** What it is now, a default included; `""` for nothing. */
  before: string;
}

export interface Plan {
  clusterName: string;
  instanceId: string;
  networkInterfaceId: string;
  primaryPrivateIp: string;
  /** Whether there is a layout to take over. */
  found: boolean;
  /** The program has taken it over already. */
  takenOver: boolean;
  parts: (Part & { leadsTo: string })[];
  secondaryPrivateIp: string;
  /** Where the secondary address is, if it is on an interface: `172.20.45.38/16 on ens5`. */
  onInterface: string;
  elasticIp: ElasticIp | undefined;
  /** Of the API server's manifest; `""` if it does not say. */
  api: { securePort: string; bindAddress: string };
  /** What is left of other attempts: worth knowing, not in the way. */
  warnings: PreflightFinding[];
  /** Units that `pulumi up` stops and disables, in this order. */
  stopped: string[];
  kept: string[];
  obstacles: PreflightFinding[];
  settings: SettingChange[];
}

export interface Seen {
  /** `<project>/<stack>`. */
  owner: string;
  settings: Settings;
  account: Account;
  clues: Clues;
  guesses: Guesses;
  inspection: Inspection;
}

const leadsTo = ({ role }: Part, { httpsNodePort, httpNodePort, apiLocalPort }: Guesses): string =>
  ({
    api: `the API server on port ${apiLocalPort}`,
    https: `the ingress controller, NodePort ${httpsNodePort}`,
    http: `the ingress controller, NodePort ${httpNodePort}`,
    statistics: "its statistics page",
  })[role];

/** Units by role; the ingress's come first, as they are stopped. */
const stoppedOf = (parts: readonly Part[]): string[] => [
  ...new Set(
    (["https", "http", "api"] as const).flatMap((wanted) =>
      parts.filter(({ role }) => role === wanted).map(({ unit }) => unit),
    ),
  ),
];

function elasticIpObstacles(elasticIp: ElasticIp | undefined, owners: readonly string[]): PreflightFinding[] {
  if (!elasticIp?.stack || owners.includes(elasticIp.stack)) return [];
  return [
    {
      code: "ELASTIC_IP_OF_A_STACK",
      expected: "an Elastic IP of your own on the secondary address",
      found: `${elasticIp.publicIp} (${elasticIp.allocationId}), which stack ${elasticIp.stack} made and releases`,
      fix: "destroy that stack first",
    },
  ];
}

/** A file that this program does not replace brings the address back to the interface at the next boot. */
const fileWarnings = ({ files, secondaryPrivateIp, onInterface }: Inspection): PreflightFinding[] =>
  files
    .filter((file) => onInterface !== undefined && !Object.values(addressFile).includes(file))
    .map((file) => ({
      code: "ADDRESS_IN_NETWORK_CONFIGURATION",
      expected: `no file but ${addressFile.netplan} that names ${secondaryPrivateIp}`,
      found: file,
      fix: `after pulumi up, take ${secondaryPrivateIp} out of it, or the next boot puts the address back on ${onInterface?.device}`,
    }));

const openPortsInWords = (rules: readonly OpenPort[]): string[] =>
  rules.length === 0
    ? []
    : [
        `security group rules: ${rules.map(({ securityGroupId, port, cidr }) => `${port} from ${cidr} (${securityGroupId})`).join(", ")}`,
      ];

function keptOf(seen: Seen, elasticIp: ElasticIp | undefined): string[] {
  const { account, inspection, clues } = seen;
  const { secondaryPrivateIp, parts, files } = inspection;
  return [
    ...(secondaryPrivateIp ? [`${secondaryPrivateIp} on ${account.networkInterfaceId}`] : []),
    ...(elasticIp
      ? [`Elastic IP ${elasticIp.publicIp} (${elasticIp.allocationId}), associated as ${elasticIp.associationId}`]
      : []),
    ...(clues.securePort === "" ? [] : [`the API server's manifest (--secure-port=${clues.securePort})`]),
    ...(parts.length > 0 ? ["units and configuration of what is stopped: pulumi destroy starts it again"] : []),
    ...files
      .filter((file) => Object.values(addressFile).includes(file))
      .map((file) => `${file}: replaced, and restored by pulumi destroy`),
    ...openPortsInWords(account.openPorts),
  ];
}

/** Settings whose values differ from the stack's. */
function changesOf({ settings, guesses, inspection, owner }: Seen, elasticIp: ElasticIp | undefined): SettingChange[] {
  const now = settings as Readonly<Record<string, unknown>>;
  const wanted: Record<string, unknown> = {
    secondaryPrivateIp: inspection.secondaryPrivateIp || undefined,
    // Its own needs no name.
    allocationId: elasticIp && elasticIp.stack !== owner ? elasticIp.allocationId : undefined,
    httpsNodePort: guesses.httpsNodePort,
    httpNodePort: guesses.httpNodePort,
    apiLocalPort: guesses.apiLocalPort,
    proxyProtocol: guesses.proxyProtocol,
    adopt: true,
  };
  return Object.entries(wanted)
    .filter(([key, value]) => value !== undefined && value !== now[key])
    .map(([key, value]) => ({ key, value: String(value), before: String(now[key] ?? "") }));
}

export function planOf(seen: Seen): Plan {
  const { owner, settings, account, clues, guesses, inspection } = seen;
  const { parts, onInterface, secondaryPrivateIp, faults, warnings } = inspection;
  const elasticIp = account.secondaries.find(({ privateIp }) => privateIp === secondaryPrivateIp)?.elasticIp;
  const found = parts.length > 0 || onInterface !== undefined;
  return {
    clusterName: settings.clusterName,
    instanceId: account.instanceId,
    networkInterfaceId: account.networkInterfaceId,
    primaryPrivateIp: account.primaryPrivateIp,
    found,
    takenOver: clues.takenOver,
    parts: parts.map((part) => ({ ...part, leadsTo: leadsTo(part, guesses) })),
    secondaryPrivateIp,
    onInterface: onInterface ? `${onInterface.prefix} on ${onInterface.device}` : "",
    elasticIp,
    api: { securePort: clues.securePort || String(apiPort), bindAddress: clues.bindAddress },
    // The address on the interface is the layout's own, and moves.
    warnings: [...warnings.filter(({ code }) => code !== "ADDRESS_ON_INTERFACE"), ...fileWarnings(inspection)],
    stopped: stoppedOf(parts),
    kept: found ? keptOf(seen, elasticIp) : [],
    obstacles: [
      ...faults,
      ...(found ? [...guesses.obstacles, ...elasticIpObstacles(elasticIp, [owner, settings.formerStack])] : []),
    ],
    settings: found && !clues.takenOver ? changesOf(seen, elasticIp) : [],
  };
}
