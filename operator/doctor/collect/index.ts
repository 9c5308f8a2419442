/** All facts, collected side by side. */
import type { Connection } from "../../../components/aws/connection";
import { type RecordOwner, recordOwners } from "../../../components/aws/recordOwners";
import { route53Client } from "../../../components/aws/route53";
import type { Settings } from "../../../settings/read";
import type { StackOutputs } from "../../../outputs/stackOutputs";
import { healthName } from "../../../hostfiles/healthName";
import { IngressMode } from "../../../settings/choices";
import type { Facts } from "../check";
import { askThroughBalancer } from "./apiBalancer";
import { askAws } from "./aws";
import { askNames } from "./names";
import { askNode, type NodeFacts, type NodeUnknown } from "./node";
import { askFromHere } from "./reach";
import { isUnknown, type Unknown } from "../unknown";

export interface Question {
  outputs: StackOutputs;
  /** Absent where the outputs came alone: there is no login to the node then. */
  settings?: Settings;
  connection: Connection;
  /** `""` where the outputs came alone. */
  stack: string;
  /** `<project>/<stack>`. */
  owner: string;
  /** The project's directory as the user gave it; `""` for the present one. */
  cwd: string;
  /** PEM of the authorities that signed the applications' certificates. */
  ca?: string;
  /** Asked for the names in the place of this machine's own. */
  nameServer?: string;
}

function node(
  { outputs, settings }: Question,
  domains: readonly string[],
): Promise<NodeFacts | NodeUnknown | Unknown> | Unknown {
  if (outputs.mode !== IngressMode.DualIp) return { because: `mode ${outputs.mode} has nothing on the node` };
  if (!settings?.ssh) return { because: "there is no login to the node: give --stack" };
  const { httpsNodePort, httpNodePort, proxyProtocol, sshPrivateKey: privateKey, ssh } = settings;
  return askNode(
    { ssh, address: outputs.apiPublicIp || outputs.primaryPrivateIp, ...(privateKey ? { privateKey } : {}) },
    { outputs, healthName: healthName(domains), httpsNodePort, httpNodePort, proxyProtocol },
  );
}

/** Beside the stack's own A records, which resolvers are asked for. */
async function askOwners({
  outputs: { dns },
  settings,
  connection,
}: Question): Promise<readonly RecordOwner[] | Unknown> {
  const zoneId = settings?.route53ZoneId;
  if (zoneId === undefined) return [];
  const names = dns.records.map(({ name }) => name);
  try {
    const owners = await recordOwners(route53Client(connection, { attempts: 3 }), zoneId, names);
    return owners.filter(({ kind }) => kind !== "address");
  } catch (error) {
    return { because: `Route 53 does not say what else is in the zone (${(error as Error).name})` };
  }
}

export async function collect(question: Question): Promise<Facts> {
  const { outputs, settings, connection, stack, owner, cwd, ca, nameServer } = question;
  const domains = settings?.appDomains ?? outputs.dns.records.map(({ name }) => name.replace(/\.$/, ""));
  const account = askAws(connection, outputs, owner);
  const [aws, throughBalancer, onNode, reach, names, owners] = await Promise.all([
    account,
    account.then(({ apiBalancer }) => (apiBalancer && !isUnknown(apiBalancer) ? askThroughBalancer(apiBalancer) : [])),
    node(question, domains),
    askFromHere(outputs, domains, ca),
    askNames(outputs.dns.records, nameServer),
    askOwners(question),
  ]);
  return {
    ...{
      outputs,
      aws,
      node: onNode,
      reach: { ...reach, throughBalancer },
      names,
      recordOwners: owners,
      owner,
      stack,
      cwd,
    },
    allowedCidrs: settings?.allowedCidrs,
    usersElasticIp: settings?.allocationId !== undefined,
    writesNames: settings?.route53ZoneId !== undefined,
    region: connection.region ?? "",
    profile: connection.profile ?? "",
  };
}
