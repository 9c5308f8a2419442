/** The commands that the docs tell people to type, typed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../lab/paths";
import { needsRoot } from "./support/needs";

/** The text of the `sh` blocks of a page, except those marked as not run. */
function commandBlocks(page: string): string[] {
  const text = readFileSync(join(repositoryRoot, page), "utf8");
  return [...text.matchAll(/(<!-- not run[^>]*-->\s*)?```sh\n([\s\S]*?)```/g)].flatMap(([, mark, block]) =>
    mark || !block ? [] : [block],
  );
}

describe("docs", function () {
  this.timeout(10 * 60_000);

  for (const [index, block] of commandBlocks("docs/lab.md").entries()) {
    it(`docs/lab.md, block ${index + 1}: ${block.split("\n")[0]} …`, function () {
      needsRoot(this);
      const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", block], {
        cwd: repositoryRoot,
        encoding: "utf8",
      });
      assert.equal(status, 0, `${stdout}${stderr}`);
    });
  }

  it("names every setting in the README's table, and no other", () => {
    const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
    const table = readme.slice(readme.indexOf("### Settings"), readme.indexOf("### Outputs"));
    const named = [...table.matchAll(/^\| (`[^|]+`)\s*\|/gm)].flatMap(([, cell]) =>
      [...(cell ?? "").matchAll(/`(\w+)`/g)].map(([, key]) => key),
    );
    // prettier-ignore
    assert.deepEqual(named, [
      "mode", "clusterName", "appDomains", "networkInterfaceId", "secondaryPrivateIp", "httpsNodePort", "httpNodePort", "allowedCidrs",
      "apiForwarder", "apiLocalPort", "proxyProtocol", "primaryAddress", "route53ZoneId", "dnsTtl", "onDestroy", "ssh", "sshPrivateKey",
    ]);
  });
});
