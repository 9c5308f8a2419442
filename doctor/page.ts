/** docs/checks.md, made from the table of checks. */
import { areas } from "./check";
import { checks } from "./checks";
import { runbook } from "./runbook";

const modesInWords = (modes: readonly string[]): string =>
  modes.length > 1 ? "every mode" : `mode ${modes.join(", ")}`;

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
      runbook[code]?.trim() ?? "",
      "",
    ].join("\n");
  });
  const contents = areas.map((area) => {
    const mine = checks.filter((check) => check.area === area);
    return `- ${area}: ${mine.map(({ code }) => `[${code}](#${code.toLowerCase()})`).join(", ")}`;
  });
  return `# What the doctor checks

<!-- Written from doctor/ by UPDATE_GOLDEN=1 and tests/doctor/page.test.ts. -->

\`npx secondary-ingress doctor --stack prod\` looks at AWS, the node and what clients get, and changes nothing. Each finding has a code, what
was found, what was expected, and a fix: a command, one for the node where it begins with "on the node:". What another finding explains is
not looked at. \`--json\` is for tools, \`--only\` and \`--ignore\` choose; the exit status is 0 without findings, 1 with some, 2 where it could
not look. What each looks like when it is made for real, and that its fix mends it: [diagnoses](results/diagnoses.md).

${contents.join("\n")}

${sections.join("\n")}`;
}
