import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootUnit } from "../../../hostfiles/node/paths";
import { renderBootUnit } from "../../../operator/kops/boot";
import { ApiForwarder } from "../../../settings/choices";
import { releasedMark } from "../../../hostfiles/node/paths";
import { refusal, runStubbed, type Ran, type StubSettings } from "./ec2Stub";
import { pieces } from "./settings";

const secondary = "172.20.45.76";
const mac = "02:00:00:00:00:01";
const metadata = (primary: string): Record<string, string> => ({
  "instance-id": "i-0123456789abcdef0",
  mac,
  "local-ipv4": primary,
  [`network/interfaces/macs/${mac}/interface-id`]: "eni-1",
  [`network/interfaces/macs/${mac}/subnet-id`]: "subnet-1",
  "placement/region": "eu-central-1",
  "services/domain": "amazonaws.com",
  "iam/security-credentials/": "masters",
  "iam/security-credentials/masters": '{ "AccessKeyId" : "ASIA", "SecretAccessKey" : "s", "Token" : "t" }',
});

/** Runs the program to its first pause; it says INSTALLS where it would. */
function run(settings: StubSettings, mark = "/nonexistent"): Ran {
  const [boot] = pieces({ secondaryPrivateIp: secondary }).group.fileAssets;
  const text = (boot?.content ?? "")
    .replace(/^install_files\(\) \{[\s\S]*?are installed'\n\}/m, "install_files() { echo INSTALLS; }")
    .replace(/^is_installed\(\).*$/m, "is_installed() { false; }")
    .replaceAll(releasedMark, mark);
  return runStubbed(`sleep() { exit 9; }\n${text}`, settings);
}

describe("the boot program", () => {
  it("installs the host files also where it may not ask for addresses, and tries again", () => {
    const answers = { DescribeAddresses: [refusal("UnauthorizedOperation", 403)] };
    const { status, stdout, stderr } = run({ answers, metadata: metadata("172.20.45.37") });
    assert.deepEqual([status, stdout], [9, "INSTALLS\n"]);
    assert.match(stderr, /allowed ec2:DescribeAddresses, found UnauthorizedOperation.*; tried again in 2 s/);
  });

  it("installs nothing on a node whose own address is the stack's secondary one: its API would be cut off", () => {
    const { status, stdout, stderr, calls } = run({ answers: {}, metadata: metadata(secondary) });
    assert.deepEqual([status, stdout, calls], [9, "", []]);
    assert.match(
      stderr,
      /found it as this node's own primary address.*run pulumi up, which chooses another; tried again/,
    );
  });

  it("installs nothing for a stack that is gone, nor on a node that it has given back", () => {
    const gone = {
      answers: { DescribeAddresses: [refusal("InvalidAllocationID.NotFound")] },
      metadata: metadata("172.20.45.37"),
    };
    assert.match(run(gone).stdout, /^the Elastic IP \S+ is gone, so the stack is: nothing is installed/);
    const directory = mkdtempSync(join(tmpdir(), "released-"));
    try {
      writeFileSync(join(directory, "released"), "");
      const { status, stdout, calls } = run(gone, join(directory, "released"));
      assert.deepEqual([status, calls], [0, []]);
      assert.match(stdout, /^the stack has given this node back: nothing is installed/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

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
