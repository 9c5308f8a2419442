/**
 * Puts values into a YAML text and leaves every other byte as it is: what is around them is never written anew. The text ends with a
 * line's end, and its documents know their source tokens.
 */
import {
  type CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

/** From `start` to `end`, `text` takes the place of what is there. Offsets in UTF-16 units. */
export interface Edit {
  start: number;
  end: number;
  text: string;
  /** Of several at one place the innermost comes first: what belongs to a list there stands before the next key. */
  depth?: number;
}

/** @throws where it is no YAML */
export function documentsOf(source: string): Document.Parsed[] {
  const documents = parseAllDocuments(source, { keepSourceTokens: true }) as Document.Parsed[];
  for (const { errors } of documents)
    if (errors[0]) throw new Error(`expected YAML, found something else: ${errors[0].message}`);
  return documents;
}

const style = { lineWidth: 0, indentSeq: false } as const;

const indented = (text: string, columns: number): string => text.replace(/^(?=[^\n])/gm, " ".repeat(columns));

/** As a flow collection holds it: JSON is YAML, and needs one line. */
const inFlow = (value: unknown): string => JSON.stringify(value);

const startOfLine = (source: string, offset: number): number => source.lastIndexOf("\n", offset - 1) + 1;

/** The beginning of the line after what ends at `offset`. */
function afterLine(source: string, offset: number): number {
  if (source[offset - 1] === "\n") return offset;
  const end = source.indexOf("\n", offset);
  return end < 0 ? source.length : end + 1;
}

/** Where a node begins and its value ends. A node that was parsed has a range. */
function rangeOf(node: unknown): readonly [number, number] {
  const { range } = node as Node;
  if (!range) throw new Error("expected a node of a parsed document");
  return [range[0], range[1]];
}

function rangeOfPair({ key, value }: Pair): readonly [number, number] {
  const [start, end] = rangeOf(key);
  return [start, value ? Math.max(end, rangeOf(value)[1]) : end];
}

/** A collection that holds nothing, or a key without a value. Only these have no style of their own to keep. */
const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (isScalar(value) && value.value === null) ||
  ((isMap(value) || isSeq(value)) && value.items.length === 0);

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** A block mapping of at least one key. @throws naming where it was expected */
export function blockMap(node: unknown, where: string): YAMLMap {
  if (isMap(node) && !node.flow && node.items.length > 0) return node as YAMLMap;
  throw new Error(`${where}: expected a mapping with one key a line, found something else`);
}

/**
 * The pair at a key that holds a list or a mapping, or nothing yet.
 * @throws where what is there stands elsewhere (an alias, a merge key) or is something else: it cannot be added to here
 */
export function collectionAt(map: YAMLMap, key: string, is: (value: unknown) => boolean): Pair | undefined {
  const pair = pairOf(map, key);
  const found = pair?.value;
  const isElsewhere = pair
    ? (found as Node | null)?.anchor !== undefined && isEmpty(found)
    : pairOf(map, "<<") !== undefined;
  if (!isElsewhere && (isEmpty(found) || is(found))) return pair;
  throw new Error(
    `spec.${key}: expected a ${is === isMap ? "mapping" : "list"} written out, found something else (an alias, say): merge by hand`,
  );
}

/** The text of a value in place of one that is empty; the comments there stay. */
function fill(source: string, pair: Pair, value: unknown): Edit {
  const [start, keyEnd] = rangeOf(pair.key);
  const [, end] = rangeOfPair(pair);
  const columns = start - startOfLine(source, start);
  const to = afterLine(source, end);
  // Within an empty value there is nothing else that a number sign could belong to.
  const comments = source.slice(keyEnd, to).match(/#[^\n]*/g) ?? [];
  const [sameLine, ...lines] = comments.map((comment) => comment.trimEnd());
  const above = lines.map((line) => `${line}\n`).join("");
  const text = `${sameLine ? ` ${sameLine}` : ""}\n${indented(above + stringify(value, style), columns + (Array.isArray(value) ? 0 : 2))}`;
  const colon = source.indexOf(":", keyEnd) + 1;
  return { start: colon, end: to, text };
}

/** A new key at the end of a block mapping. */
function addToBlock(source: string, map: YAMLMap, key: string, value: unknown): Edit {
  const [first] = map.items;
  const last = map.items.at(-1);
  if (!first || !last) throw new Error("expected a mapping that is not empty");
  const [start] = rangeOf(first.key);
  const columns = start - startOfLine(source, start);
  const text = indented(stringify({ [key]: value }, style), columns);
  const at = afterLine(source, rangeOfPair(last)[1]);
  return { start: at, end: at, text, depth: columns };
}

/** A comma of a flow collection between two of its items, beside comments. */
function commaBetween(source: string, from: number, to: number): number {
  const bare = source.slice(from, to).replace(/#[^\n]*/g, (comment) => " ".repeat(comment.length));
  return from + bare.indexOf(",");
}

/** Takes items out of a flow collection and puts others, as their text, at its end. */
function editFlow(
  source: string,
  [open]: readonly [number, number],
  items: readonly (readonly [number, number])[],
  gone: (index: number) => boolean,
  added: readonly string[],
): Edit[] {
  const kept = items.flatMap((range, index) => (gone(index) ? [] : [{ range, index }]));
  const first = kept[0];
  const last = kept.at(-1);
  const between = (from: number, to: number): Edit => {
    const comma = commaBetween(source, from, to);
    return /#/.test(source.slice(from, to))
      ? { start: comma, end: comma + 1, text: "" }
      : { start: from, end: to, text: "" };
  };
  const removed = items.flatMap(([start, end], index): Edit[] => {
    if (!gone(index)) return [];
    const [, before] = items[index - 1] ?? [0, 0];
    const [after] = items[index + 1] ?? [0, 0];
    // With the comma that joins it to what stays; of those before the first that stays, it is the one behind.
    const joint = first && index < first.index ? between(end, after) : index > 0 ? between(before, start) : undefined;
    return [{ start, end, text: "" }, ...(joint ? [joint] : [])];
  });
  const at = last ? last.range[1] : open + 1;
  const text = added.join(", ");
  return [...removed, { start: at, end: at, text: last && text ? `, ${text}` : text }];
}

/** A text at a key of a mapping, in place of the one that is there. */
function setPair(source: string, map: YAMLMap, key: string, value: string): Edit[] {
  const pair = pairOf(map, key);
  if (pair && isEmpty(pair.value)) {
    const [, keyEnd] = rangeOf(pair.key);
    const colon = /^\s*:/.exec(source.slice(keyEnd))?.[0] ?? "";
    const start = keyEnd + colon.length;
    return [{ start, end: Math.max(start, rangeOfPair(pair)[1]), text: `${colon ? "" : ":"} ${inFlow(value)}` }];
  }
  if (map.flow) {
    if (!pair) {
      const items = map.items.map((each) => rangeOfPair(each));
      return editFlow(source, rangeOf(map), items, () => false, [`${inFlow(key)}: ${inFlow(value)}`]);
    }
    const [start, end] = rangeOf(pair.value);
    return [{ start, end, text: inFlow(value) }];
  }
  if (!pair) return [addToBlock(source, map, key, value)];
  return [replaceScalar(source, pair, value)];
}

/** Another text for a scalar of a block mapping; of several lines, each on its own. */
function replaceScalar(source: string, pair: Pair, value: string): Edit {
  const [keyStart] = rangeOf(pair.key);
  const [start, end] = rangeOf(pair.value);
  const columns = keyStart - startOfLine(source, keyStart);
  if (!value.includes("\n")) return { start, end, text: stringify(value, style).trimEnd() };
  const to = afterLine(source, end);
  const token = isScalar(pair.value) ? pair.value.srcToken : undefined;
  const header = token?.type === "block-scalar" ? token.props : [];
  const comments = [
    ...header.flatMap((each) => (each.type === "comment" ? each.source : [])),
    ...(/#[^\n]*/.exec(source.slice(end, to)) ?? []),
  ].map((comment) => ` ${comment.trimEnd()}`);
  const literal = new Scalar(value);
  literal.type = Scalar.BLOCK_LITERAL;
  const [head = "", ...lines] = stringify({ a: literal }, style).slice("a: ".length).split("\n");
  const body = indented(lines.join("\n"), columns);
  return { start, end: to, text: `${head}${comments.join("")}\n${body}` };
}

/** A mapping at a key of a block mapping, with one more text in it. */
export function editMap(source: string, map: YAMLMap, key: string, entry: string, value: string): Edit[] {
  const pair = collectionAt(map, key, isMap);
  if (!pair) return [addToBlock(source, map, key, { [entry]: value })];
  if (!isMap(pair.value) || isEmpty(pair.value)) return [fill(source, pair, { [entry]: value })];
  return setPair(source, pair.value as YAMLMap, entry, value);
}

/** The dash of each item of a block sequence. */
function dashes(sequence: YAMLSeq): number[] {
  const token = sequence.srcToken as CST.BlockSequence | undefined;
  if (!token) throw new Error("expected a document that was parsed with its source tokens");
  return token.items.flatMap(({ start }) => start.find(({ type }) => type === "seq-item-ind")?.offset ?? []);
}

/** Takes items out of a block sequence and puts others at its end. */
function editItems(
  source: string,
  sequence: YAMLSeq,
  gone: (index: number) => boolean,
  added: readonly unknown[],
): Edit[] {
  const starts = dashes(sequence);
  const [first = 0] = starts;
  const columns = first - startOfLine(source, first);
  const ends = sequence.items.map((item) => afterLine(source, rangeOf(item)[1]));
  const removed = starts.flatMap((start, index) =>
    gone(index) ? [{ start: startOfLine(source, start), end: ends[index] ?? 0, text: "" }] : [],
  );
  const at = ends.at(-1) ?? 0;
  const text = indented(stringify(added, style), columns);
  return [...removed, { start: at, end: at, text, depth: columns + 1 }];
}

/** The list at a key of a block mapping, with `added` in the place of the items at `gone`. */
export function editList(
  source: string,
  map: YAMLMap,
  key: string,
  gone: (index: number) => boolean,
  added: readonly unknown[],
): Edit[] {
  const pair = collectionAt(map, key, isSeq);
  if (!pair) return [addToBlock(source, map, key, added)];
  const list = pair.value;
  if (!isSeq(list) || isEmpty(list)) return [fill(source, pair, added)];
  if (!list.flow) return editItems(source, list as YAMLSeq, gone, added);
  const items = list.items.map((item) => rangeOf(item));
  return editFlow(source, rangeOf(list), items, gone, added.map(inFlow));
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  return edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.start - a.start || b.end - a.end || (a.depth ?? 0) - (b.depth ?? 0) || b.index - a.index)
    .reduce((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), source);
}
