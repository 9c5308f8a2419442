/** Creates a fault, runs the doctor, runs its fix as printed, and runs the doctor again. */
import { isCommand } from "../../../operator/doctor/check";
import type { Finding } from "../../../operator/doctor/report";
import { type Fixture, fixtures } from "./fixtures";
import type { Operator } from "./operator";

export interface Diagnosis {
  code: string;
  fault: string;
  /** Position among the findings, from 1; 0 if the doctor does not report it. */
  place: number;
  fix: string;
  /** Whether the fix is a command and was run as printed; a sentence is applied by the fixture. */
  asPrinted: boolean;
  fixed: boolean;
  /** Why the fix could not be run. */
  broken?: string;
  seconds: number;
}

/** The check would repair the faults, so it is stopped, and these findings are ignored. */
const still = ["CHECK_STOPPED", "CHECK_STALE"];
const standStill = (operator: Operator): Promise<string> =>
  operator.kept.node("systemctl stop secondary-ingress-check.timer secondary-ingress-check.service 2>/dev/null; true");

async function look(
  operator: Operator,
  code: string,
  flags: readonly string[] = [],
): Promise<{ findings: Finding[]; seconds: number }> {
  const ignored = still.filter((each) => each !== code);
  const { report, seconds } = await operator.doctor("prod", ...flags, "--ignore", ...ignored);
  return { findings: report.findings, seconds };
}

async function runFix(operator: Operator, { code, fix }: Finding): Promise<void> {
  const fixture = fixtures.find((each) => each.code === code);
  const command = /^on the node: (.*)$/s.exec(fix)?.[1];
  if (command !== undefined) await operator.kept.node(command);
  else if (isCommand(fix)) await operator.shell(fix.replaceAll("pulumi up", "pulumi up --skip-preview"));
  else if (fixture?.byHand) await fixture.byHand(operator);
  else throw new Error(`nobody does by hand: ${fix}`);
  await fixture?.settle?.(operator);
}

export async function diagnose(operator: Operator, fixture: Fixture): Promise<Diagnosis> {
  const { code, fault, make, tidy, flags } = fixture;
  await standStill(operator);
  await make(operator);
  const { findings, seconds } = await look(operator, code, flags);
  const place = findings.findIndex((finding) => finding.code === code) + 1;
  const finding = findings[place - 1];
  let broken: string | undefined;
  try {
    if (finding) await runFix(operator, finding);
  } catch (error) {
    broken = (error as Error).message;
  }
  const after = await look(operator, code, flags);
  await tidy?.(operator);
  const fix = finding?.fix ?? "";
  return {
    ...(broken === undefined ? {} : { broken }),
    ...{ code, fault, place, fix, seconds },
    asPrinted: isCommand(fix),
    fixed: broken === undefined && place > 0 && after.findings.every((each) => each.code !== code),
  };
}

export interface Draw {
  codes: string[];
  found: string[];
  /** Every created fault is among the first two findings. */
  right: boolean;
  /** All findings were fixed, in the doctor's order. */
  fixed: boolean;
}

/** Faults of which any two can be combined. */
export const pool = fixtures.filter(({ alone, moved }) => alone === undefined && !moved);

/** Creates several faults at once, then applies the doctor's fixes. */
export async function drawOnce(operator: Operator, drawn: readonly Fixture[]): Promise<Draw> {
  await standStill(operator);
  const inOrder = drawn.toSorted((a, b) => Number(b.checks ?? false) - Number(a.checks ?? false));
  for (const { make } of inOrder) await make(operator);
  const { findings } = await look(operator, "");
  // A fix can reveal findings that the fault had hidden.
  let left = findings;
  for (let tries = 0; left.length > 0 && tries < 6; tries++) {
    const [first] = left;
    if (!first) break;
    await runFix(operator, first).catch(() => undefined);
    left = (await look(operator, "")).findings;
  }
  for (const { tidy } of drawn) await tidy?.(operator);
  const codes = drawn.map(({ code }) => code);
  const found = findings.map(({ code }) => code);
  return {
    codes,
    found,
    right: codes.every((code) => found.slice(0, 2).includes(code)),
    fixed: left.length === 0,
  };
}
