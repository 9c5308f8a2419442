/** Settings of every type through the real engine, which hands them to the program without a judgement of its own. */
import assert from "node:assert/strict";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";
import { attempt } from "../support/process";

describe("settings that the engine hands on", () => {
  let engine: LoopbackEngine;
  before(async function () {
    engine = await needsEngine(this);
  });
  after(() => (engine as LoopbackEngine | undefined)?.stop());

  const preview = (stack: string) =>
    attempt("pulumi", ["preview", "--non-interactive", "--stack", stack], {
      cwd: engine.project,
      env: engine.operatorEnv,
    });

  it("are refused together, each with its fix, whatever their types, and before a call to AWS", async () => {
    const wrong = { allowedCidrs: "10.0.0.0/8", httpsNodePort: "many", proxyProtocol: "maybe", tags: "team" };
    await engine.addStack("wrong", { ...wrong, mode: undefined, appDomains: [10, null] });
    const { status, stdout, stderr } = await preview("wrong");
    assert.notEqual(status, 0);
    const said = stdout + stderr;
    const keys = [...said.matchAll(/^ +([\w[\]]+): expected .*\n +fix: pulumi config set /gm)].map(([, key]) => key);
    assert.deepEqual(
      [...new Set(keys)].sort(),
      ["allowedCidrs", "appDomains[0]", "appDomains[1]", "httpsNodePort", "mode", "proxyProtocol", "tags"],
      said,
    );
    assert.deepEqual(engine.calls, []);
  });

  it("are taken with the defaults of the project", async () => {
    await engine.addStack("right", { httpsNodePort: "31443", proxyProtocol: "no", mode: "NodePort" });
    const { status, stdout, stderr } = await preview("right");
    assert.equal(status, 0, stdout + stderr);
  });
});
