/** The takeover on a fake node: the old way ends when the new one works, and comes back. */
import assert from "node:assert/strict";
import { renderApiForwardRules } from "../../../hostfiles/files/apiSwitch";
import { renderNat } from "../../../hostfiles/files/nat";
import { renderTakeover } from "../../../hostfiles/files/takeover";
import {
  apiManifest,
  apiSwitchProgram,
  handMadeAddress,
  handMadeRecord,
  takeoverProgram,
} from "../../../hostfiles/node/paths";
import { apiForwardListener, httpsListener } from "../../../settings/ports";
import type { Finished } from "../../support/process";
import { onHandMadeNode, unitsOfTest } from "../handMadeNode";
import { allSteps, hostSettings } from "../settings";

const settings = hostSettings();
const { primaryPrivateIp: primary, secondaryPrivateIp: secondary } = settings;

describe("takeover", () => {
  const { node, serve, tls, api, ingress, proxiedIngress, haproxy, forwarder } = onHandMadeNode();
  const old = ["haproxy.service", "kube-api-forward.service"];

  /** The program with the test's units. */
  const run = (action: string): Finished => {
    node().write(takeoverProgram, renderTakeover(settings).replace("fail() {", `${unitsOfTest}fail() {`), 0o755);
    node().standIn("sleep", "exec /usr/bin/sleep 0.01\n");
    return node().run(`${takeoverProgram} ${action}`);
  };
  /** The old way as it is in production, and the new one beside it. */
  const bothWays = (startIngress = ingress): void => {
    api("127.0.0.1:8443");
    startIngress();
    haproxy();
    forwarder();
    node().succeed(
      `systemctl enable ${old.join(" ")}; ip route add default via 172.20.0.1 dev ens5 src ${primary}; ip route add 10.9.0.0/16 via 172.20.0.9 dev ens5 table 77`,
    );
    node().write(apiSwitchProgram, "#!/bin/sh\n", 0o755);
    node().succeed(`ip addr add ${secondary}/32 dev lo`);
    node().write("/tmp/nat.nft", renderNat(settings));
    serve("secondary-ingress-haproxy.service", tls(`${secondary}:${httpsListener}`, "app"), httpsListener);
    node().succeed("nft -f /tmp/nat.nft");
    node().write("/tmp/api.nft", renderApiForwardRules(settings));
    serve("secondary-ingress-forward.service", tls(`${primary}:${apiForwardListener}`, "api"), apiForwardListener);
    node().succeed("nft -f /tmp/api.nft");
  };
  const network = (): string =>
    node().succeed(
      "ip -4 -o addr show dev ens5 | sed 's/  *valid_lft.*//'; ip -4 route show; ip -4 route show table 77 2>/dev/null || true",
    );
  const units = (): string[] => old.map((unit) => `${node().isEnabled(unit)} ${node().isActive(unit)}`);

  for (const [name, reorder] of [
    ["second", ""],
    ["first", `ip addr flush dev ens5; ip addr add ${secondary}/16 dev ens5; ip addr add ${primary}/16 dev ens5`],
  ] as const) {
    it(`ends the old way with its address ${name} on the interface, and gives everything back`, () => {
      node().succeed(reorder || "true");
      node().succeed("echo 0 >/proc/sys/net/ipv4/conf/ens5/promote_secondaries");
      bothWays();
      const [before, routes] = [network(), node().succeed("ip -4 route show; ip -4 route show table 77")];
      assert.deepEqual(run("take-over"), { status: 0, stdout: "", stderr: "" });
      assert.deepEqual(units(), ["false false", "false false"]);
      assert.match(network(), new RegExp(`inet ${primary}/16`));
      assert.doesNotMatch(network(), new RegExp(`inet ${secondary}/16`));
      assert.equal(
        node().succeed("ip -4 route show; ip -4 route show table 77"),
        routes.replace(`src ${secondary}`, `src ${primary}`),
      );
      assert.equal(node().succeed("cat /proc/sys/net/ipv4/conf/ens5/promote_secondaries"), "0\n");
      // Once more: what is written down stays what it was.
      assert.equal(run("take-over").status, 0);
      assert.deepEqual(run("give-back"), { status: 0, stdout: "", stderr: "" });
      assert.deepEqual(units(), ["true true", "true true"]);
      // The primary address stays the first from now on.
      const unordered = (text: string): string[] =>
        text.replaceAll(" secondary", "").replace(`src ${secondary}`, `src ${primary}`).split("\n").sort();
      assert.deepEqual(unordered(network()), unordered(before));
      assert.ok(!node().exists(handMadeRecord));
      assert.deepEqual(run("give-back"), { status: 0, stdout: "", stderr: "" });
    });
  }

  it("sees the new way work where the ingress controller answers only to the PROXY protocol", () => {
    bothWays(proxiedIngress);
    assert.deepEqual(run("take-over"), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual(units(), ["false false", "false false"]);
  });

  it("leaves the old way where the new one does not answer", () => {
    bothWays();
    node().succeed("nft delete table ip secondary_ingress; systemctl stop haproxy.service");
    const before = network();
    const { status, stderr } = run("take-over");
    assert.equal(status, 1);
    assert.match(stderr, /the new way does not answer as the old one does: the old one goes on/);
    assert.deepEqual(units(), ["true false", "true true"]);
    assert.equal(network(), before);
    assert.ok(!node().exists(handMadeRecord));
  });

  it("leaves the API's old way where there is no new one and the API server is not known to be on its own port", () => {
    bothWays();
    node().succeed("nft delete table ip secondary_ingress_api");
    assert.match(run("take-over").stderr, /the new way does not answer as the old one does/);
    assert.deepEqual(units(), ["true true", "true true"]);
    node().write(apiManifest, "    - --secure-port=443\n");
    assert.equal(run("take-over").status, 0);
  });

  it("leaves the old way where it serves more, and names what", () => {
    bothWays();
    node().succeed("systemctl stop haproxy.service");
    haproxy("frontend db\n  bind 127.0.0.1:5432\n  default_backend ingress_http\n");
    const { status, stderr } = run("take-over");
    assert.equal(status, 1);
    assert.match(stderr, /it serves more than the layout: haproxy of haproxy\.service on 127\.0\.0\.1:5432/);
    assert.deepEqual(units(), ["true true", "true true"]);
  });

  it("does nothing where nothing was made by hand", () => {
    node().succeed(`ip addr del ${secondary}/16 dev ens5`);
    api("127.0.0.1:8443");
    const before = network();
    assert.deepEqual(run("take-over"), { status: 0, stdout: "", stderr: "" });
    assert.equal(network(), before);
    assert.ok(!node().exists(handMadeRecord));
  });

  it("gives a stopped unit back stopped, and goes on where one does not come back", () => {
    bothWays();
    node().succeed("systemctl stop haproxy.service");
    assert.equal(run("take-over").status, 0);
    assert.deepEqual(units(), ["false false", "false false"]);
    node().hook("kube-api-forward.service", "true");
    const { status, stderr } = run("give-back");
    assert.equal(status, 1);
    assert.match(stderr, /kube-api-forward\.service does not listen on 172\.20\.45\.37:443 again: the new way goes on/);
    // Enabled beside the new way, the old one could take the API server's port at the next boot.
    assert.deepEqual(units(), ["false false", "false false"]);
    assert.ok(node().exists(handMadeRecord));
    forwarder();
    assert.deepEqual(run("give-back"), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual(units(), ["true false", "true true"]);
  });

  it("is given back before the way to the API ends, also where its own step is not in the state", () => {
    bothWays();
    const all = { ...settings, adopt: true };
    const steps = allSteps(all);
    const step = (name: string) => steps.find((each) => each.name === name) ?? assert.fail(name);
    for (const name of ["installer", "api-switch-unit"])
      node().succeed(step(name).create(all), { input: step(name).stdin(all) });
    assert.equal(run("take-over").status, 0);
    const removal = step("api-switch-unit").remove?.(all) ?? "false";
    node().succeed(`mv ${takeoverProgram} /tmp/takeover`);
    const { status, stderr } = node().run(removal);
    assert.equal(status, 1);
    assert.match(stderr, /the layout made by hand is not given back, run pulumi up before pulumi destroy/);
    assert.ok(node().isEnabled("kube-api-switch.service"));
    node().succeed(`mv /tmp/takeover ${takeoverProgram}; ${removal}`);
    assert.deepEqual(units(), ["true true", "true true"]);
    assert.ok(!node().exists(handMadeRecord) && !node().isEnabled("kube-api-switch.service"));
  });

  it("has its address on the interface once ours is removed, if a boot has come after the way back", () => {
    bothWays();
    const all = { ...settings, adopt: true };
    const step = (name: string) => allSteps(all).find((each) => each.name === name) ?? assert.fail(name);
    for (const name of ["installer", "address"])
      node().succeed(step(name).create(all), { input: step(name).stdin(all) });
    const before = network();
    assert.equal(run("take-over").status, 0);
    for (const action of ["give-back", "take-over", "give-back"]) assert.equal(run(action).status, 0);
    node().succeed(`ip addr del ${secondary}/16 dev ens5`);
    // Once more, from the boot on, when the address is on lo alone.
    for (const action of ["take-over", "give-back"]) assert.equal(run(action).status, 0);
    node().succeed(step("address").remove?.(all) ?? "false");
    assert.equal(network(), before);
    assert.doesNotMatch(node().succeed("ip addr show dev lo"), new RegExp(secondary));
    assert.ok(!node().exists(handMadeAddress));
  });

  it("leaves the old way where there is no room to write it down", () => {
    bothWays();
    node().succeed(`mkdir -p ${handMadeRecord}; mount -t tmpfs -o size=4k full ${handMadeRecord}
      head -c 4096 /dev/zero >${handMadeRecord}/full`);
    const { status, stderr } = run("take-over");
    assert.equal(status, 1);
    assert.match(stderr, /cannot write down what there was: is the disk full\?/);
    assert.deepEqual(units(), ["true true", "true true"]);
  });
});
