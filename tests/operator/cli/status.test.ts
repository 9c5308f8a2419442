import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { inLines } from "../../../operator/cli/status";
import { drawPicture } from "../../../operator/doctor/picture";
import { judge } from "../../../operator/doctor/report";
import { repositoryRoot } from "../../support/paths";
import { outputs } from "../../dns/support";
import { healthy } from "../doctor/facts";

describe("status", function () {
  it("wraps what stands on the left, in the tree and beside it", () => {
    const records = Array.from({ length: 9 }, (_, index) => ({
      ...{ name: `application-${index}.some-long-domain.example.com.`, type: "A" as const, ttl: 60 },
      values: ["203.0.113.10"],
    }));
    const given = outputs({ dns: { schemaVersion: 1, ready: true, records } });
    const facts = healthy({ outputs: given, names: { addresses: {} } });
    for (const columns of [80, 120]) {
      const text = inLines(drawPicture(given, judge(facts, { only: [], ignore: [] })), columns, false);
      for (const line of text.split("\n")) assert.ok(line.length <= columns, line);
      for (const { name } of records) assert.ok(text.includes(name.replace(/\.$/, "")), name);
      assert.match(text, /! warns {2}NAME_UNKNOWN/);
    }
  });

  const run = (args: string[], input: string, until?: (out: string, err: string) => boolean) =>
    new Promise<{ status: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [join(repositoryRoot, "operator/cli/main.cjs"), ...args], {
        // Nobody answers there, and at once.
        env: {
          ...process.env,
          AWS_ENDPOINT_URL: "http://127.0.0.1:9",
          AWS_REGION: "eu-central-1",
          AWS_ACCESS_KEY_ID: "x",
          AWS_SECRET_ACCESS_KEY: "x",
        },
      });
      let [out, err] = ["", ""];
      const look = (): void => {
        if (until?.(out, err)) child.kill("SIGKILL");
      };
      child.stdout.on("data", (data: Buffer) => ((out += data.toString()), look()));
      child.stderr.on("data", (data: Buffer) => ((err += data.toString()), look()));
      child.on("close", (status) => {
        resolve({ status, out, err });
      });
      child.stdin.end(input);
    });
  const given = JSON.stringify(
    outputs({
      ingressPublicIp: "127.0.0.1",
      apiPublicIp: "127.0.0.1",
      ingressPort: 9,
      ingressHttpPort: 9,
      dns: { schemaVersion: 1, ready: true, records: [] },
    }),
  );

  it("keeps apart what fails and that it cannot look", async () => {
    assert.equal((await run(["status", "--name-server", "127.0.0.1"], given)).status, 1);
    assert.equal((await run(["status"], "no outputs")).status, 2);
    assert.equal((await run(["status", "--wathc"], given)).status, 2);
    assert.equal((await run(["doctor", "--metrics", "--json"], given)).status, 2);
    assert.equal((await run(["doctor", "--help"], "")).status, 0);
  });

  it("with --watch looks again at the outputs that it was given once", async () => {
    const twice = (out: string): boolean => (out.match(/"title":/g) ?? []).length >= 2;
    const { out, err } = await run(["status", "--watch", "--json"], given, twice);
    assert.ok(twice(out), err);
  });
});
