/** How far each service of ours is locked in: `systemd-analyze security`, 0 is safest, 10 is open. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyUnit } from "../../../hostfiles/node/paths";
import { ApiForwarder } from "../../../settings/choices";
import { installValidators, needsProgram, needsRoot } from "../../support/needs";
import { allSteps, hostSettings } from "../settings";

describe("exposure of the services", function () {
  let root: string;
  before(function () {
    return installValidators();
  });
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "exposure-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  const text = (step: string, apiForwarder: ApiForwarder): string =>
    allSteps(hostSettings({ apiForwarder }))
      .find(({ name }) => name === step)
      ?.stdin(hostSettings()) ?? "";
  const exposure = (unit: string, files: Record<string, string>): number => {
    const units = join(root, "etc/systemd/system");
    for (const [name, content] of Object.entries(files)) {
      const path = join(units, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, content);
    }
    const { stdout, stderr } = spawnSync(
      "systemd-analyze",
      ["security", "--no-pager", "--offline=true", `--root=${root}`, unit],
      { encoding: "utf8" },
    );
    const [, score] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    assert.ok(score, stderr);
    return Number(score);
  };

  const limits: [string, string, ApiForwarder, number][] = [
    ["forwarder-unit", "secondary-ingress-forward.service", ApiForwarder.Socat, 2.0],
    ["forwarder-unit", "secondary-ingress-forward.service", ApiForwarder.SocketProxyd, 2.0],
    ["check-unit", "secondary-ingress-check.service", ApiForwarder.Socat, 3.0],
    ["guard-unit", "secondary-ingress-guard.service", ApiForwarder.Socat, 3.0],
    ["haproxy-unit", haproxyUnit, ApiForwarder.Socat, 3.0],
    ["nat-unit", "secondary-ingress-nat.service", ApiForwarder.Socat, 3.0],
    ["api-switch-unit", "kube-api-switch.service", ApiForwarder.Socat, 3.0],
  ];
  for (const [step, unit, forwarder, most] of limits) {
    it(`${unit} (${forwarder}): ${most} at most`, function () {
      needsProgram(this, "systemd-analyze");
      const score = exposure(unit, { [unit]: text(step, forwarder) });
      assert.ok(score <= most, `${score}`);
    });
  }

  it("the distribution's unit for HAProxy: far more", function () {
    needsRoot(this);
    needsProgram(this, "haproxy");
    const unit = readFileSync("/lib/systemd/system/haproxy.service", "utf8");
    assert.ok(exposure("haproxy.service", { "haproxy.service": unit }) > 9);
  });
});
