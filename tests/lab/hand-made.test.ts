/** The layout made by hand, as written: it answers as its users know it, and its snapshot names what has changed. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { asBuiltRows } from "../../lab/handMade/asBuilt";
import { run } from "../../lab/handMade/hands";
import { type Layout, paths, secondary } from "../../lab/handMade/layout";
import { makeLayout, renewApiServer } from "../../lab/handMade/make";
import { movingInRows } from "../../lab/handMade/movingIn";
import { startLayoutProbers } from "../../lab/handMade/probers";
import { layoutSnapshot } from "../../lab/handMade/snapshot";
import { variants } from "../../lab/handMade/variants";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { node } from "../../lab/network/addresses";
import { keepPreparedLab } from "../../lab/preparedLab";
import { difference } from "../../lab/proof/snapshot";
import { itRefuses, labCommand } from "../support/lab-command";
import { needsRoot } from "../support/needs";

describe("the layout made by hand", () => {
  let kept: KeptLab;
  let layout: Layout;
  const failing = async (): Promise<string[]> =>
    (await asBuiltRows(kept, layout, variants["as-written"]))
      .filter(({ ok }) => !ok)
      .map(({ id, observed }) => `${id}: ${observed}`);

  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("empty");
    layout = await makeLayout(kept, "as-written");
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("answers as written", async () => assert.deepEqual(await failing(), []));

  it("is part of the lab's status", () => {
    const { apiPort, handMade } = JSON.parse(labCommand("status", "--json").stdout) as Record<string, unknown>;
    assert.deepEqual({ apiPort, handMade }, { apiPort: 8443, handMade: JSON.parse(JSON.stringify(layout)) as Layout });
  });

  it("is probed: the API and the application from outside, and 127.0.0.1:443, where nobody listens", async () => {
    await renewApiServer();
    const probers = await startLayoutProbers(layout);
    await sleep(3000);
    const counts = await probers.stop();
    for (const [name, { sent, failed, failures }] of Object.entries(counts)) {
      assert.ok(sent > 20, name);
      assert.equal(failed, name === "api-loopback" ? sent : 0, `${name}: ${failures.join("; ")}`);
    }
  });

  it("looks the same twice", async () => {
    assert.deepEqual(difference(await layoutSnapshot(layout), await layoutSnapshot(layout)), []);
  });

  const { device } = node;
  const address = `${secondary.address}/${secondary.prefix}`;
  /** Change → its undoing, and what the snapshot says of it. */
  const changes: Record<string, { make: string; undo: string; says: RegExp }> = {
    "a file's text": {
      make: `sed -i.saved s/5s/6s/ ${paths.haproxy}; mv ${paths.haproxy}.saved /root/`,
      undo: `mv /root/haproxy.cfg.saved ${paths.haproxy}`,
      says: /^\+ text \/etc\/haproxy\/haproxy\.cfg:\d+:.*6s/m,
    },
    "a file's mode": {
      make: `chmod 600 ${paths.netplan}`,
      undo: `chmod 644 ${paths.netplan}`,
      says: /^\+ file \S+99-secondary-ip\.yaml 600/m,
    },
    "a file's owner": {
      make: `chown games ${paths.netplan}`,
      undo: `chown root ${paths.netplan}`,
      says: /^\+ owner \S+99-secondary-ip\.yaml games:root/m,
    },
    "a unit that is not enabled": {
      make: "systemctl --quiet disable kube-api-forward.service",
      undo: "systemctl --quiet enable kube-api-forward.service",
      says: /^\+ unit kube-api-forward\.service disabled active/m,
    },
    "a unit that does not run, and its listener": {
      make: "systemctl stop kube-api-forward.service",
      undo: "systemctl start kube-api-forward.service",
      says: /^- listener 172\.20\.45\.37:443 socat[\s\S]*^- unit kube-api-forward\.service enabled active/m,
    },
    "the order of the addresses": {
      make: `ip addr del ${address} dev ${device}; ip addr add 192.0.2.98/32 dev ${device}; ip addr add ${address} dev ${device}`,
      undo: `ip addr del 192.0.2.98/32 dev ${device}`,
      says: /^\+ address-order ens5 3 172\.20\.45\.38\/16/m,
    },
    "a route": {
      make: "ip route add 192.0.2.99 dev lo",
      undo: "ip route del 192.0.2.99 dev lo",
      says: /^\+ route 192\.0\.2\.99 dev lo/m,
    },
    "a rule of iptables": {
      make: "iptables -t nat -A PREROUTING -p tcp --dport 1 -j RETURN",
      undo: "nft delete table ip nat",
      says: /^\+ nftables-rule ip nat: .*dport 1/m,
    },
  };
  for (const [name, { make, undo, says }] of Object.entries(changes))
    it(`names ${name}`, async () => {
      const before = await layoutSnapshot(layout);
      await run(make);
      const after = await layoutSnapshot(layout);
      await run(undo);
      assert.match(difference(before, after).join("\n"), says);
      assert.deepEqual(difference(before, await layoutSnapshot(layout)), []);
    });

  it("names an Elastic IP that is tied again", async () => {
    const before = await layoutSnapshot(layout);
    const { allocationId = "", associationId = "" } = layout.elasticIp ?? {};
    await kept.aws("DisassociateAddressCommand", { AssociationId: associationId });
    await kept.aws("AssociateAddressCommand", {
      AllocationId: allocationId,
      NetworkInterfaceId: layout.networkInterfaceId,
      PrivateIpAddress: layout.secondaryPrivateIp,
    });
    const named = difference(before, await layoutSnapshot(layout)).join("\n");
    assert.match(named, new RegExp(`^- addresses .*${associationId}`, "m"));
    assert.match(named, /^\+ addresses .*eipassoc-/m);
  });

  it("is moved in without a failed request, and given back as it was", async () => {
    const rows = await movingInRows({ kept, layout, variant: variants["as-written"] });
    assert.ok(rows.length >= 14);
    assert.deepEqual(
      rows.filter(({ ok }) => !ok).map(({ id, observed }) => `${id}: ${observed}`),
      [],
    );
  });

  it("shows in its rows that something does not answer", async () => {
    await run("systemctl stop haproxy.service");
    assert.deepEqual(
      (await failing()).map((each) => each.split(":")[0]),
      ["units", "api-by-sni", "app-https", "app-http", "app-on-node", "statistics"].map((id) => `built-${id}`),
    );
    await run("systemctl start haproxy.service");
  });
});

describe("npm run lab -- --hand-made", () => {
  itRefuses([
    [["--hand-made=nonsense"], /Allowed choices are as-written, rebooted, /],
    [["--hand-made", "--api-port", "8443"], /'--hand-made \[variant\]' cannot be used with option '--api-port/],
    [["up", "--hand-made", "--from", "somewhere"], /cannot be used with option '--from/],
  ]);
});
