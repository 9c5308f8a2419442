/** Gives a stack's node, or the balancer in front of its nodes, to kOps: prints the pieces of the manifests, puts them there, or says whether they are there. */
import { readFileSync, writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { resourcesOf, type StackState } from "../../automation/state";
import { vpcRanges } from "../../components/aws/vpcRanges";
import { healthName } from "../../hostfiles/healthName";
import { NetworkConfig } from "../../hostfiles/hostSettings";
import { parsePreflight } from "../../hostfiles/node/preflight";
import { balancerPieces, mergeBalancer, renderBalancerPieces } from "../kops/balancerPieces";
import { merge, type Merge, renderPieces } from "../kops/manifest";
import { type Pieces, piecesOf } from "../kops/pieces";
import { IngressMode } from "../../settings/choices";
import { regionOf } from "./iam";
import { type NamedStack, openStack, type OpenedStack, readerOf } from "./stack";

export interface KopsFlags extends NamedStack {
  region?: string;
  patch?: string[];
  check?: string[];
}

/** What the state knows and the outputs do not: the VPC, and what the preflight found on the node. */
export function seenBy(
  state: StackState,
  securityGroupId: string,
  stack: string,
): { vpcId: string; preflight: string } {
  const resources = resourcesOf(state);
  const group = resources.find(({ id }) => id !== undefined && id === securityGroupId);
  const run = resources.find(({ type, urn }) => type === "command:remote:Command" && urn.endsWith("-preflight"));
  const preflight = run?.outputs?.["stdout"];
  if (!group || typeof preflight !== "string")
    throw new Error(
      `--stack: expected a stack that is up with this version, found '${stack}' without its node: pulumi up --stack ${stack}`,
    );
  return { vpcId: String(group.outputs?.["vpcId"]), preflight };
}

/** @throws where the stack's balancer has no nodes behind it yet */
export function attachedBy(state: StackState, stack: string) {
  const attachments = resourcesOf(state)
    .filter(({ type }) => type === "aws:autoscaling/attachment:Attachment")
    .map(({ outputs = {} }) => ({
      autoscalingGroupName: String(outputs["autoscalingGroupName"]),
      lbTargetGroupArn: String(outputs["lbTargetGroupArn"]),
    }));
  if (attachments.length === 0)
    throw new Error(
      `--stack: expected a stack that is up, found '${stack}' without nodes behind its balancer: pulumi up --stack ${stack}`,
    );
  return attachments;
}

/** What is to be in kOps' manifests. */
interface Manifests {
  render(): string;
  merge(text: string): Merge;
  /** @throws where the files are not the manifests that it belongs into */
  expectAll(merges: readonly Merge[], files: string): void;
}

async function piecesOfStack(flags: KopsFlags, stack: OpenedStack, state: StackState): Promise<Pieces> {
  const { owner, settings, connection, outputs } = stack;
  const region = regionOf(flags.region, connection);
  const { vpcId, preflight } = seenBy(state, outputs.securityGroupId, flags.stack);
  const facts = parsePreflight(preflight)?.facts;
  const filtered = settings.apiAllowedCidrs.length > 0;
  return piecesOf({
    owner,
    formerOwner: settings.formerStack,
    clusterName: settings.clusterName,
    healthName: healthName(settings.appDomains),
    secondaryPrivateIp: outputs.secondaryPrivateIp,
    httpsNodePort: settings.httpsNodePort,
    httpNodePort: settings.httpNodePort,
    apiForwarder: settings.apiForwarder,
    apiLocalPort: settings.apiLocalPort,
    proxyProtocol: settings.proxyProtocol,
    apiAllowedCidrs: settings.apiAllowedCidrs,
    forceApiAllowedCidrs: settings.forceApiAllowedCidrs,
    vpcCidrs: filtered ? await vpcRanges({ ...connection, region }, vpcId) : [],
    podCidrs: filtered ? (facts?.podCidrs ?? []) : [],
    network: facts?.network === NetworkConfig.Networkd ? facts.network : NetworkConfig.Netplan,
    reinstall: settings.reinstall,
    allocationId: outputs.allocationId,
    ofUser: settings.allocationId !== undefined,
    securityGroupId: outputs.securityGroupId,
    region,
  });
}

function expectOne(what: string, found: readonly string[], files: string): void {
  if (found.length === 1) return;
  throw new Error(
    `expected ${what} once in ${files}, found ${found.length === 0 ? "none" : found.join(", ")}: ` +
      "give all files that 'kops get all -o yaml' would print, in one or several",
  );
}

/** The node is given to kOps. */
const nodeManifests = (pieces: Pieces): Manifests => ({
  render: () => renderPieces(pieces),
  merge: (text) => merge(text, pieces),
  expectAll: (merges, files) => {
    expectOne(
      `the manifest of Cluster ${pieces.clusterName}`,
      merges.flatMap(({ clusters }) => clusters),
      files,
    );
    expectOne(
      `the InstanceGroup of its control plane`,
      merges.flatMap(({ groups }) => groups),
      files,
    );
  },
});

/** The balancer's target groups are. */
function balancerManifests(stack: string, clusterName: string, state: StackState): Manifests {
  const pieces = balancerPieces(clusterName, attachedBy(state, stack));
  return {
    render: () => renderBalancerPieces(pieces),
    merge: (text) => mergeBalancer(text, pieces),
    expectAll: (merges, files) => {
      const found = merges.flatMap(({ groups }) => groups);
      for (const name of pieces.groups)
        expectOne(
          `InstanceGroup ${name}`,
          found.filter((each) => each === name),
          files,
        );
    },
  };
}

async function manifestsOf(flags: KopsFlags): Promise<Manifests> {
  const reader = readerOf(flags);
  const stack = await openStack(flags, reader, false);
  const { mode, clusterName } = stack.settings;
  switch (mode) {
    case IngressMode.DualIp:
      return nodeManifests(await piecesOfStack(flags, stack, await reader.state()));
    case IngressMode.LoadBalancer:
      return balancerManifests(flags.stack, clusterName, await reader.state());
    default:
      throw new Error(
        `--stack: expected a stack of mode dual-ip or load-balancer, found '${flags.stack}', of which kOps need not know`,
      );
  }
}

/** @throws where the files are not the manifests that something belongs into */
function mergeAll(files: readonly string[], manifests: Manifests): (Merge & { file: string; before: string })[] {
  const merges = files.map((file) => {
    const before = readFileSync(file, "utf8");
    try {
      return { file, before, ...manifests.merge(before) };
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
  });
  manifests.expectAll(merges, files.join(", "));
  return merges;
}

export async function kops(flags: KopsFlags): Promise<void> {
  const manifests = await manifestsOf(flags);
  if (flags.check) {
    const missing = mergeAll(flags.check, manifests).flatMap(({ file, missing: each }) =>
      each.map((what) => `${file}: ${what}`),
    );
    process.stdout.write(missing.length > 0 ? `${missing.join("\n")}\n` : "nothing is missing\n");
    if (missing.length > 0) process.exitCode = 1;
    return;
  }
  if (!flags.patch) {
    process.stdout.write(manifests.render());
    return;
  }
  for (const { file, before, text } of mergeAll(flags.patch, manifests)) {
    if (text === before) continue;
    process.stdout.write(createTwoFilesPatch(file, file, before, text));
    writeFileSync(file, text);
  }
}
