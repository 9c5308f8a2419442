/** The steps of HAProxy on a fake node: its own commands, its own unit, and never a cut connection without need. */
import assert from "node:assert/strict";
import { renderInstaller } from "../../../hostfiles/node/installer";
import {
  directories,
  formerHaproxyDropIn,
  haproxyConfig,
  haproxyUnit,
  hostFileProgram,
  pausedMark,
} from "../../../hostfiles/node/paths";
import { haproxySteps } from "../../../hostfiles/steps/haproxySteps";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import type { Finished } from "../../support/process";
import { hostSettings } from "../settings";

const distribution = "haproxy.service";

describe("HAProxy's steps", () => {
  before(async function () {
    await installValidators();
    needsProgram(this, "haproxy");
  });
  const node = onFakeNode((fresh) => {
    fresh.write(hostFileProgram, renderInstaller(), 0o755);
    fresh.succeed(`mkdir -p ${directories.etc}; systemctl enable --now ${distribution}`);
    // Whatever runs listens.
    fresh.standIn("ss", "echo LISTEN\n");
    fresh.standIn("journalctl", "echo cannot bind\n");
    fresh.standIn("sleep");
    fresh.calls();
  });

  const run = (name: string, settings = hostSettings()): Finished => {
    const step = haproxySteps.find((each) => each.name === name);
    assert.ok(step);
    return node().run(step.create(settings), { input: step.stdin(settings) });
  };
  const succeeds = (name: string, settings = hostSettings()): void => {
    const { status, stdout, stderr } = run(name, settings);
    assert.equal(status, 0, `${stdout}${stderr}`);
  };
  const install = (): void => haproxySteps.forEach(({ name }) => succeeds(name));
  const remove = (): void => {
    for (const step of haproxySteps.toReversed()) node().succeed(step.remove?.(hostSettings()) ?? "false");
  };
  const done = (): string[] =>
    node()
      .calls()
      .filter((call) => call.startsWith("systemctl "));

  it("leave it stopped while a person has paused it, and count as done", () => {
    install();
    node().succeed(`echo 1 >${pausedMark}; systemctl stop ${haproxyUnit}`);
    // As systemd does where a condition of the unit does not hold.
    node().standIn("systemctl", `case $1 in is-active) exit 3 ;; esac; exit 0`);
    succeeds("haproxy-settings", { ...hostSettings(), httpsNodePort: 30444 });
    succeeds("haproxy-unit");
  });

  it("start it once, with everything in its place", () => {
    install();
    assert.deepEqual(done(), [
      "systemctl daemon-reload",
      `systemctl enable -q ${haproxyUnit}`,
      `systemctl restart ${haproxyUnit}`,
    ]);
  });

  it("do nothing the second time", () => {
    install();
    node().calls();
    install();
    assert.deepEqual(done(), [
      "systemctl daemon-reload",
      `systemctl enable -q ${haproxyUnit}`,
      `systemctl start ${haproxyUnit}`,
    ]);
  });

  it("reload it for other settings and for another password", () => {
    install();
    node().calls();
    succeeds("haproxy-settings", hostSettings({ httpNodePort: 30081 }));
    assert.deepEqual(done(), [`systemctl reload ${haproxyUnit}`]);
    succeeds("haproxy-password", hostSettings({ statsPassword: "another" }));
    assert.deepEqual(done(), [`systemctl reload ${haproxyUnit}`]);
  });

  it("start it with settings that it can take, if it could not start with those before", () => {
    install();
    node().succeed(`systemctl stop ${haproxyUnit}`);
    node().calls();
    succeeds("haproxy-settings", hostSettings({ httpNodePort: 30081 }));
    assert.deepEqual(done(), [`systemctl start ${haproxyUnit}`]);
  });

  it("put the former settings back, and say what HAProxy said, if it does not take the new ones", () => {
    install();
    const before = node().read(haproxyConfig);
    node().failing(`systemctl reload ${haproxyUnit}`);
    const { status, stderr } = run("haproxy-settings", hostSettings({ httpNodePort: 30081 }));
    assert.equal(status, 1);
    assert.match(stderr, /what was there before is back: .*cannot bind/s);
    assert.equal(node().read(haproxyConfig), before);
  });

  it("leave nothing behind", () => {
    const files = "find /etc /run /usr/local -type f -path '*secondary-ingress*' ! -name lock ! -name host-file";
    install();
    assert.notEqual(node().succeed(files), "");
    node().calls();
    remove();
    assert.deepEqual(done(), [`systemctl disable -q --now ${haproxyUnit}`, "systemctl daemon-reload"]);
    assert.equal(node().succeed(files), "");
    assert.equal(node().isActive(haproxyUnit), false);
  });

  it("leave the distribution's service alone, unless an upgrade has left it behind as ours", () => {
    const change = (httpNodePort: number): void => succeeds("haproxy-settings", hostSettings({ httpNodePort }));
    install();
    change(30081);
    assert.ok(node().isActive(distribution) && node().isEnabled(distribution));
    node().write(formerHaproxyDropIn, "[Service]\n");
    // While an upgrade is under way both serve, until Pulumi removes the former steps.
    succeeds("haproxy-unit");
    assert.ok(node().isActive(distribution) && node().isEnabled(distribution));
    change(30082);
    assert.ok(!node().isActive(distribution) && !node().isEnabled(distribution));
  });
});
