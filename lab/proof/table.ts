/** Renders the proof as a table. */
import Table from "cli-table3";
import pc from "picocolors";
import type { Row } from "./row";

const narrow = 80;

/** @param width columns of the terminal */
export function renderTable(rows: readonly Row[], width: number, coloured: boolean): string {
  const colours = pc.createColors(coloured);
  const total = Math.max(narrow, Math.min(width, 140));
  const nameWidth = Math.floor((total - 14) * 0.5);
  const table = new Table({
    head: ["", "promise", "observed", "ms"],
    colWidths: [4, nameWidth, total - 14 - nameWidth - 5, 10],
    colAligns: ["left", "left", "left", "right"],
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [], compact: true },
  });
  for (const { ok, name, expected, observed, ms } of rows) {
    const text = ok ? observed : `${observed}\nexpected: ${expected}`;
    table.push([ok ? colours.green("✓") : colours.red("✗"), name, text, ms.toFixed(ms < 100 ? 1 : 0)]);
  }
  return table.toString();
}
