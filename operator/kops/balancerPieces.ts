/**
 * What kOps' manifests must hold for a balancer in front of its nodes: kOps detaches target groups that it does not know from its Auto Scaling
 * groups (upup/pkg/fi/cloudup/awstasks/autoscalinggroup.go), at every update before 1.29, later with `--prune`.
 */
import { isSeq, stringify } from "yaml";
import { isControlPlane, type Merge, mergeWhole } from "./manifest";
import { applyEdits, blockMap, documentsOf, type Edit, editList, pairOf } from "./splice";

export interface BalancerPieces {
  clusterName: string;
  /** Names of instance groups whose Auto Scaling groups the stack has attached. */
  groups: string[];
  /** The nodes of the control plane are behind the balancer, where there are no others. */
  onControlPlane: boolean;
  /** Sorted. */
  targetGroupArns: string[];
}

/** kOps' names of Auto Scaling groups: pkg/model/names.go, AutoscalingGroupName. */
const ofControlPlane = (clusterName: string): string => `.masters.${clusterName}`;

/** @param attachments each an Auto Scaling group of the cluster and a target group that it is attached to */
export function balancerPieces(
  clusterName: string,
  attachments: readonly { autoscalingGroupName: string; lbTargetGroupArn: string }[],
): BalancerPieces {
  const names = [...new Set(attachments.map(({ autoscalingGroupName }) => autoscalingGroupName))].sort();
  const suffix = ofControlPlane(clusterName);
  const onControlPlane = names.some((name) => name.endsWith(suffix));
  return {
    clusterName,
    groups: names.map((name) => name.slice(0, -(onControlPlane ? suffix : `.${clusterName}`).length)),
    onControlPlane,
    targetGroupArns: [...new Set(attachments.map(({ lbTargetGroupArn }) => lbTargetGroupArn))].sort(),
  };
}

const field = "externalLoadBalancers";
const itemsOf = (arns: readonly string[]) => arns.map((targetGroupArn) => ({ targetGroupArn }));

/** The pieces as manifests of their own, to be merged by hand or by another tool. */
export const renderBalancerPieces = ({
  clusterName,
  groups,
  onControlPlane,
  targetGroupArns,
}: BalancerPieces): string =>
  groups
    .map((name) => ({
      apiVersion: "kops.k8s.io/v1alpha2",
      kind: "InstanceGroup",
      metadata: { labels: { "kops.k8s.io/cluster": clusterName }, name },
      spec: { role: onControlPlane ? "Master" : "Node", [field]: itemsOf(targetGroupArns) },
    }))
    .map((each) => stringify(each, { lineWidth: 0, indentSeq: false }))
    .join("---\n");

interface InstanceGroup {
  kind?: string;
  metadata?: { name?: string; labels?: Record<string, string> } | null;
  spec?: { role?: string } | null;
}

function mergeOnce(source: string, pieces: BalancerPieces): Merge {
  const merged: Merge = { text: source, missing: [], clusters: [], groups: [] };
  const edits: Edit[] = [];
  for (const document of documentsOf(source)) {
    const { kind, metadata, spec } = (document.toJS() ?? {}) as InstanceGroup;
    const cluster = metadata?.labels?.["kops.k8s.io/cluster"];
    const isOurs = pieces.onControlPlane ? isControlPlane(spec?.role) : /^node$/i.test(spec?.role ?? "");
    if (kind !== "InstanceGroup" || !isOurs || (cluster ?? pieces.clusterName) !== pieces.clusterName) continue;
    const name = metadata?.name ?? "";
    merged.groups.push(name);
    const map = blockMap(document.get("spec"), `InstanceGroup ${name}: spec`);
    const value: unknown = pairOf(map, field)?.value;
    const items = isSeq(value) ? (value.toJSON() as ({ targetGroupArn?: string } | null)[]) : [];
    const missing = pieces.targetGroupArns.filter((arn) => !items.some((item) => item?.targetGroupArn === arn));
    if (missing.length === 0) continue;
    edits.push(...editList(source, map, field, () => false, itemsOf(missing)));
    merged.missing.push(`InstanceGroup ${name}: spec.${field}`);
  }
  merged.text = applyEdits(source, edits);
  return merged;
}

/**
 * Adds what is missing to every instance group of the role; other target groups in it stay.
 * @param source one or several manifests, as `kops get all -o yaml` prints them
 * @throws where it is no YAML, or the list is something else
 */
export const mergeBalancer = (source: string, pieces: BalancerPieces): Merge =>
  mergeWhole(source, (text) => mergeOnce(text, pieces));
