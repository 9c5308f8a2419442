/** Text in lines no wider than the terminal. */

/**
 * @param hang columns that further lines are indented by
 * @param indent columns that the first line is indented by
 */
export function wrap(text: string, columns: number, hang: number, indent: number): string[] {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  for (const word of text.split(/(?<=\s)(?=\S)/)) {
    if (line.trim() !== "" && line.length + word.trimEnd().length > columns) {
      lines.push(line.trimEnd());
      line = " ".repeat(hang);
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}
