/** Our pieces in kOps' manifests: put there, and looked for. Whatever else stands in them stays as it is, byte for byte. */
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isSeq, parseAllDocuments, parseDocument, stringify, type YAMLMap } from "yaml";
import type { Statement } from "../iam/conditions";
import { nodePolicySid } from "../iam/nodePolicy";
import { bootUnit } from "./boot";
import { ownName, type Pieces } from "./pieces";
import { addPair, applyEdits, blockMap, type Edit, editList, editText, pairOf, replacePair } from "./splice";

const apiVersion = "kops.k8s.io/v1alpha2";

/** How a manifest calls the role of the control plane; the first is what is written. */
const roles = ["control-plane", "master"] as const;

/** The pieces as manifests of their own, to be merged by hand or by another tool. */
export function renderPieces({ clusterName, group, statements }: Pieces): string {
  const cluster = {
    apiVersion,
    kind: "Cluster",
    metadata: { name: clusterName },
    spec: { additionalPolicies: { [roles[0]]: policyText(statements) } },
  };
  const instanceGroup = {
    apiVersion,
    kind: "InstanceGroup",
    metadata: { labels: { "kops.k8s.io/cluster": clusterName } },
    spec: { role: "Master", ...group },
  };
  return [cluster, instanceGroup].map((each) => stringify(each, { lineWidth: 0, indentSeq: false })).join("---\n");
}

const policyText = (statements: readonly unknown[]): string => `${JSON.stringify(statements, undefined, 2)}\n`;

/** One field of a manifest that must hold something of ours. */
interface Field {
  /** As a person finds it: `spec.hooks`. */
  name: string;
  edits: readonly Edit[];
}

/** A list whose items of ours must be these, wherever in it they stand. */
function listField(
  source: string,
  spec: YAMLMap,
  key: string,
  isOurs: (item: unknown) => boolean,
  ours: readonly unknown[],
): Field {
  const value: unknown = pairOf(spec, key)?.value;
  const items = isSeq(value) ? (value.toJSON() as unknown[]) : [];
  const same = isDeepStrictEqual(items.filter(isOurs), ours);
  const edits = same ? [] : editList(source, spec, key, (index) => isOurs(items[index]), ours);
  return { name: `spec.${key}`, edits };
}

function groupFields(source: string, spec: YAMLMap, { group }: Pieces): Field[] {
  const named = (item: unknown): string => String((item as { name?: unknown } | null)?.name);
  const labels: unknown = pairOf(spec, "cloudLabels")?.value;
  const [[label = "", value] = []] = Object.entries(group.cloudLabels);
  const labelEdits = (): Edit[] => {
    if (isMap(labels) && labels.get(label) === value) return [];
    const pair = pairOf(spec, "cloudLabels");
    if (!pair) return [addPair(source, spec, "cloudLabels", group.cloudLabels)];
    if (!isMap(labels) || labels.items.length === 0) return [replacePair(source, pair, group.cloudLabels)];
    const map = labels as YAMLMap;
    const present = pairOf(map, label);
    if (!map.flow) return [present ? replacePair(source, present, value) : addPair(source, map, label, value)];
    const copy = map.clone() as YAMLMap;
    copy.flow = false;
    copy.set(label, value);
    return [replacePair(source, pair, copy)];
  };
  return [
    listField(
      source,
      spec,
      "additionalSecurityGroups",
      (item) => group.additionalSecurityGroups.includes(String(item)),
      group.additionalSecurityGroups,
    ),
    { name: "spec.cloudLabels", edits: labelEdits() },
    listField(source, spec, "fileAssets", (item) => named(item).startsWith(`${ownName}-`), group.fileAssets),
    listField(source, spec, "hooks", (item) => named(item) === bootUnit, group.hooks),
  ];
}

/**
 * A policy with our statements in it: those of others stay as they are written.
 * @returns undefined where they are there already
 * @throws where the text is no JSON list
 */
function withStatements(text: string, statements: readonly Statement[]): string | undefined {
  if (text.trim() === "") return policyText(statements);
  // JSON is YAML, and so has a place for each of its statements.
  const list = parseDocument(text).contents;
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    all = undefined;
  }
  if (!Array.isArray(all) || !isSeq(list))
    throw new Error("spec.additionalPolicies: expected a JSON list of statements, found something else");
  const isOurs = (item: unknown): boolean => String((item as { Sid?: unknown } | null)?.Sid).startsWith(nodePolicySid);
  if (isDeepStrictEqual(all.filter(isOurs), statements)) return undefined;
  const rendered = statements.map((statement) => JSON.stringify(statement, undefined, 2).replace(/^/gm, "  "));
  const ranges = list.items.map(({ range }) => range);
  const others = ranges.filter((_range, index) => !isOurs((all as unknown[])[index]));
  const kept = others.map(([start, end]) => `  ${text.slice(start, end)}`);
  return `[\n${[...kept, ...rendered].join(",\n")}\n]\n`;
}

function clusterFields(source: string, spec: YAMLMap, { statements }: Pieces): Field[] {
  const policies: unknown = pairOf(spec, "additionalPolicies")?.value;
  const role = roles.find((each) => isMap(policies) && policies.has(each)) ?? roles[0];
  const present: unknown = isMap(policies) ? policies.get(role) : undefined;
  const text = withStatements(typeof present === "string" ? present : "", statements);
  const edits = (): Edit[] => {
    if (text === undefined) return [];
    if (isMap(policies) && !policies.flow && policies.items.length > 0)
      return [editText(source, policies as YAMLMap, role, text)];
    const all = { ...(isMap(policies) ? (policies.toJSON() as object) : {}), [role]: text };
    const pair = pairOf(spec, "additionalPolicies");
    return [pair ? replacePair(source, pair, all) : addPair(source, spec, "additionalPolicies", all)];
  };
  return [{ name: `spec.additionalPolicies.${role}`, edits: edits() }];
}

/** What of a manifest is of concern here. */
interface Manifest {
  kind?: string;
  metadata?: { name?: string; labels?: Record<string, string> } | null;
  spec?: { role?: string } | null;
}

/** Roles of instance groups, by their names in v1alpha2 (pkg/apis/kops/v1alpha2/instancegroup.go). */
const isControlPlane = (role: string | undefined): boolean => /^(master|control-?plane)$/i.test(role ?? "");

export interface Merge {
  /** The text with our pieces in it. */
  text: string;
  /** What it held otherwise or not at all: `Cluster k8s.example.com: spec.additionalPolicies.control-plane`. */
  missing: string[];
  /** Names of the manifests that our pieces belong into. */
  clusters: string[];
  groups: string[];
}

/**
 * @param source one or several manifests, as `kops get all -o yaml` prints them
 * @throws where it is no YAML, or our pieces cannot be put there without touching anything else
 */
export function merge(source: string, pieces: Pieces): Merge {
  const documents = parseAllDocuments(source) as Document.Parsed[];
  const merged: Merge = { text: source, missing: [], clusters: [], groups: [] };
  const edits: Edit[] = [];
  for (const document of documents) {
    const [fault] = document.errors;
    if (fault) throw new Error(`expected YAML, found something else: ${fault.message}`);
    const manifest = (document.toJS() ?? {}) as Manifest;
    const name = manifest.metadata?.name ?? "";
    const cluster = manifest.metadata?.labels?.["kops.k8s.io/cluster"];
    const isCluster = manifest.kind === "Cluster" && name === pieces.clusterName;
    const isGroup =
      manifest.kind === "InstanceGroup" &&
      isControlPlane(manifest.spec?.role) &&
      (cluster === undefined || cluster === pieces.clusterName);
    if (!isCluster && !isGroup) continue;
    (isCluster ? merged.clusters : merged.groups).push(name);
    const title = `${manifest.kind} ${name}`;
    const spec = blockMap(document.get("spec"), `${title}: spec`);
    const fields = (isCluster ? clusterFields : groupFields)(source, spec, pieces);
    edits.push(...fields.flatMap((field) => field.edits));
    merged.missing.push(...fields.filter((field) => field.edits.length > 0).map((field) => `${title}: ${field.name}`));
  }
  merged.text = applyEdits(source, edits);
  if (edits.length > 0 && merge(merged.text, pieces).missing.length > 0)
    throw new Error(
      `${merged.missing.join(", ")}: cannot be changed without touching what is around it: merge by hand`,
    );
  return merged;
}
