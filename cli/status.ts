/** `secondary-ingress status`: the way from the internet to API and applications, with its state. */
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import { collect } from "../doctor/collect";
import { drawPicture, type Picture, type Piece, type State } from "../doctor/picture";
import { judge } from "../doctor/report";
import { type DoctorFlags, questionOf } from "./doctor";
import { wrap } from "./wrap";

export interface StatusFlags extends DoctorFlags {
  watch?: boolean;
}

/** Seconds between two looks. */
const period = 10;
/** Where the states stand. */
const column = 44;

const symbols: Record<State, string> = { ok: "✓ ok", fails: "✗ fails", warns: "! warns", unknown: "? unknown" };

/** Tree of what stands behind what; colour repeats what the words say. */
export function inLines({ title, pieces, beside }: Picture, columns: number, coloured: boolean): string {
  const colours = pc.createColors(coloured);
  const paint = { ok: colours.green, fails: colours.red, warns: colours.yellow, unknown: colours.dim };
  const line = ({ text, state, words }: Piece, before: string): string => {
    const left = `${before}${text}`;
    const [first = "", ...more] = wrap(`${symbols[state]}${words ? `  ${words}` : ""}`, columns - column, 0, 0);
    const rest = more.map((each) => `${" ".repeat(column)}${each}`);
    return [`${left.padEnd(column - 1)} ${paint[state](first)}`, ...rest.map((each) => paint[state](each))].join("\n");
  };
  const last = pieces.findLastIndex(({ depth }) => depth === 0);
  const tree = pieces.map((piece, index) => {
    const rail = index < last ? "│ " : "  ";
    const before = piece.depth === 0 ? (index < last ? "├─► " : "└─► ") : `${rail}${"   ".repeat(piece.depth)}└─► `;
    return line(piece, ` ${before}`);
  });
  return [title, "", " internet", ...tree, "", ...beside.map((piece) => line(piece, " ")), ""].join("\n");
}

async function look(flags: StatusFlags): Promise<{ picture: Picture; failing: boolean }> {
  const question = await questionOf(flags);
  const report = judge(await collect(question), { only: [], ignore: flags.ignore ?? [] });
  return {
    picture: drawPicture(question.outputs, report),
    failing: report.findings.some(({ severity }) => severity === "error"),
  };
}

export async function status(flags: StatusFlags): Promise<void> {
  const live = Boolean(process.stdout.isTTY);
  const coloured = live && !process.env["NO_COLOR"];
  do {
    if (live && !flags.json) process.stderr.write("looking …\r");
    const { picture, failing } = await look(flags);
    const columns = Math.min(Math.max(process.stdout.columns || 80, 80), 120);
    const text = flags.json ? `${JSON.stringify(picture, undefined, 2)}\n` : inLines(picture, columns, coloured);
    process.stdout.write(flags.watch && live ? `\u001b[2J\u001b[H${text}` : text);
    process.exitCode = failing ? 1 : 0;
    if (flags.watch) await sleep(period * 1000);
  } while (flags.watch);
}
