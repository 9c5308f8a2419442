/** What kOps' manifests must hold for a node that heals by itself: fields of its API kops.k8s.io/v1alpha2. */
import type { HostSettings } from "../../hostfiles/hostSettings";
import { hostSteps, preflight } from "../../hostfiles/steps/hostSteps";
import type { ApiForwarder } from "../../settings/choices";
import { checked } from "../../hostfiles/checkedSettings";
import type { Statement } from "../iam/conditions";
import { nodeStatements } from "../iam/nodePolicy";
import { bootUnit } from "../../hostfiles/node/paths";
import { stackTag } from "../../settings/tagNames";
import { bootProgram, renderBoot, renderBootUnit, stepFile, unknowns } from "./boot";

/** A file that nodeup writes at every boot. */
export interface FileAsset {
  name: string;
  path: string;
  /** Octal. */
  mode: string;
  content: string;
}

/** A systemd unit that nodeup writes, enables and starts. */
export interface Hook {
  name: string;
  useRawManifest: true;
  manifest: string;
}

/** Of the spec of the control plane's instance group. */
export interface GroupPieces {
  additionalSecurityGroups: string[];
  cloudLabels: Record<string, string>;
  fileAssets: FileAsset[];
  hooks: Hook[];
}

export interface Pieces {
  clusterName: string;
  group: GroupPieces;
  /** For the control plane's role: `additionalPolicies` of the cluster's spec. */
  statements: Statement[];
}

/** What a stack knows of its node, besides what every instance has of its own. */
export interface PiecesSettings extends Omit<HostSettings, keyof typeof unknowns | "adopt" | "requestedIp"> {
  apiForwarder: ApiForwarder;
  forceApiAllowedCidrs: boolean;
  allocationId: string;
  /** That Elastic IP is the user's, by the setting `allocationId`. */
  ofUser: boolean;
  /** The stack's own, which lets the applications' clients in. */
  securityGroupId: string;
  region: string;
}

/** Beginning of the names of what is ours in a manifest. */
export const ownName = "secondary-ingress";
/** Name of the boot program's file asset. */
export const bootAsset = `${ownName}-boot`;

function checkedIds({ allocationId, securityGroupId, region }: PiecesSettings): void {
  const expect = (what: string, value: string, pattern: RegExp): void => {
    if (!pattern.test(value)) throw new Error(`${what}: expected an id of AWS, found '${value}'`);
  };
  expect("allocationId", allocationId, /^eipalloc-[0-9a-f]{8,17}$/);
  expect("securityGroupId", securityGroupId, /^sg-[0-9a-f]{8,17}$/);
  expect("region", region, /^[a-z]{2}(-[a-z]+)+-\d$/);
}

/** @throws naming the setting that does not fit into the node's files */
export function piecesOf(settings: PiecesSettings): Pieces {
  const { allocationId, ofUser, securityGroupId, region, apiForwarder, forceApiAllowedCidrs, ...known } = settings;
  checkedIds(settings);
  // A node that kOps makes has no layout of before.
  const host: HostSettings = { ...checked(known), ...unknowns, adopt: false, requestedIp: known.secondaryPrivateIp };
  const { clusterName, owner, secondaryPrivateIp, apiAllowedCidrs } = host;
  const steps = [
    preflight,
    ...hostSteps({
      adopt: host.adopt,
      apiForwarder,
      filterApi: apiAllowedCidrs.length > 0,
      forceFilter: forceApiAllowedCidrs,
    }),
  ];
  const asset = (name: string, path: string, mode: string, content: string): FileAsset => ({
    name: `${ownName}-${name}`,
    path,
    mode,
    content,
  });
  const boot = renderBoot(
    { clusterName, secondaryPrivateIp, allocationId, securityGroupId },
    steps.map((step) => ({ name: step.name, command: step.create(host) })),
  );
  return {
    clusterName,
    group: {
      additionalSecurityGroups: [securityGroupId],
      cloudLabels: { [stackTag]: owner },
      fileAssets: [
        asset("boot", bootProgram, "0755", boot),
        ...steps.map((step) => asset(step.name, stepFile(step.name), "0600", step.stdin(host))),
      ],
      hooks: [{ name: bootUnit, useRawManifest: true, manifest: renderBootUnit() }],
    },
    statements: nodeStatements({ clusterName, region, accountId: "*", allocationId, ofUser }),
  };
}
