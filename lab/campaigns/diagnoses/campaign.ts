/** A fault is made, the doctor looks, its fix is run as it is printed, and the doctor looks again. */
import type { Finding } from "../../../doctor/report";
import type { Fixture } from "./fixtures";
import type { Operator } from "./operator";

export interface Diagnosis {
  code: string;
  fault: string;
  /** 1 where the doctor names it first; 0 where it does not. */
  place: number;
  fix: string;
  /** Whether the fix was run as printed, or what it says was done by hand. */
  asPrinted: boolean;
  mended: boolean;
  /** Why the fix could not be run. */
  broken?: string;
  seconds: number;
}

/** The check repairs what is broken on purpose: it stands still meanwhile, and that it does is no finding. */
const still = ["CHECK_STOPPED", "CHECK_STALE"];

async function look(
  operator: Operator,
  code: string,
  flags: readonly string[] = [],
): Promise<{ findings: Finding[]; seconds: number }> {
  const ignored = still.filter((each) => each !== code);
  const { report, seconds } = await operator.doctor("prod", ...flags, "--ignore", ...ignored);
  return { findings: report.findings, seconds };
}

async function runFix(operator: Operator, fix: string): Promise<void> {
  const command = /^on the node: (.*)$/s.exec(fix)?.[1];
  if (command !== undefined) await operator.kept.node(command);
  else await operator.shell(fix.replaceAll("pulumi up", "pulumi up --skip-preview"));
}

export async function diagnose(operator: Operator, fixture: Fixture): Promise<Diagnosis> {
  const { code, fault, make, mend, tidy, flags } = fixture;
  await operator.kept.node("systemctl stop secondary-ingress-check.timer 2>/dev/null; true");
  await make(operator);
  const { findings, seconds } = await look(operator, code, flags);
  const place = findings.findIndex((finding) => finding.code === code) + 1;
  const fix = findings[place - 1]?.fix ?? "";
  let broken: string | undefined;
  try {
    if (mend) await mend(operator);
    else if (fix !== "") await runFix(operator, fix);
  } catch (error) {
    broken = (error as Error).message;
  }
  const after = await look(operator, code, flags);
  await tidy?.(operator);
  return {
    ...(broken === undefined ? {} : { broken }),
    code,
    fault,
    place,
    fix,
    asPrinted: !mend,
    mended: broken === undefined && place > 0 && after.findings.every((finding) => finding.code !== code),
    seconds,
  };
}

export interface Draw {
  codes: string[];
  found: string[];
  /** Every fault that was made is among the first two findings. */
  right: boolean;
}

/** Several faults at once; afterwards each is mended by its fix. */
export async function drawOnce(operator: Operator, drawn: readonly Fixture[]): Promise<Draw> {
  await operator.kept.node("systemctl stop secondary-ingress-check.timer 2>/dev/null; true");
  for (const { make } of drawn) await make(operator);
  const { findings } = await look(operator, "");
  // Mended in the order in which the doctor names them, as a person would; what was hidden shows up then.
  for (let left = findings, tries = 0; left.length > 0 && tries < 6; tries++) {
    const [first] = left;
    if (!first) break;
    await runFix(operator, first.fix).catch(() => undefined);
    left = (await look(operator, "")).findings;
  }
  for (const { tidy } of drawn) await tidy?.(operator);
  const codes = drawn.map(({ code }) => code);
  const found = findings.map(({ code }) => code);
  return { codes, found, right: codes.every((code) => found.slice(0, 2).includes(code)) };
}
