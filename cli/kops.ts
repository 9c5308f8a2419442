/** Gives a stack's node to kOps: prints the pieces of the manifests, puts them there, or says whether they are there. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Deployment } from "@pulumi/pulumi/automation";
import { createTwoFilesPatch } from "diff";
import { vpcRanges } from "../components/aws/vpcRanges";
import { parsePreflight } from "../hostfiles";
import { NetworkConfig } from "../hostfiles/preflight";
import { merge, type Merge, renderPieces } from "../kops/manifest";
import { type Pieces, piecesOf } from "../kops/pieces";
import { IngressMode } from "../settings";
import { type NamedStack, openStack, selectStack } from "./stack";

export interface KopsFlags extends NamedStack {
  region?: string;
  patch?: string[];
  check?: string[];
}

interface Resource {
  urn: string;
  type: string;
  id?: string;
  outputs?: Record<string, unknown>;
}

/** What the stack has made or seen and its outputs do not tell. */
export function madeBy({ deployment }: Deployment, stack: string): { group: Resource; preflight: string } {
  const { resources = [] } = (deployment ?? {}) as { resources?: Resource[] };
  const group = resources.find(({ type }) => type === "aws:ec2/securityGroup:SecurityGroup");
  const looked = resources.find(({ type, urn }) => type === "command:remote:Command" && urn.endsWith("-preflight"));
  const preflight = looked?.outputs?.["stdout"];
  if (!group?.id || typeof preflight !== "string")
    throw new Error(
      `--stack: expected a stack that is up, found '${stack}' without its node: pulumi up --stack ${stack}`,
    );
  return { group, preflight };
}

async function piecesOfStack(flags: KopsFlags): Promise<Pieces> {
  const { owner, settings, connection, outputs } = await openStack(flags.stack, flags.cwd);
  if (settings.mode !== IngressMode.DualIp)
    throw new Error(
      `--stack: expected a stack of mode dual-ip, found '${flags.stack}', which puts nothing on the node`,
    );
  const region = flags.region ?? connection.region ?? process.env["AWS_REGION"];
  if (!region)
    throw new Error("--region: expected the Region of the cluster, found none here, in aws:region or in AWS_REGION");
  const selected = await selectStack(flags);
  const { group, preflight } = madeBy(await selected.exportStack(), flags.stack);
  const facts = parsePreflight(preflight)?.facts;
  const filtered = settings.apiAllowedCidrs.length > 0;
  return piecesOf({
    owner,
    formerOwner: settings.formerStack,
    clusterName: settings.clusterName,
    secondaryPrivateIp: outputs.secondaryPrivateIp,
    httpsNodePort: settings.httpsNodePort,
    httpNodePort: settings.httpNodePort,
    apiForwarder: settings.apiForwarder,
    apiLocalPort: settings.apiLocalPort,
    proxyProtocol: settings.proxyProtocol,
    apiAllowedCidrs: settings.apiAllowedCidrs,
    forceApiAllowedCidrs: settings.forceApiAllowedCidrs,
    vpcCidrs: filtered ? await vpcRanges({ ...connection, region }, String(group.outputs?.["vpcId"])) : [],
    podCidrs: filtered ? (facts?.podCidrs ?? []) : [],
    network: facts?.network === NetworkConfig.Networkd ? facts.network : NetworkConfig.Netplan,
    reinstall: settings.reinstall,
    allocationId: outputs.allocationId,
    securityGroupId: group.id ?? "",
    region,
  });
}

/** @throws where the files are not the manifests of the cluster and of its one control plane */
function mergeAll(files: readonly string[], pieces: Pieces): (Merge & { file: string; before: string })[] {
  const merges = files.map((file) => {
    const before = readFileSync(file, "utf8");
    try {
      return { file, before, ...merge(before, pieces) };
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
  });
  const expectOne = (what: string, found: readonly string[]): void => {
    if (found.length === 1) return;
    throw new Error(
      `expected ${what} once in ${files.join(", ")}, found ${found.length === 0 ? "none" : found.join(", ")}: ` +
        "give all files that 'kops get all -o yaml' would print, in one or several",
    );
  };
  expectOne(
    `the manifest of Cluster ${pieces.clusterName}`,
    merges.flatMap(({ clusters }) => clusters),
  );
  expectOne(
    `the InstanceGroup of its control plane`,
    merges.flatMap(({ groups }) => groups),
  );
  return merges;
}

export async function kops(flags: KopsFlags): Promise<void> {
  const pieces = await piecesOfStack(flags);
  if (flags.check) {
    const missing = mergeAll(flags.check, pieces).flatMap(({ file, missing: each }) =>
      each.map((what) => `${file}: ${what}`),
    );
    process.stdout.write(missing.length > 0 ? `${missing.join("\n")}\n` : "nothing is missing\n");
    if (missing.length > 0) process.exitCode = 1;
    return;
  }
  if (!flags.patch) {
    process.stdout.write(renderPieces(pieces));
    return;
  }
  for (const { file, before, text } of mergeAll(flags.patch, pieces)) {
    if (text === before) continue;
    process.stdout.write(createTwoFilesPatch(file, file, before, text));
    writeFileSync(file, text);
  }
}
