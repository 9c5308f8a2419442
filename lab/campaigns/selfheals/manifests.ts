/** kOps' part of a self-heal: the cluster's manifests and their effect. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Statement } from "../../../operator/iam/conditions";
import { tellCloud } from "../../network/cloudEvents";
import type { InstanceGroup } from "../../lab";
import { labCluster } from "../../cloud/labAccount";
import { kubernetesVersion } from "../../kubernetes/versions";
import { asOperator } from "../../operator";
import { labPaths, repositoryRoot } from "../../paths";
import type { Finished } from "../../process";

/** The output of `kops get cluster -o yaml; kops get ig -o yaml` for a small cluster. */
const manifests = `apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: ${labCluster}
spec:
  api:
    dns: {}
  cloudProvider: aws # the only one
  kubernetesVersion: ${kubernetesVersion.slice(1)}
  networking:
    cilium: {}
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  labels:
    kops.k8s.io/cluster: ${labCluster}
  name: control-plane-eu-central-1a
spec:
  # One node: no quorum to lose.
  machineType: t3.medium
  maxSize: 1
  minSize: 1
  role: Master
  subnets:
  - eu-central-1a
`;

export const manifestFile = join(labPaths.project, "kops.yaml");

/** Runs `secondary-ingress kops` as the operator. */
export function secondaryIngressKops(pulumi: string, ...args: string[]): Promise<Finished> {
  return asOperator(pulumi, [
    "node",
    join(repositoryRoot, "operator/cli/main.cjs"),
    "kops",
    "--stack",
    "prod",
    ...args,
  ]);
}

/** Writes the manifests without our pieces. */
export const writeManifests = (): Promise<void> => writeFile(manifestFile, manifests);

interface Manifest {
  kind: string;
  spec: Partial<InstanceGroup> & { additionalPolicies?: Record<string, string> };
}

/** The effect of `kops update cluster --yes`: the role's policy and the launch template. */
export async function updateCluster(): Promise<InstanceGroup> {
  const all = parseAllDocuments(await readFile(manifestFile, "utf8")).map((document) => document.toJS() as Manifest);
  const spec = (kind: string): Manifest["spec"] => all.find((manifest) => manifest.kind === kind)?.spec ?? {};
  const policy = spec("Cluster").additionalPolicies?.["control-plane"] ?? "[]";
  await tellCloud("nodePolicy", { statements: JSON.parse(policy) as Statement[] });
  const { additionalSecurityGroups = [], cloudLabels = {}, fileAssets = [], hooks = [] } = spec("InstanceGroup");
  return { additionalSecurityGroups, cloudLabels, fileAssets, hooks };
}
