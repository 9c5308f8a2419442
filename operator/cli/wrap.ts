/** Text in lines no wider than the terminal. */

/**
 * @param hang columns that further lines are indented by
 * @param indent columns that the first line is indented by
 */
export function wrap(text: string, columns: number, hang: number, indent: number): string[] {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  // What has no place to break, a path for one, is broken anywhere.
  const longest = Math.max(columns - Math.max(hang, indent), 1);
  const words = text
    .split(/(?<=\s)(?=\S)/)
    .flatMap((word) => word.match(new RegExp(`.{1,${longest}}\\s*`, "gsu")) ?? []);
  for (const word of words) {
    if (line.trim() !== "" && line.length + word.trimEnd().length > columns) {
      lines.push(line.trimEnd());
      line = " ".repeat(hang);
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}
