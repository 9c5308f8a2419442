/** Puts values into a YAML text and leaves every other byte as it is: what is around them is never written anew. */
import {
  Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
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

const style = { lineWidth: 0, indentSeq: false } as const;

const indented = (text: string, columns: number): string => text.replace(/^(?=[^\n])/gm, " ".repeat(columns));

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

/** Inserts whole lines; the line before may lack its end at the end of the text. */
function insertLines(source: string, at: number, text: string, depth: number): Edit {
  const complete = at === 0 || source[at - 1] === "\n";
  return { start: at, end: at, text: complete ? text : `\n${text}`, depth };
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

/** A block mapping of at least one key. @throws naming where it was expected */
export function blockMap(node: unknown, where: string): YAMLMap {
  if (isMap(node) && !node.flow && node.items.length > 0) return node as YAMLMap;
  throw new Error(`${where}: expected a mapping with one key a line, found something else`);
}

/** A new key at the end of a block mapping. */
export function addPair(source: string, map: YAMLMap, key: string, value: unknown): Edit {
  const [first] = map.items;
  const last = map.items.at(-1);
  if (!first || !last) throw new Error("expected a mapping that is not empty");
  const [start] = rangeOf(first.key);
  const columns = start - startOfLine(source, start);
  const text = indented(stringify({ [key]: value }, style), columns);
  return insertLines(source, afterLine(source, rangeOfPair(last)[1]), text, columns);
}

/** Another value for a key that is there; `value` may be a changed copy of its node, comments included. */
export function replacePair(source: string, pair: Pair, value: unknown): Edit {
  const [start, end] = rangeOfPair(pair);
  const columns = start - startOfLine(source, start);
  const document = new Document({});
  document.set((pair.key as Scalar).value, value);
  const text = indented(document.toString(style), columns).slice(columns);
  const to = afterLine(source, end);
  return { start, end: to, text };
}

/** Takes items out of a block sequence and puts others at its end. */
function editItems(
  source: string,
  sequence: YAMLSeq,
  gone: (index: number) => boolean,
  added: readonly unknown[],
): Edit[] {
  const dash = (index: number): number => source.lastIndexOf("-", rangeOf(sequence.items[index])[0] - 1);
  const columns = dash(0) - startOfLine(source, dash(0));
  const ends = sequence.items.map((item) => afterLine(source, rangeOf(item)[1]));
  const removed = sequence.items.flatMap((_item, index) =>
    gone(index) ? [{ start: startOfLine(source, dash(index)), end: ends[index] ?? 0, text: "" }] : [],
  );
  return [...removed, insertLines(source, ends.at(-1) ?? 0, indented(stringify(added, style), columns), columns + 1)];
}

/** The list at a key of a block mapping, with `added` in the place of the items at `gone`. */
export function editList(
  source: string,
  map: YAMLMap,
  key: string,
  gone: (index: number) => boolean,
  added: readonly unknown[],
): Edit[] {
  const pair = pairOf(map, key);
  if (!pair) return [addPair(source, map, key, added)];
  const { value } = pair;
  if (!isSeq(value) || value.items.length === 0) return [replacePair(source, pair, added)];
  if (!value.flow) return editItems(source, value as YAMLSeq, gone, added);
  const list = value.clone() as YAMLSeq;
  list.flow = false;
  list.items = list.items.filter((_item, index) => !gone(index));
  for (const item of added) list.add(new Document(item).contents);
  return [replacePair(source, pair, list)];
}

/** A text at a key of a block mapping, one line of it on each line. */
export function editText(source: string, map: YAMLMap, key: string, text: string): Edit {
  const pair = pairOf(map, key);
  const scalar = isScalar(pair?.value) ? (pair.value.clone() as Scalar) : new Scalar("");
  scalar.value = text;
  scalar.type = Scalar.BLOCK_LITERAL;
  return pair ? replacePair(source, pair, scalar) : addPair(source, map, key, scalar);
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  return edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.start - a.start || (a.depth ?? 0) - (b.depth ?? 0) || b.index - a.index)
    .reduce((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), source);
}
