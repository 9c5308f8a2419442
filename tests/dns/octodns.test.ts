/** octoDNS itself plans with our records: exactly these, and nothing else of the zone. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { octodns } from "../../dns/octodns";
import type { DnsRecord } from "../../outputs/records";
import { pythonTool } from "../support/needs";
import { attempt } from "../support/process";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10", "203.0.113.11"] };
const www: DnsRecord = { ...app, name: "*.shop.example.com.", values: ["203.0.113.10"] };

describe("octoDNS", function () {
  it("takes the records in with !include and plans exactly these", async () => {
    const tool = await pythonTool("octodns", ["octodns==1.22.0"]);
    const directory = await mkdtemp(join(tmpdir(), "octodns-"));
    try {
      for (const folder of ["ours", "there"]) await mkdir(join(directory, folder));
      const provider = (folder: string): string =>
        `class: octodns.provider.yaml.YamlProvider, directory: ${join(directory, folder)}, enforce_order: false`;
      await writeFile(
        join(directory, "config.yaml"),
        `providers: { ours: { ${provider("ours")} }, there: { ${provider("there")} } }
zones: { example.com.: { sources: [ours], targets: [there] } }
`,
      );
      const others = "mail: { type: A, ttl: 300, value: 192.0.2.25 }\n";
      await writeFile(join(directory, "there/example.com.yaml"), others);
      await writeFile(join(directory, "ours/records.yaml"), octodns([app, www], "example.com"));
      await writeFile(join(directory, "ours/example.com.yaml"), `<<: !include records.yaml\n${others}`);
      const [program = "", ...args] = tool.command("octodns.cmds.sync");
      const { status, stdout, stderr } = await attempt(
        program,
        [...args, "--config-file", join(directory, "config.yaml")],
        { env: { ...process.env, ...tool.env } },
      );
      const said = `${stdout}${stderr}`;
      assert.equal(status, 0, said);
      assert.match(said, /Summary: Creates=2, Updates=0, Deletes=0/);
      assert.match(said, /Create <ARecord A 60, app\.example\.com\., \['203\.0\.113\.10', '203\.0\.113\.11'\]>/);
      assert.match(said, /Create <ARecord A 60, \*\.shop\.example\.com\., \['203\.0\.113\.10'\]>/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
