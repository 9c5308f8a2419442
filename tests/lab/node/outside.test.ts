import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { outsideProgram, startOutside, stopOutside } from "../../../lab/node/outside";

describe("a program outside of a machine", () => {
  let disk: string;
  const log = (): string => join(disk, "log");
  beforeEach(() => (disk = mkdtempSync(join(tmpdir(), "disk-"))));
  afterEach(() => rmSync(disk, { recursive: true }));

  it("is none on most disks", async () => {
    await startOutside(disk, process.pid, log());
    await stopOutside(disk);
    assert.equal(existsSync(log()), false);
  });

  it("is refused the control groups of this machine", async function () {
    if (process.platform !== "linux") return this.skip();
    mkdirSync(dirname(join(disk, outsideProgram)), { recursive: true });
    writeFileSync(join(disk, outsideProgram), "exit 1\n");
    await assert.rejects(startOutside(disk, process.pid, log()), /found this machine's/);
    assert.equal(existsSync(log()), false);
  });
});
