/** The plan for people. */
import pc from "picocolors";
import { quote } from "../../hostfiles/node/shell";
import type { PreflightFinding } from "../../hostfiles/node/preflight";
import type { Plan } from "./plan";

export interface Words {
  project: string;
  stack: string;
  /** The project's directory as the user gave it; `.` for the present one. */
  cwd: string;
  /** The settings have been set. */
  written: boolean;
  coloured: boolean;
}

const block = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [heading, ...lines.map((line) => `  ${line}`), ""];

const findingLines = (mark: string) => (finding: PreflightFinding) => [
  `${mark} ${finding.code}: expected ${finding.expected}, found ${finding.found}`,
  `    fix: ${finding.fix}`,
];

/** Columns, each as wide as its widest cell. */
function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([cell]) => cell.length));
  return rows.map(([cell, rest]) => `${cell.padEnd(width)}  ${rest}`);
}

function foundRows(plan: Plan): string[] {
  const { parts, onInterface, elasticIp, api, secondaryPrivateIp } = plan;
  const tied = elasticIp
    ? `Elastic IP ${elasticIp.publicIp} (${elasticIp.allocationId}, ${elasticIp.associationId})`
    : "no Elastic IP";
  return aligned([
    ...parts.map(({ unit, listener, leadsTo }): [string, string] => [unit, `${listener} → ${leadsTo}`]),
    ...(secondaryPrivateIp ? [[onInterface || secondaryPrivateIp, tied] as [string, string]] : []),
    ["kube-apiserver", `${api.bindAddress || "*"}:${api.securePort}, by its manifest`],
  ]);
}

export function inWords(plan: Plan, { project, stack, cwd, written, coloured }: Words): string {
  const colours = pc.createColors(coloured);
  const { found, takenOver, instanceId, clusterName, stopped, kept, obstacles, warnings, settings, onInterface } = plan;
  const inDirectory = cwd === "." ? "" : ` --cwd ${quote(cwd)}`;
  const commands = settings.map(
    ({ key, value }) =>
      `pulumi config set${inDirectory} --stack ${quote(stack)} ${quote(`${project}:${key}`)} ${quote(value)}`,
  );
  const changed = settings.map(
    ({ key, value, before }) => `${project}:${key} ${value}${before === "" ? "" : ` (was ${before})`}`,
  );
  const where = `${instanceId} of ${clusterName}`;
  const moved = onInterface ? [`${onInterface} moves to lo`] : [];
  const title = takenOver
    ? `The layout made by hand on ${where} has been taken over; pulumi destroy gives it back.`
    : found
      ? `The layout made by hand on ${where}:`
      : `No layout made by hand on ${where}.`;
  const next = `pulumi preview${inDirectory} --stack ${quote(stack)}, then pulumi up`;
  return [
    title,
    "",
    ...(found
      ? foundRows(plan)
          .map((line) => `  ${line}`)
          .concat("")
      : []),
    ...block("left over, not in the way", warnings.flatMap(findingLines(colours.yellow("!")))),
    ...(found ? block("pulumi up stops, once its own way is seen to work", [...stopped, ...moved]) : []),
    ...block("kept", kept),
    ...block("in the way; nothing is set until it is gone", obstacles.flatMap(findingLines(colours.red("✗")))),
    ...(obstacles.length > 0
      ? []
      : written
        ? block(`set in stack ${stack}`, changed)
        : block("settings to run, or run this command again with --write", commands)),
    ...(found && !takenOver && obstacles.length === 0
      ? [...(settings.length === 0 ? ["The stack has its settings."] : []), `Next: ${next}`]
      : []),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}
