/** Reports the lab's progress on stderr; stdout is for output that tools read. */
import pc from "picocolors";

const colours = pc.createColors(Boolean(process.stderr.isTTY) && !process.env["NO_COLOR"]);
const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Announces a step, runs it and prints its duration. `note` adds a remark to the step's last line. On a terminal, the
 * line shows the elapsed time.
 */
export async function step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
  const start = Date.now();
  const live = Boolean(process.stderr.isTTY);
  let remark = "";
  const line = (mark: string): string => `${mark} ${title}${remark ? ` — ${remark}` : ""}`;
  const note = (text: string): void => {
    remark = text;
    if (!live) say(`    ${title}: ${text}`);
  };
  const draw = (): void => void process.stderr.write(`\r\u001b[2K${line(colours.cyan("…"))} ${seconds(start)}`);
  const timer = live ? setInterval(draw, 250) : undefined;
  if (!live) say(line("…"));
  const end = (mark: string): void => {
    clearInterval(timer);
    say(`${live ? "\r\u001b[2K" : ""}${line(mark)} ${colours.dim(`(${seconds(start)})`)}`);
  };
  try {
    const result = await work(note);
    end(colours.green("✓"));
    return result;
  } catch (error) {
    end(colours.red("✗"));
    throw error;
  }
}

/** Shows one line while a campaign runs. */
export type Note = (text: string) => void;
