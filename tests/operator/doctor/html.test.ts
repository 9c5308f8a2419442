import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { escape, renderHtml } from "../../../operator/doctor/html";
import { drawPicture } from "../../../operator/doctor/picture";
import { judge } from "../../../operator/doctor/report";
import { installBrowser, needsProgram } from "../../support/needs";
import { healthy, healthyNode } from "./facts";

function page(observed: string): string {
  const facts = healthy({ node: { ...healthyNode, haproxyFaults: observed } });
  const report = judge(facts, { only: [], ignore: [] });
  const at = new Date("2026-01-02T12:00:00Z");
  const time = at.getTime() / 1000 - 3600;
  const history = [
    { time, names: ["natTable"], failed: false },
    { time: time - 30 * 3600, names: ["address"], failed: true },
  ];
  return renderHtml({ picture: drawPicture(facts.outputs, report), report, history, at });
}

describe("doctor's page", function () {
  it("holds what was found as text, and nothing from elsewhere", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.doesNotMatch(escape(text), /[<>"']|&(?!#\d+;)/);
      }),
    );
    const text = page("<script>alert(1)</script>");
    assert.doesNotMatch(text, /<script/);
    assert.doesNotMatch(text, /\b(?:src|href)=|@import|url\(/);
  });

  it("is shown by a browser: picture, finding, fix and timeline", async function () {
    await installBrowser();
    needsProgram(this, "chromium");
    const directory = mkdtempSync(join(tmpdir(), "page-"));
    const file = join(directory, "report.html");
    writeFileSync(file, page("unknown keyword 'nonsense' & <more>"));
    // prettier-ignore
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${directory}/profile`, "--virtual-time-budget=2000"];
    const { stdout, stderr } = spawnSync("chromium", [...options, "--dump-dom", `file://${file}`], {
      encoding: "utf8",
    });
    rmSync(directory, { recursive: true, force: true });
    assert.match(stdout, /<section id="HAPROXY_CONFIG_INVALID">/, stderr);
    assert.match(stdout, /unknown keyword 'nonsense' &amp; &lt;more&gt;/);
    assert.equal(stdout.match(/<circle /g)?.length, 1, "what is older than a day is not on the timeline");
    assert.match(stdout, /1 times: natTable\./);
    assert.match(stdout, /HAProxy <span class="state">fails: HAPROXY_CONFIG_INVALID</);
  });
});
