import assert from "node:assert/strict";
import * as ofLab from "../../lab/process";
import * as ofTests from "./process";

describe("a program that tests or the lab run", () => {
  for (const { attempt } of [ofLab, ofTests])
    it("is no success where Node.js warns in it, whatever its status", async () => {
      const node = (script: string) => attempt(process.execPath, ["-e", script]);
      assert.equal((await node("console.log('fine')")).stdout, "fine\n");
      for (const type of ["DeprecationWarning", "NodeVersionSupportWarning"])
        await assert.rejects(node(`process.emitWarning("old", "${type}")`), new RegExp(`warns: .*${type}: old`));
    });
});
