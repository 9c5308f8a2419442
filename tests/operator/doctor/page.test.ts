import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { isCommand } from "../../../operator/doctor/check";
import { checks } from "../../../operator/doctor/checks";
import { renderPage } from "../../../operator/doctor/page";
import { runbook } from "../../../operator/doctor/runbook";
import { repositoryRoot } from "../../support/paths";

describe("table of checks", () => {
  const codes = checks.map(({ code }) => code);

  it("has at least thirty, each with a code of its own", () => {
    assert.ok(checks.length >= 30, `${checks.length}`);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
  });

  it("names as explanations only checks that there are, and never in a circle", () => {
    const visit = (code: string, way: readonly string[]): void => {
      assert.ok(!way.includes(code), [...way, code].join(" → "));
      const check = checks.find((each) => each.code === code);
      assert.ok(check, `${code}, named by ${way.at(-1)}`);
      for (const cause of check.after) visit(cause, [...way, code]);
    };
    for (const code of codes) visit(code, []);
  });

  it("has a page in the runbook for each, and no other", () => {
    assert.deepEqual(Object.keys(runbook).sort(), [...codes].sort());
  });

  it("is docs/checks.md; UPDATE_GOLDEN=1 writes it anew", async () => {
    const path = join(repositoryRoot, "docs/checks.md");
    const text = await format(renderPage(), { parser: "markdown", printWidth: 120 });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    assert.equal(readFileSync(path, "utf8"), text);
  });

  it("says of each in which modes it is looked at", () => {
    const page = renderPage();
    const line = (code: string): string => page.split(`### ${code}\n\n`)[1]?.split("\n")[0] ?? "";
    assert.match(line("INSTANCE_GONE"), /^AWS, error, every mode\./);
    assert.match(line("HAPROXY_STOPPED"), /^HAProxy, error, mode dual-ip\./);
    assert.match(line("HTTP_CLOSED"), /^AWS, error, modes node-port and dual-ip\./);
  });

  it("has commands to look closer for each", () => {
    for (const [code, { here = [], onNode = [] }] of Object.entries(runbook))
      assert.ok(here.length + onNode.length > 0, code);
  });

  it("has a row for each in the results of `npm run campaign -- diagnoses`", () => {
    const rows = readFileSync(join(repositoryRoot, "docs/results/diagnoses.md"), "utf8");
    assert.deepEqual(
      [...rows.matchAll(/^\| \[(\w+)\]\(\.\.\/checks\.md#/gm)].map(([, code]) => code).sort(),
      codes.toSorted(),
    );
  });

  it("leaves no command to be done by hand, and no sentence to a shell", () => {
    for (const command of ["on the node: nft -f x", "aws ec2 x", "pulumi -C x up"]) assert.ok(isCommand(command));
    for (const sentence of ["look with 'kubectl'", "run 'pulumi up'", "end it"]) assert.ok(!isCommand(sentence));
  });
});
