/** The guard on a fake node: the kernel's own tables and addresses, in a network of the test's own. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { addressFile, renderAddress } from "../../../hostfiles/files/address";
import { renderGuard } from "../../../hostfiles/files/guard";
import { renderNat } from "../../../hostfiles/files/nat";
import { NetworkConfig } from "../../../hostfiles/hostSettings";
import { guardProgram, guardRepairs, natRules } from "../../../hostfiles/node/paths";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { hostSettings } from "../settings";

const settings = hostSettings();
const { secondaryPrivateIp: secondary } = settings;
const file = addressFile[NetworkConfig.Netplan];
const hasAddress = (address: string): string => `ip -4 -o addr show dev lo | grep -qwF ${address}/32`;
const hasTable = "nft list table ip secondary_ingress";
const runs = "pgrep -f '[n]ft monitor tables' && pgrep -f '[i]p -4 -o monitor address'";

describe("guard", () => {
  before(async function () {
    await installValidators();
    needsProgram(this, "nft");
  });

  const node = onFakeNode((fresh) => {
    fresh.write(file, renderAddress(settings));
    fresh.write(natRules, renderNat(settings));
    fresh.write(guardProgram, renderGuard(), 0o755);
    fresh.write(guardRepairs, "");
  });
  /** Waits for longer than a busy machine needs. */
  const eventually = async (command: string): Promise<void> => {
    for (let tries = 0; tries < 4000; tries++) {
      if (node().run(command).status === 0) return;
      await sleep(50);
    }
    assert.fail(`${command}: not within 200 s`);
  };
  const repairs = (): string[] =>
    node()
      .read(guardRepairs)
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ")[1] ?? "");
  /** The guard notes a repair after it has made it. */
  const hasRepaired = async (...expected: string[]): Promise<void> => {
    await eventually(`[ "$(wc -l <${guardRepairs})" -ge ${expected.length} ]`);
    assert.deepEqual(repairs(), expected);
  };
  const start = async (): Promise<void> => {
    node().succeed(`${guardProgram} </dev/null >/tmp/guard.log 2>&1 &`);
    await eventually(runs);
    await hasRepaired("natTable", "address");
    assert.equal(node().run(`${hasTable} && ${hasAddress(secondary)}`).status, 0);
  };

  it("restores at its start what is missing, and says so", async () => {
    await start();
    assert.equal(node().read("/tmp/guard.log"), "repaired: natTable\nrepaired: address\n");
  });

  it("puts an address back that is deleted, also with all others", async () => {
    await start();
    node().succeed(`ip addr del ${secondary}/32 dev lo`);
    await eventually(hasAddress(secondary));
    await hasRepaired("natTable", "address", "address");
    node().succeed("ip addr flush dev lo");
    await eventually(hasAddress(secondary));
    await hasRepaired("natTable", "address", "address", "address");
  });

  it("puts a table back", async () => {
    await start();
    node().succeed("nft flush ruleset");
    await eventually(hasTable);
  });

  it("lets an address go that is replaced", async () => {
    await start();
    const next = "172.20.45.99";
    node().write(file, renderAddress({ ...settings, secondaryPrivateIp: next }));
    node().succeed(`ip addr add ${next}/32 dev lo; ip addr del ${secondary}/32 dev lo`);
    node().succeed("nft delete table ip secondary_ingress");
    await eventually(hasTable);
    assert.notEqual(node().run(hasAddress(secondary)).status, 0);
    await hasRepaired("natTable", "address", "natTable");
  });

  it("lets the address go once its file is gone", async () => {
    await start();
    node().succeed(`rm ${file}; ip addr del ${secondary}/32 dev lo; nft delete table ip secondary_ingress`);
    await eventually(hasTable);
    assert.notEqual(node().run(hasAddress(secondary)).status, 0);
  });

  for (const monitor of ["nft monitor", "ip -4 -o monitor"])
    it(`ends when ${monitor} ends, so that systemd starts it again`, async () => {
      await start();
      node().succeed(`pkill -xf '${monitor}.*'`);
      await eventually("! pgrep -f '[l]ib/secondary-ingress/guard' && ! pgrep -f '[m]onitor '");
      assert.match(node().read("/tmp/guard.log"), /monitor has ended/);
    });
});
