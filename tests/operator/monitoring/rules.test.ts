import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repositoryRoot } from "../../support/paths";
import { attempt } from "../../support/process";
import { installPrometheus, needsProgram } from "../../support/needs";

const folder = join(repositoryRoot, "operator/monitoring");
const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");

interface Rules {
  groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
}

describe("monitoring", function () {
  const rules = (parse(read("operator/monitoring/alerts.yml")) as Rules).groups.flatMap((group) => group.rules);

  describe("promtool", () => {
    before(async function () {
      await installPrometheus();
      needsProgram(this, "promtool");
    });
    for (const args of [
      ["check", "rules", "alerts.yml"],
      ["test", "rules", "alerts.test.yml"],
      ["check", "config", "prometheus.yml"],
    ]) {
      it(args.join(" "), async () => {
        const { status, stdout, stderr } = await attempt("promtool", args, { cwd: folder });
        assert.equal(status, 0, `${stdout}${stderr}`);
      });
    }
  });

  it("every alert has a unit test and a section of docs/monitoring.md, and there is no other section", () => {
    const tests = read("operator/monitoring/alerts.test.yml");
    const page = read("docs/monitoring.md");
    for (const { alert, annotations } of rules) {
      assert.match(tests, new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n`), alert);
      assert.equal(annotations.runbook, `docs/monitoring.md#${alert.toLowerCase()}`);
    }
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections.sort(), rules.map(({ alert }) => alert).sort());
  });

  it("the codes that the page leads to are there", () => {
    const checks = read("docs/checks.md");
    for (const [, code = ""] of read("docs/monitoring.md").matchAll(/\(checks\.md#(\w+)\)/g))
      assert.match(checks, new RegExp(`^### ${code.toUpperCase()}$`, "m"), code);
  });
});
