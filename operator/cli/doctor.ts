/** `secondary-ingress doctor`: what is wrong, why, and how to fix it. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import pc from "picocolors";
import { checks } from "../doctor/checks";
import { collect, type Question } from "../doctor/collect";
import { metricsOf } from "../doctor/metrics";
import { type Finding, judge, looked, type Report } from "../doctor/report";
import { areas, isCommand } from "../doctor/check";
import { connectionOf } from "../../components/aws/connection";
import { parseOutputs } from "../../outputs/stackOutputs";
import { openStack, readerOf } from "./stack";
import { wrap } from "./wrap";

export interface DoctorFlags {
  stack?: string;
  cwd: string;
  json?: boolean;
  metrics?: boolean;
  only?: string[];
  ignore?: string[];
  ca?: string;
  nameServer?: string;
}

/** Exit statuses. */
const found = 1;
export const couldNotLook = 2;

function known(flag: string, given: readonly string[], words: readonly string[]): void {
  const unknown = given.filter((each) => !words.some((word) => word.toLowerCase() === each.toLowerCase()));
  if (unknown.length > 0)
    throw new Error(
      `${flag}: expected a code of docs/checks.md${flag === "--only" ? ` or one of ${areas.join(", ")}` : ""}, found ${unknown.join(", ")}`,
    );
}

export async function questionOf({ stack, cwd, ca, nameServer }: DoctorFlags): Promise<Question> {
  const more = {
    cwd: cwd === "." ? "" : cwd,
    ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
    ...(nameServer === undefined ? {} : { nameServer }),
  };
  if (stack !== undefined) {
    const named = { stack, cwd };
    return { ...(await openStack(named, readerOf(named), true)), stack, ...more };
  }
  if (process.stdin.isTTY)
    throw new Error("--stack: expected a stack, or 'pulumi stack output --json' on standard input, found neither");
  const outputs = parseOutputs(await text(process.stdin));
  return { outputs, connection: connectionOf(() => undefined), stack: "", owner: "", ...more };
}

const width = (): number => Math.min(Math.max(process.stderr.columns || 80, 60), 120);

/** For people: the findings with their fixes, then a line of numbers. */
export function inWords(report: Report, columns: number, coloured: boolean): string {
  const { findings, good, skipped } = report;
  const colours = pc.createColors(coloured);
  const mark = ({ severity, code }: Finding): string =>
    severity === "error" ? colours.red(`✗ ${code}`) : colours.yellow(`! ${code}`);
  const one = (finding: Finding): string =>
    [
      `${mark(finding)}  (${finding.area})`,
      ...wrap(`found     ${finding.observed}`, columns, 12, 2),
      ...wrap(`expected  ${finding.expected}`, columns, 12, 2),
      // A command is copied whole.
      ...(isCommand(finding.fix)
        ? [`  fix       ${finding.fix}`]
        : wrap(`fix       ${finding.fix}`, columns, 12, 2)
      ).map((line) => line.replace(/^ {2}fix/, `  ${colours.bold("fix")}`)),
      `  ${colours.dim(`see       ${finding.doc}`)}`,
    ].join("\n");
  // What a finding explains needs no line of its own; what could not be looked at does, once for each reason.
  const reasons = new Map<string, number>();
  for (const { because } of skipped)
    if (!because.endsWith("explains it")) reasons.set(because, (reasons.get(because) ?? 0) + 1);
  const unseen = [...reasons].map(([because, count]) =>
    colours.yellow(wrap(`? ${count} not checked: ${because}`, columns, 2, 0).join("\n")),
  );
  const total = findings.length + good.length + skipped.length;
  const sum = !looked(report)
    ? colours.yellow(
        total === 0
          ? `nothing was looked at: mode ${report.mode} has none of these checks`
          : `nothing could be looked at: ${total} ${total === 1 ? "check was" : "checks were"} not made`,
      )
    : findings.length === 0
      ? colours.green(`✓ nothing wrong: ${good.length} of ${total} checks, ${skipped.length} not made`)
      : `${findings.length} ${findings.length === 1 ? "finding" : "findings"}, ${good.length} checks are good, ${skipped.length} were not made`;
  return [...findings.map(one), ...unseen, sum, ""].join("\n");
}

export async function doctor(flags: DoctorFlags): Promise<void> {
  const { only = [], ignore = [] } = flags;
  try {
    const codes = checks.map(({ code }) => code);
    known("--only", only, [...codes, ...areas]);
    known("--ignore", ignore, codes);
    const question = await questionOf(flags);
    const forPeople = !flags.json && !flags.metrics;
    if (forPeople) process.stderr.write("looking at AWS, the node, and what clients get …\n");
    const report = judge(await collect(question), { only, ignore });
    if (flags.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    if (flags.metrics) process.stdout.write(metricsOf(report));
    if (forPeople)
      process.stderr.write(inWords(report, width(), Boolean(process.stderr.isTTY) && !process.env["NO_COLOR"]));
    if (!looked(report)) process.exitCode = couldNotLook;
    else if (report.findings.length > 0) process.exitCode = found;
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = couldNotLook;
  }
}
