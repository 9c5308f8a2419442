/** `npm run lab`, as a stranger runs it: every promise is kept on both kinds of node. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { labRoot, repositoryRoot } from "../../lab/paths";
import type { Row } from "../../lab/proof/row";
import { needsRoot } from "../support/needs";

const minutes = 60_000;

/** What is asked while prod is up. */
// prettier-ignore
const urls = ["app-https", "app-http", "api-public", "api-public-internal-name", "api-loopback", "api-primary", "api-by-sni"];

/** The promises, in the order of the table. */
// prettier-ignore
const promised = [
  "up-dev", "dev-https", "dev-http", "dev-free", "up-prod", ...urls, "again-dev", "again-prod", "api-while-installing",
  ...urls.map((id) => `reboot-${id}`), "destroy-prod", "destroy-dev", "api-while-removing", "aws-empty", "host-as-before",
];

describe("npm run lab", function () {
  this.timeout(20 * minutes);

  for (const apiPort of ["443", "8443"]) {
    it(`keeps every promise with the API server on ${apiPort}`, function () {
      needsRoot(this);
      const { status, stdout, stderr } = spawnSync(
        "npm",
        ["run", "--silent", "lab", "--", "--json", "--api-port", apiPort],
        {
          cwd: repositoryRoot,
          encoding: "utf8",
          maxBuffer: 64 * 1024 * 1024,
        },
      );
      assert.notEqual(stdout, "", `nothing on stdout; on stderr:\n${stderr}`);
      const proof = JSON.parse(stdout) as { engine: unknown; plugins: unknown; apiPort: number; rows: Row[] };
      assert.deepEqual(Object.keys(proof), ["engine", "plugins", "apiPort", "rows"]);
      assert.deepEqual(
        proof.rows.filter(({ ok }) => !ok),
        [],
      );
      assert.deepEqual(
        proof.rows.map(({ id }) => id),
        promised,
      );
      assert.equal(proof.apiPort, Number(apiPort));
      assert.equal(status, 0, stderr);
      assert.equal(existsSync(labRoot), false, "the lab leaves nothing behind");
    });
  }
});
