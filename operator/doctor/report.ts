/** What the checks say together. */
import type { IngressMode } from "../../settings/choices";
import { type Area, type Check, type Facts } from "./check";
import { checks } from "./checks";
import { isUnknown, type Unknown } from "./unknown";

interface Named {
  code: string;
  area: Area;
  severity: Check["severity"];
  title: string;
  /** Where it is explained. */
  doc: string;
}

export interface Finding extends Named {
  observed: string;
  expected: string;
  fix: string;
}

export interface Skipped extends Named {
  because: string;
}

export interface Good extends Named {
  /** Of a check that measures something. */
  observed?: string;
}

export interface Report {
  schemaVersion: 1;
  stack: string;
  mode: string;
  /** Causes first, and errors before warnings. */
  findings: Finding[];
  good: Good[];
  skipped: Skipped[];
}

export interface Selection {
  /** Areas or codes, in any case; all where it is empty. */
  only: readonly string[];
  /** Codes. */
  ignore: readonly string[];
}

export const docOf = (code: string): string => `docs/checks.md#${code.toLowerCase()}`;

const isWord = (given: string, word: string): boolean => given.toLowerCase() === word.toLowerCase();
const explainedBy = (cause: string): Unknown => ({ because: `${cause} explains it` });

/** Every check gets one answer. What a finding explains is not looked at, nor what that explains in turn; what is ignored explains nothing. */
export function judge(facts: Facts, { only, ignore }: Selection): Report {
  const report: Report = {
    schemaVersion: 1,
    stack: facts.stack,
    mode: facts.outputs.mode,
    findings: [],
    good: [],
    skipped: [],
  };
  const found = new Map<string, Finding>();
  /** By code: the finding that it is, or that explains it. */
  const causes = new Map<string, string>();
  const chosen = checks.filter(
    ({ code, area, modes }) =>
      modes.includes(facts.outputs.mode as IngressMode) &&
      !ignore.some((word) => isWord(word, code)) &&
      (only.length === 0 || only.some((word) => isWord(word, code) || isWord(word, area))),
  );
  const visit = ({ code, area, severity, title, after, judge, shows }: Check): void => {
    const named = { code, area, severity, title, doc: docOf(code) };
    const cause = after.map((each) => causes.get(each)).find((each) => each !== undefined);
    const answer = cause === undefined ? judge(facts) : explainedBy(cause);
    if (cause !== undefined) causes.set(code, cause);
    if (answer === undefined) report.good.push({ ...named, ...(shows ? { observed: shows(facts) } : {}) });
    else if (isUnknown(answer)) report.skipped.push({ ...named, because: answer.because });
    else {
      found.set(code, { ...named, ...answer });
      causes.set(code, code);
    }
  };
  // A cause may stand after its effect in the table: each is visited after those that explain it.
  const visited = new Set<string>();
  const inOrder = (check: Check): void => {
    if (visited.has(check.code)) return;
    visited.add(check.code);
    for (const code of check.after) {
      const cause = chosen.find((other) => other.code === code);
      if (cause) inOrder(cause);
    }
    visit(check);
  };
  chosen.forEach(inOrder);
  const all = [...found.values()];
  report.findings = [
    ...all.filter(({ severity }) => severity === "error"),
    ...all.filter(({ severity }) => severity === "warning"),
  ];
  return report;
}

/** Whether anything of what was chosen could be looked at. */
export const looked = ({ findings, good }: Report): boolean => findings.length + good.length > 0;
