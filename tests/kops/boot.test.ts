import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { bootUnit, renderBootUnit } from "../../kops/boot";
import { ApiForwarder } from "../../hostfiles";
import { pieces } from "./settings";

describe("the boot program", () => {
  for (const apiForwarder of Object.values(ApiForwarder)) {
    it(`${apiForwarder}: is a whole shell script`, () => {
      const [boot] = pieces({ apiForwarder }).group.fileAssets;
      const { status, stderr } = spawnSync("bash", ["-n"], { input: boot?.content, encoding: "utf8" });
      assert.deepEqual([status, stderr], [0, ""]);
    });
  }

  it("is run by a unit that nodeup finds active and enabled, or it would be restarted in the middle of its work", () => {
    assert.ok(bootUnit.endsWith(".service"));
    for (const line of ["Type=exec", "RemainAfterExit=yes", "WantedBy=multi-user.target"])
      assert.ok(renderBootUnit().split("\n").includes(line), line);
  });
});
