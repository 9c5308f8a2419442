import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parseFacts, renderScript } from "../../../doctor/collect/node";
import { outputs } from "../../dns/support";

const question = { outputs: outputs(), httpsNodePort: 30443, httpNodePort: 30080, proxyProtocol: false };

describe("doctor's look at the node", () => {
  it("is a script that bash takes and that changes nothing", () => {
    const script = renderScript(question);
    const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(
      script,
      /systemctl (?:re)?start|systemctl stop|nft (?:add|delete|-f)|ip addr (?:add|del|replace)|\brm\b|\bmv\b|>>|[^2&-]>(?!&|\/dev\/null)/,
    );
  });

  it("gives every fact also on a machine that has nothing of ours", function () {
    this.timeout(30_000);
    const { stdout, stderr } = spawnSync("bash", ["-s"], { input: renderScript(question), encoding: "utf8" });
    const facts = parseFacts(stdout);
    assert.equal(facts.onLoopback, false, stderr);
    assert.equal(facts.owner, "");
    assert.deepEqual(facts.haproxy.active, false);
    assert.deepEqual(facts.history, []);
  });

  it("is refused when it was cut short", () => {
    assert.throws(() => parseFacts("owner x\nmissing \n"));
  });
});
