/** Our pieces in kOps' manifests: put there, and looked for. Whatever else stands in them stays as it is, byte for byte. */
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isScalar, isSeq, parseDocument, stringify, type YAMLMap } from "yaml";
import type { Statement } from "../iam/conditions";
import { nodePolicySid } from "../iam/nodePolicy";
import { bootUnit } from "../../hostfiles/node/paths";
import { groupOf } from "./boot";
import { bootAsset, ownName, type Pieces } from "./pieces";
import { applyEdits, blockMap, collectionAt, type Edit, editList, editMap, documentsOf } from "./splice";

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

/** A manifest's `spec`, and the text that it stands in. */
interface Spec {
  source: string;
  document: Document.Parsed;
  map: YAMLMap;
}

/** A list of a manifest, as values. */
function itemsOf({ document, map }: Spec, key: string): unknown[] {
  const value: unknown = collectionAt(map, key, isSeq)?.value;
  return isSeq(value) ? (value.toJS(document) as unknown[]) : [];
}

/** A list whose items of ours must be these, wherever in it they stand. */
function listField(spec: Spec, key: string, isOurs: (item: unknown) => boolean, ours: readonly unknown[]): Field {
  const items = itemsOf(spec, key);
  const same = isDeepStrictEqual(items.filter(isOurs), ours);
  const edits = same ? [] : editList(spec.source, spec.map, key, (index) => isOurs(items[index]), ours);
  return { name: `spec.${key}`, edits };
}

function groupFields(spec: Spec, { group }: Pieces): Field[] {
  const named = (item: unknown): string => String((item as { name?: unknown } | null)?.name);
  const labels: unknown = collectionAt(spec.map, "cloudLabels", isMap)?.value;
  const [[label = "", value = ""] = []] = Object.entries(group.cloudLabels);
  const isLabelled = isMap(labels) && labels.get(label) === value;
  // A stack that was destroyed and made again has another group; a launch template that names the deleted one launches nothing.
  const boot = itemsOf(spec, "fileAssets").find((item) => named(item) === bootAsset);
  const former = groupOf(String((boot as { content?: unknown } | undefined)?.content));
  const groups = [...group.additionalSecurityGroups, ...(former ? [former] : [])];
  return [
    listField(
      spec,
      "additionalSecurityGroups",
      (item) => groups.includes(String(item)),
      group.additionalSecurityGroups,
    ),
    {
      name: "spec.cloudLabels",
      edits: isLabelled ? [] : editMap(spec.source, spec.map, "cloudLabels", label, value),
    },
    listField(spec, "fileAssets", (item) => named(item).startsWith(`${ownName}-`), group.fileAssets),
    listField(spec, "hooks", (item) => named(item) === bootUnit, group.hooks),
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

function clusterFields(spec: Spec, { statements }: Pieces): Field[] {
  const key = "additionalPolicies";
  const policies: unknown = collectionAt(spec.map, key, isMap)?.value;
  const role = roles.find((each) => isMap(policies) && policies.has(each)) ?? roles[0];
  const name = `spec.${key}.${role}`;
  const present: unknown = isMap(policies) ? policies.get(role, true) : undefined;
  const found: unknown = isScalar(present) ? (present.anchor === undefined ? present.value : present) : present;
  if (found !== undefined && found !== null && typeof found !== "string")
    throw new Error(`${name}: expected a text written out, found something else (an alias, say): merge by hand`);
  const text = withStatements(found ?? "", statements);
  return [{ name, edits: text === undefined ? [] : editMap(spec.source, spec.map, key, role, text) }];
}

/** What of a manifest is of concern here. */
interface Manifest {
  kind?: string;
  metadata?: { name?: string; labels?: Record<string, string> } | null;
  spec?: { role?: string } | null;
}

/** Roles of instance groups, by their names in v1alpha2 (pkg/apis/kops/v1alpha2/instancegroup.go). */
export const isControlPlane = (role: string | undefined): boolean => /^(master|control-?plane)$/i.test(role ?? "");

export interface Merge {
  /** The text with our pieces in it. */
  text: string;
  /** What it held otherwise or not at all: `Cluster k8s.example.com: spec.additionalPolicies.control-plane`. */
  missing: string[];
  /** Names of the manifests that our pieces belong into. */
  clusters: string[];
  groups: string[];
}

function mergeOnce(source: string, pieces: Pieces): Merge {
  const merged: Merge = { text: source, missing: [], clusters: [], groups: [] };
  const edits: Edit[] = [];
  for (const document of documentsOf(source)) {
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
    const spec = { source, document, map: blockMap(document.get("spec"), `${title}: spec`) };
    const fields = (isCluster ? clusterFields : groupFields)(spec, pieces);
    edits.push(...fields.flatMap((field) => field.edits));
    merged.missing.push(...fields.filter((field) => field.edits.length > 0).map((field) => `${title}: ${field.name}`));
  }
  merged.text = applyEdits(source, edits);
  return merged;
}

/**
 * Merges, and makes sure that nothing is missing then.
 * @param once edits a text that ends with a line's end
 * @throws where it cannot be merged without touching anything else
 */
export function mergeWhole(source: string, once: (source: string) => Merge): Merge {
  const merged = once(source.replace(/[^\n]$/, "$&\n"));
  if (merged.missing.length === 0) return { ...merged, text: source };
  if (once(merged.text).missing.length > 0)
    throw new Error(
      `${merged.missing.join(", ")}: cannot be changed without touching what is around it: merge by hand`,
    );
  return merged;
}

/**
 * @param source one or several manifests, as `kops get all -o yaml` prints them
 * @throws where it is no YAML, or our pieces cannot be put there without touching anything else
 */
export const merge = (source: string, pieces: Pieces): Merge => mergeWhole(source, (text) => mergeOnce(text, pieces));
