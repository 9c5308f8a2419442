/** The API switch on a fake node: the real nftables and sockets, and units that only remember their state unless said. */
import assert from "node:assert/strict";
import { renderSocatProgram, renderSocketProxydUnit } from "../../../hostfiles/files/apiForward";
import { renderApiForwardRules, renderApiSwitch } from "../../../hostfiles/files/apiSwitch";
import {
  apiForwardProgram,
  apiForwardRules,
  apiForwardState,
  apiHasMovedMark,
  apiManifest,
  apiSwitchProgram,
} from "../../../hostfiles/node/paths";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import type { Finished } from "../../support/process";
import { hostSettings } from "../settings";

const settings = hostSettings();
const { primaryPrivateIp: primary } = settings;
const service = "secondary-ingress-forward.service";
const sockets = ["secondary-ingress-forward.socket", "secondary-ingress-forward-cluster.socket"] as const;

/** A static pod as kOps writes it, with these flags of the API server. */
const manifest = (...flags: string[]): string => `apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - /usr/local/bin/kube-apiserver
    args:
    - --allow-privileged=true
${flags.map((flag) => `    ${flag}\n`).join("")}    - --service-cluster-ip-range=100.64.0.0/13
`;
const untouched = manifest("- --bind-address=0.0.0.0", "- --secure-port=443");
const loopback = manifest("- --bind-address=127.0.0.1", "- --secure-port=8443");
const wildcard = manifest("- --bind-address=0.0.0.0", "- --secure-port=8443");

describe("kube-api-switch", () => {
  before(async function () {
    await installValidators();
    for (const program of ["nft", "ss", "socat"]) needsProgram(this, program);
  });
  const node = onFakeNode((fresh) => {
    fresh.write(apiSwitchProgram, renderApiSwitch(settings), 0o755);
    fresh.write(apiForwardRules, renderApiForwardRules(settings));
    fresh.standIn("sleep", "exec /usr/bin/sleep 0.002\n");
    // The loops end sooner.
    fresh.standIn("seq", "exec /usr/bin/seq $(($1 == 600 ? 31 : $1))\n");
    fresh.succeed(`ip addr add ${primary}/32 dev lo`);
  });

  const run = (...args: string[]): Finished => node().run(`exec ${apiSwitchProgram} "$@"`, { args });
  const agrees = (): boolean => run("agrees").status === 0;
  /** Whoever listens there, until the test ends. */
  const listen = (address: string, port: number): string =>
    node()
      .succeed(
        `socat TCP4-LISTEN:${port},bind=${address},fork,reuseaddr SYSTEM:'echo api' </dev/null >/dev/null 2>&1 &
      until ss -Hltn "sport = :${port}" | grep -qF ${address}:; do /usr/bin/sleep 0.01; done; echo $!`,
      )
      .trim();
  const state = (): string => (node().exists(apiForwardState) ? node().read(apiForwardState) : "none");
  const table = (): "on" | "off" => {
    const { status, stdout } = node().run("nft list table ip secondary_ingress_api");
    if (status !== 0) return "off";
    for (const address of [primary, "127.0.0.1"]) assert.ok(stdout.includes(`dnat to ${address}:10444`), stdout);
    return "on";
  };
  /** @returns what ends the API server there */
  const moveTo = (text: string): (() => void) => {
    node().write(apiManifest, text);
    const server = listen("127.0.0.1", 8443);
    assert.deepEqual(run(), { status: 0, stdout: "the API server has moved: forwarding is on\n", stderr: "" });
    node().calls();
    return () =>
      void node().succeed(`kill ${server}; while kill -0 ${server} 2>/dev/null; do /usr/bin/sleep 0.01; done`);
  };
  /** The API server is back, as kubelet starts it. */
  const moveBack = (end: () => void): void => {
    node().write(apiManifest, untouched);
    end();
    listen("0.0.0.0", 443);
  };

  const forward = 'API_PORT=8443\nLISTENERS="forward"\n';
  const forwardAndCluster = 'API_PORT=8443\nLISTENERS="forward cluster"\n';
  const cases: Record<string, { text: string; expected: string }> = {
    "an untouched manifest": { text: untouched, expected: "none" },
    "a server moved to loopback": { text: loopback, expected: forwardAndCluster },
    "a server moved on every address": { text: wildcard, expected: forward },
    "a server moved without a bind address": { text: manifest("- --secure-port=8443"), expected: forward },
    "the last of repeated flags: moved": {
      text: manifest(
        "- --secure-port=443",
        "- --bind-address=0.0.0.0",
        "- --secure-port=8443",
        "- --bind-address=127.0.0.1",
      ),
      expected: forwardAndCluster,
    },
    "the last of repeated flags: not moved": {
      text: manifest("- --secure-port=8443", "- --secure-port=443"),
      expected: "none",
    },
    "flags in one line": {
      text: manifest("- --bind-address=127.0.0.1 --secure-port=443 --secure-port=8443"),
      expected: forwardAndCluster,
    },
    "quoted flags": {
      text: manifest('- "--secure-port=8443"', "- '--bind-address=127.0.0.1'"),
      expected: forwardAndCluster,
    },
    "a quoted value": { text: manifest('- --secure-port="8443"'), expected: forward },
    "flags without equal sign": {
      text: manifest("- --secure-port 8443 --bind-address 127.0.0.1"),
      expected: forwardAndCluster,
    },
    "commented lines": {
      text: manifest("- --secure-port=443", "# - --secure-port=8443", "   #- --secure-port=8443"),
      expected: "none",
    },
    "flags that only look alike": {
      text: manifest("- --secure-port=443", "- --insecure-port=8080", "- --kubelet-secure-port-x=1"),
      expected: "none",
    },
    "Windows' ends of line": { text: loopback.replaceAll("\n", "\r\n"), expected: forwardAndCluster },
  };
  for (const [name, { text, expected }] of Object.entries(cases)) {
    it(`decides by ${name}`, () => {
      node().write(apiManifest, text);
      const moved = expected !== "none";
      if (moved) listen("127.0.0.1", 8443);
      const said = moved ? "the API server has moved: forwarding is on\n" : "";
      assert.deepEqual(run(), { status: 0, stdout: said, stderr: "" });
      assert.equal(state(), expected);
      assert.equal(table(), moved ? "on" : "off");
      assert.equal(node().isActive(service), moved);
      assert.equal(node().exists(apiHasMovedMark), moved);
      assert.ok(agrees());
    });
  }

  it("does nothing the second time", () => {
    moveTo(loopback);
    const before = node().succeed("nft -a list ruleset");
    assert.deepEqual(run(), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual(node().calls(), []);
    assert.equal(node().succeed("nft -a list ruleset"), before);
  });

  for (const [name, text] of [
    ["missing", undefined],
    ["empty", ""],
    ["half-written", loopback.slice(0, loopback.indexOf("8443"))],
    ["cut before the flag", untouched.slice(0, untouched.indexOf("- --secure"))],
  ] as const) {
    it(`changes nothing while the manifest is ${name}`, () => {
      const look = (): unknown[] => [state(), table(), node().isActive(service), node().exists(apiHasMovedMark)];
      const write = (): void => {
        if (text === undefined) node().succeed(`rm -f ${apiManifest}`);
        else node().write(apiManifest, text);
      };
      write();
      assert.deepEqual(run(), { status: 0, stdout: "", stderr: "" });
      assert.deepEqual(look(), ["none", "off", false, false]);
      assert.ok(agrees());
      moveTo(loopback);
      write();
      assert.deepEqual(run(), { status: 0, stdout: "", stderr: "" });
      assert.deepEqual(look(), [forwardAndCluster, "on", true, true]);
      assert.deepEqual(node().calls(), []);
      assert.ok(agrees());
    });
  }

  for (const [name, prepare] of [
    ["is emptied between two flags", () => node().standIn("tail", `/usr/bin/tail "$@"; : >${apiManifest}\n`)],
    [
      "lacks a flag at one look",
      () => {
        node().write("/tmp/whole", loopback);
        node().write(apiManifest, manifest("- --secure-port=8443"));
        node().standIn("sleep", `cp /tmp/whole ${apiManifest}\n`);
      },
    ],
  ] as const)
    it(`leaves the forwarder alone if the manifest ${name}`, () => {
      moveTo(loopback);
      prepare();
      assert.deepEqual(run(), { status: 0, stdout: "", stderr: "" });
      assert.deepEqual([state(), table(), node().isActive(service)], [forwardAndCluster, "on", true]);
      assert.ok(
        !node()
          .calls()
          .some((call) => call.startsWith("systemctl")),
      );
    });

  it("does not end on a manifest that is being written", () => {
    node().write(apiManifest, untouched);
    node().write("/tmp/moved", loopback);
    listen("127.0.0.1", 8443);
    node().standIn("tail", `/usr/bin/tail "$@"; [ -e /tmp/once ] || { : >/tmp/once; : >${apiManifest}; }\n`);
    node().standIn("sleep", `cp /tmp/moved ${apiManifest}\n`);
    assert.equal(run().stdout, "the API server has moved: forwarding is on\n");
  });

  it("follows a manifest that is completed while it looks", () => {
    node().write(apiManifest, "apiVersion: v1\n");
    node().write("/tmp/whole", loopback);
    listen("127.0.0.1", 8443);
    node().succeed(`(/usr/bin/sleep 0.03; cp /tmp/whole ${apiManifest}) >/dev/null 2>&1 &`);
    assert.equal(run().stdout, "the API server has moved: forwarding is on\n");
    assert.equal(table(), "on");
  });

  it("ends the forwarding once the server is back, and keeps answering pods that know the old port", () => {
    moveBack(moveTo(loopback));
    assert.ok(!agrees());
    assert.deepEqual(run(), { status: 0, stdout: "the API server is on :443: forwarding is off\n", stderr: "" });
    assert.equal(table(), "off");
    assert.equal(state(), 'API_PORT=443\nLISTENERS="cluster"\n');
    // The listeners go before the server's own port is needed.
    assert.deepEqual(node().calls(), [`systemctl stop ${sockets.join(" ")} ${service}`, `systemctl start ${service}`]);
    assert.ok(agrees());
  });

  const ended = "the API server did not listen on the port in its manifest within a minute\n";
  const off = "the API server is on :443: forwarding is off\n";

  it("goes on forwarding to a server that kubelet has not ended yet, until it is back", () => {
    const end = moveTo(loopback);
    node().write(apiManifest, untouched);
    const stays = (): void => {
      assert.deepEqual(run(), { status: 1, stdout: "", stderr: ended });
      assert.deepEqual([state(), table(), node().isActive(service)], [forwardAndCluster, "on", true]);
      assert.ok(!agrees(), "the check starts the switch again");
    };
    stays();
    // Between its end and its return nobody listens.
    end();
    stays();
    assert.deepEqual(node().calls(), []);
    listen("0.0.0.0", 443);
    assert.deepEqual(run(), { status: 0, stdout: off, stderr: "" });
    assert.deepEqual([state(), table()], ['API_PORT=443\nLISTENERS="cluster"\n', "off"]);
    assert.ok(agrees());
  });

  for (const [address, expected] of [
    ["127.0.0.1", forwardAndCluster],
    ["0.0.0.0", forward],
  ] as const)
    it(`forwards to a server that an old manifest brings up on ${address}:8443`, () => {
      node().write(apiManifest, untouched);
      node().write(apiHasMovedMark, "");
      // Whichever of the two ports it takes must be free.
      assert.deepEqual(run(), { status: 1, stdout: "", stderr: ended });
      assert.deepEqual([state(), table(), node().isActive(service)], ["none", "off", false]);
      assert.ok(agrees());
      const server = listen(address, 8443);
      assert.ok(!agrees());
      assert.deepEqual(run(), {
        status: 1,
        stdout: "the API server has moved: forwarding is on\n",
        stderr: ended,
      });
      assert.deepEqual([state(), table()], [expected, "on"]);
      node().succeed(`kill ${server}`);
      listen("0.0.0.0", 443);
      assert.equal(run().stdout, off);
      assert.equal(table(), "off");
    });

  it("answers pods that know the old port once the server is up on the new one after a boot", () => {
    node().write(apiManifest, untouched);
    node().write(apiHasMovedMark, "");
    assert.equal(run().status, 1);
    listen("0.0.0.0", 443);
    assert.ok(!agrees());
    assert.deepEqual(run(), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual([state(), node().isActive(service)], ['API_PORT=443\nLISTENERS="cluster"\n', true]);
  });

  it("leaves port 443 alone until the server has let go of it or listens where it moved to", () => {
    node().write(apiManifest, loopback);
    listen("0.0.0.0", 443);
    // Our own listener for pods is not the API server.
    listen(primary, 8443);
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /did not listen on the port in its manifest within a minute/);
    assert.equal(table(), "off");
    assert.ok(!agrees());
    listen("127.0.0.1", 8443);
    // Whoever forwards the API now goes on until the forwarder can.
    assert.equal(run().status, 1);
    assert.equal(table(), "off");
    for (const address of [primary, "127.0.0.1"]) listen(address, 10444);
    assert.equal(run().stdout, "the API server has moved: forwarding is on\n");
    assert.equal(table(), "on");
  });

  it("forwards a server that has let go of 443 and is not up yet", () => {
    node().write(apiManifest, loopback);
    assert.equal(run().status, 0);
    assert.equal(table(), "on");
  });

  it("disagrees with each thing that is not as the manifest says, and never while the switch works", () => {
    const end = moveTo(loopback);
    const all = `${apiSwitchProgram}; systemctl start ${service}`;
    for (const damage of [
      `rm ${apiForwardState}`,
      `echo API_PORT=9443 >${apiForwardState}`,
      "nft delete table ip secondary_ingress_api",
      `nft delete table ip secondary_ingress_api; nft add table ip secondary_ingress_api`,
      `systemctl stop ${service}`,
    ]) {
      assert.ok(agrees());
      node().succeed(damage);
      assert.ok(!agrees(), damage);
      node().standIn("systemctl", "echo activating\n");
      assert.ok(agrees(), `${damage}, while the switch works`);
      node().restore("systemctl");
      node().succeed(all);
    }
    moveBack(end);
    node().succeed(apiSwitchProgram);
    assert.ok(agrees());
    node().succeed("nft add table ip secondary_ingress_api");
    assert.ok(!agrees(), "a table that is there for a server on 443");
  });

  it("starts the sockets that are needed where systemd listens", () => {
    node().write(`/etc/systemd/system/${service}`, renderSocketProxydUnit());
    const active = (): boolean[] => sockets.map((unit) => node().isActive(unit));
    const end = moveTo(loopback);
    assert.deepEqual(active(), [true, true]);
    node().write(apiManifest, wildcard);
    run();
    assert.deepEqual(active(), [true, false]);
    moveBack(end);
    run();
    assert.deepEqual(active(), [false, true]);
  });

  /** A unit that runs the forwarder, as systemd does. */
  const runsForwarder = (unit: string): void =>
    node().hook(
      unit,
      `case $1 in
        start) set -a; . ${apiForwardState}; set +a; setsid ${apiForwardProgram} </dev/null >/dev/null 2>&1 & echo $! >/tmp/forwarder ;;
        stop) [ ! -e /tmp/forwarder ] || kill -- -"$(cat /tmp/forwarder)"; rm -f /tmp/forwarder ;;
      esac
      true`,
    );
  const forwarderListens = "until [ \"$(ss -Hltn 'sport = :10444' | wc -l)\" = 2 ]; do /usr/bin/sleep 0.01; done";
  /** What clients of both addresses are answered during the command, counted. */
  const answersDuring = (command: string): string =>
    node().succeed(
      `while [ ! -e /tmp/renewed ]; do
        for address in ${primary} 127.0.0.1; do socat -T1 -u TCP4:$address:443 - 2>&1 || echo refused; done
      done >/tmp/answers &
      ${command}
      : >/tmp/renewed
      wait
      sort /tmp/answers | uniq -c`,
    );

  it("renews the forwarder without a refused connection", () => {
    node().write(apiForwardProgram, renderSocatProgram(settings), 0o755);
    runsForwarder(service);
    moveTo(wildcard);
    const before = node().read("/tmp/forwarder");
    node().succeed(forwarderListens);
    assert.match(answersDuring(`${apiSwitchProgram} renew`), /^ *\d+ api\n$/);
    assert.notEqual(node().read("/tmp/forwarder"), before);
    assert.equal(table(), "on");
    assert.equal(node().succeed("ss -Hltn 'sport = :10445'"), "");
  });

  it("forwards 443 also where somebody else serves the API server's port", () => {
    node().write(apiForwardProgram, renderSocatProgram(settings), 0o755);
    runsForwarder(service);
    listen(primary, 8443);
    moveTo(loopback);
    node().succeed(`${forwarderListens}; /usr/bin/sleep 0.3; kill -0 $(cat /tmp/forwarder)`);
    for (const address of [primary, "127.0.0.1"])
      assert.equal(node().succeed(`socat -T1 -u TCP4:${address}:443 -`), "api\n");
  });

  for (const [name, starts] of [
    ["takes over from the unit of release 0.1.0 without a refused connection", true],
    ["leaves the unit of release 0.1.0 running where the new one does not start", false],
  ] as const) {
    it(name, () => {
      const former = "kube-api-forward.service";
      node().write(`/etc/systemd/system/${former}`, `[Unit]\nConditionPathExists=${apiForwardState}\n`);
      node().write(apiForwardProgram, renderSocatProgram(settings), 0o755);
      runsForwarder(former);
      node().hook(service, "false");
      moveTo(wildcard);
      node().succeed(`systemctl start ${former}; ${forwarderListens}`);
      const before = node().read("/tmp/forwarder");
      if (starts) runsForwarder(service);
      assert.match(answersDuring(`${apiSwitchProgram} renew; echo $? >/tmp/status`), /^ *\d+ api\n$/);
      assert.equal(node().read("/tmp/status"), starts ? "0\n" : "1\n");
      assert.equal(node().isActive(former), !starts);
      assert.notEqual(node().read("/tmp/forwarder"), before);
      assert.equal(table(), "on");
      assert.equal(node().succeed("ss -Hltn 'sport = :10445'"), "");
    });
  }

  it("never touches a unit of that name that is another's", () => {
    const other = "kube-api-forward.service";
    node().write(
      `/etc/systemd/system/${other}`,
      "[Service]\nExecStart=/usr/bin/socat TCP4-LISTEN:443,fork TCP4:127.0.0.1:8443\n",
    );
    node().succeed(`systemctl start ${other}`);
    const end = moveTo(loopback);
    run("renew");
    moveBack(end);
    run();
    assert.ok(node().isActive(other));
  });

  it("has nothing to renew where nothing is forwarded", () => {
    node().write(apiManifest, untouched);
    run();
    node().calls();
    assert.deepEqual(run("renew"), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual(node().calls(), []);
  });
});
