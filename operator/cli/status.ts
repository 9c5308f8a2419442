/** `secondary-ingress status`: the way from the internet to API and applications, with its state. */
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import { collect, type Question } from "../doctor/collect";
import { drawPicture, type Picture, type Piece, type State } from "../doctor/picture";
import { judge, looked } from "../doctor/report";
import { couldNotLook, type DoctorFlags, questionOf } from "./doctor";
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
  const line = ({ text, state, words }: Piece, before: string, below: string): string => {
    const left = wrap(text, column - 1 - before.length, 0, 0).map(
      (each, index) => `${index === 0 ? before : below}${each}`,
    );
    const right = wrap(`${symbols[state]}${words ? `  ${words}` : ""}`, columns - column, 0, 0);
    return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
      const what = right[index];
      const where = left[index] ?? below.trimEnd();
      return what === undefined ? where : `${where.padEnd(column - 1)} ${paint[state](what)}`;
    }).join("\n");
  };
  const last = pieces.findLastIndex(({ depth }) => depth === 0);
  const tree = pieces.map((piece, index) => {
    const rail = index < last ? "│ " : "  ";
    const [before, below] =
      piece.depth === 0
        ? [index < last ? "├─► " : "└─► ", index < last ? "│   " : "    "]
        : [`${rail}${"   ".repeat(piece.depth)}└─► `, `${rail}${"   ".repeat(piece.depth)}    `];
    return line(piece, ` ${before}`, ` ${below}`);
  });
  return [title, "", " internet", ...tree, "", ...beside.map((piece) => line(piece, " ", "   ")), ""].join("\n");
}

/** The picture, and the exit status that it stands for. */
async function look(question: Question, ignore: readonly string[]): Promise<{ picture: Picture; exit: number }> {
  const report = judge(await collect(question), { only: [], ignore });
  const failing = report.findings.some(({ severity }) => severity === "error");
  return { picture: drawPicture(question.outputs, report), exit: !looked(report) ? couldNotLook : failing ? 1 : 0 };
}

export async function status(flags: StatusFlags): Promise<void> {
  const live = Boolean(process.stdout.isTTY);
  const coloured = live && !process.env["NO_COLOR"];
  // Standard input can be read once; a stack's outputs may change while it is watched.
  let fromInput: Question | undefined;
  do {
    if (live && !flags.json) process.stderr.write("looking …\r");
    try {
      const question = fromInput ?? (await questionOf(flags));
      if (flags.stack === undefined) fromInput = question;
      const { picture, exit } = await look(question, flags.ignore ?? []);
      const columns = Math.min(Math.max(process.stdout.columns || 80, 80), 120);
      const text = flags.json ? `${JSON.stringify(picture, undefined, 2)}\n` : inLines(picture, columns, coloured);
      process.stdout.write(flags.watch && live ? `\u001b[2J\u001b[H${text}` : text);
      process.exitCode = exit;
    } catch (error) {
      process.stderr.write(`error: ${(error as Error).message}\n`);
      process.exitCode = couldNotLook;
      // Without a question there is nothing to watch; with one, the next look may succeed.
      if (flags.stack === undefined && fromInput === undefined) return;
    }
    if (flags.watch) await sleep(period * 1000);
  } while (flags.watch);
}
