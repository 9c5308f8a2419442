/** docs/checks.md, made from the table of checks. */
import { areas } from "./check";
import { checks } from "./checks";
import { everywhere } from "./checks/define";
import { runbook } from "./runbook";

const modesInWords = (modes: readonly string[]): string =>
  modes.length === everywhere.length ? "every mode" : `${modes.length > 1 ? "modes" : "mode"} ${modes.join(" and ")}`;

const commands = (title: string, lines: readonly string[] = []): string[] =>
  lines.length > 0 ? ["", `${title}:`, "", "```text", ...lines, "```"] : [];

export function renderPage(): string {
  const codes = new Set(checks.map(({ code }) => code));
  const sections = checks.map(({ code, area, severity, title, after, modes }) => {
    const causes = after.filter((each) => codes.has(each));
    return [
      `### ${code}`,
      "",
      `${area}, ${severity}, ${modesInWords(modes)}. Where all is well, ${title}.`,
      ...(causes.length > 0
        ? ["", `Explained by: ${causes.map((each) => `[${each}](#${each.toLowerCase()})`).join(", ")}.`]
        : []),
      "",
      runbook[code]?.text ?? "",
      ...commands("Look", runbook[code]?.here),
      ...commands("Look on the node", runbook[code]?.onNode),
      "",
    ].join("\n");
  });
  const contents = areas.map((area) => {
    const mine = checks.filter((check) => check.area === area);
    return `- ${area}: ${mine.map(({ code }) => `[${code}](#${code.toLowerCase()})`).join(", ")}`;
  });
  return `# What the doctor checks

<!-- Written from operator/doctor/ by UPDATE_GOLDEN=1 and tests/operator/doctor/page.test.ts. -->

\`npx secondary-ingress doctor --stack prod\` looks at AWS, the node and what clients get, and changes nothing. Each finding has a code, what
was found, what was expected, and a fix: a command, one for the node where it begins with "on the node:". What another finding explains is
not looked at. \`--json\` is for tools, \`--only\` and \`--ignore\` choose; the exit status is 0 without findings, 1 with some, 2 where it could
not look. [Diagnoses](results/diagnoses.md) shows the fix of each, as it was printed and run after the fault had been made for real.

In the commands below \`<secondary>\`, \`<primary>\`, \`<ingress>\`, \`<api>\`, \`<eni>\`, \`<instance>\`, \`<allocation>\`, \`<cluster>\` and \`<domain>\` stand for the
stack's outputs and one of its names.

${contents.join("\n")}

${sections.join("\n")}`;
}
