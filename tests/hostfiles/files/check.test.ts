/** The check on a fake node that has all it needs: real files, addresses, tables and certificates; units that remember their state. */
import assert from "node:assert/strict";
import { addressFile, renderAddress } from "../../../hostfiles/files/address";
import { renderApiFilter } from "../../../hostfiles/files/apiFilter";
import { renderApiForwardRules, renderApiSwitch } from "../../../hostfiles/files/apiSwitch";
import { renderCheck } from "../../../hostfiles/files/check";
import { renderNat } from "../../../hostfiles/files/nat";
import { NetworkConfig } from "../../../hostfiles/hostSettings";
import { renderInstaller } from "../../../hostfiles/node/installer";
import {
  apiFilterRules,
  apiForwardRules,
  apiForwardState,
  apiManifest,
  armedChanges,
  apiSwitchProgram,
  checkMetrics,
  checkState,
  guardRepairs,
  haproxyPid,
  haproxyUnit,
  pausedMark,
  hostFileProgram,
  installedMark,
  undoneChanges,
  lockFile,
  natRules,
  recentRepairs,
} from "../../../hostfiles/node/paths";
import { certificateFor } from "../../support/certificate";
import { type FakeNode, onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { refusals, serveNamed } from "../../support/namedController";
import { hostSettings } from "../settings";

const settings = hostSettings({ apiAllowedCidrs: ["192.0.2.0/24"] });
const { clusterName, primaryPrivateIp: primary, secondaryPrivateIp: secondary } = settings;
const address = addressFile[NetworkConfig.Netplan];
const guard = "secondary-ingress-guard.service";
const noon = 1_800_000_000;

/** What the check writes down. */
interface State {
  schemaVersion: number;
  time: number;
  good: boolean;
  paused: boolean;
  lastGood: number;
  checks: Record<string, boolean>;
  certificates: Record<"primary" | "loopback" | "secondary", string>;
  edited: string[];
  repaired: string[];
  failed: string[];
  repairs: number;
  unconfirmed: string[];
  undone: string[];
  repairsLastHour: number;
}

describe("check", () => {
  let certificates: Record<"api" | "ingress", { key: string; cert: string }>;
  before(async function () {
    await installValidators();
    for (const program of ["haproxy", "nft", "openssl", "ss"]) needsProgram(this, program);
    certificates = {
      api: await certificateFor(`api.internal.${clusterName}`),
      ingress: await certificateFor("app.example.com"),
    };
  });

  const clock = (on: FakeNode, time: number): void => on.write("/standin/time", `${time}`);
  /** Shows a certificate from now on. */
  const serve = (on: FakeNode, whose: "api" | "ingress", at: string): void => {
    on.write(`/tmp/${whose}.pem`, certificates[whose].key + certificates[whose].cert);
    on.succeed(
      `openssl s_server -accept ${at} -cert /tmp/${whose}.pem -quiet </dev/null >/dev/null 2>&1 &
      until ss -Hltn | grep -qF '${at} '; do /usr/bin/sleep 0.01; done`,
    );
  };

  /** Ends what serves there; the pattern does not fit the command that holds it. */
  const end = (at: string): string => `pkill -f '[-]accept ${at}'`;

  const node = onFakeNode((fresh) => {
    // Only the pauses between attempts, and the hour, are the test's.
    fresh.standIn("sleep", "exec /usr/bin/sleep 0.01\n");
    fresh.standIn("date", 'if [ "$*" = +%s ]; then cat /standin/time; else exec /usr/bin/date "$@"; fi\n');
    clock(fresh, noon);
    const install = (path: string, text: string, mode = 0o644): void => {
      fresh.write(path, text, mode);
      fresh.write(installedMark(path), text, mode);
    };
    install(hostFileProgram, renderInstaller(), 0o755);
    install(apiSwitchProgram, renderApiSwitch(settings), 0o755);
    install(natRules, renderNat(settings));
    install(apiForwardRules, renderApiForwardRules(settings));
    install(address, renderAddress(settings), 0o600);
    fresh.write(apiManifest, "    - --secure-port=443\n");
    fresh.hook(
      "kube-api-switch.service",
      `${apiSwitchProgram} >/dev/null 2>&1; rm -f /standin/units/kube-api-switch.service.active`,
    );
    fresh.succeed(
      `ip addr add ${primary}/32 dev lo; ip addr add ${secondary}/32 dev lo; nft -f ${natRules}
      systemctl start ${haproxyUnit} ${guard} kube-api-switch.path`,
    );
    serve(fresh, "api", "0.0.0.0:443");
    serve(fresh, "ingress", `${secondary}:10443`);
    fresh.calls();
  });

  const run = (): { status: number; stdout: string; stderr: string; state: State } => {
    const finished = node().run("exec bash -s", { input: renderCheck(settings) });
    assert.equal(node().read(lockFile), "");
    return { ...finished, state: JSON.parse(node().read(checkState)) as State };
  };
  const seen = { primary: "api", loopback: "api", secondary: "other" };
  const well: State = {
    schemaVersion: 1,
    time: noon,
    good: true,
    paused: false,
    lastGood: noon,
    checks: {
      files: true,
      address: true,
      natTable: true,
      haproxy: true,
      haproxyProgram: true,
      guard: true,
      manifestWatch: true,
      apiSwitch: true,
    },
    certificates: seen,
    edited: [],
    repaired: [],
    failed: [],
    repairs: 0,
    unconfirmed: [],
    undone: [],
    repairsLastHour: 0,
  };
  /** Adds the table and the filter that not every node has. */
  const move = (): void => {
    serve(node(), "api", "127.0.0.1:8443");
    for (const at of ["127.0.0.1:10444", `${primary}:10444`]) serve(node(), "api", at);
    node().write(apiManifest, "    - --bind-address=127.0.0.1\n    - --secure-port=8443\n");
    node().succeed(apiSwitchProgram);
    node().calls();
  };
  const filter = (): void => {
    node().write(apiFilterRules, renderApiFilter(settings));
    node().succeed(`nft -f ${apiFilterRules}`);
  };

  const shown = (): string =>
    node()
      .succeed("nft -a list ruleset; ip addr show")
      .replace(/packets \d+ bytes \d+/g, "");

  it("writes down that all is well, says nothing and repairs nothing", () => {
    const before = shown();
    const { status, stdout, stderr, state } = run();
    assert.deepEqual({ status, stdout, stderr, state }, { status: 0, stdout: "", stderr: "", state: well });
    assert.deepEqual(node().calls(), []);
    assert.equal(shown(), before);
  });

  it("looks at the filter and at the forwarding table where there are some", () => {
    filter();
    move();
    const { checks } = run().state;
    assert.deepEqual(checks, { ...well.checks, apiFilter: true, apiTable: true });
  });

  const stopped = (unit: string): { damage: string; repaired: () => boolean } => ({
    damage: `systemctl stop ${unit}`,
    repaired: () => node().isActive(unit),
  });
  const table = (name: string, text: string) => (): boolean =>
    node().run(`nft list table ip ${name}`).stdout.includes(text);
  const drifts: Record<string, { what?: string; prepare?: () => void; damage: string; repaired: () => boolean }> = {
    "a file that is gone": {
      what: "files",
      damage: `rm ${natRules}`,
      repaired: () => node().exists(natRules) && node().read(natRules) === renderNat(settings),
    },
    "an address that is gone": {
      what: "address",
      damage: `ip addr del ${secondary}/32 dev lo`,
      repaired: () => node().succeed("ip addr show lo").includes(`${secondary}/32`),
    },
    "a destroyed table": {
      what: "natTable",
      damage: "nft delete table ip secondary_ingress",
      repaired: table("secondary_ingress", "10443"),
    },
    "a table that lost one of its chains": {
      what: "natTable",
      damage: "nft flush chain ip secondary_ingress prerouting",
      repaired: () => node().succeed("nft list chain ip secondary_ingress prerouting").includes("10443"),
    },
    "a table that leads elsewhere": {
      what: "natTable",
      damage: `sed s/10443/10449/ ${natRules} | nft -f -`,
      repaired: () => !node().succeed("nft list ruleset").includes("10449"),
    },
    "a table that leads HTTP elsewhere": {
      what: "natTable",
      damage: `sed s/10080/10449/ ${natRules} | nft -f -`,
      repaired: () => !node().succeed("nft list ruleset").includes("10449"),
    },
    "a table without its rule for HTTP": {
      what: "natTable",
      damage: `sed /10080/d ${natRules} | nft -f -`,
      repaired: table("secondary_ingress", "10080"),
    },
    "a filter without its rule": {
      what: "apiFilter",
      prepare: () => filter(),
      damage: "nft flush table ip secondary_ingress_filter",
      repaired: table("secondary_ingress_filter", "drop"),
    },
    "a HAProxy that runs a program from before its update": {
      what: "haproxyProgram",
      prepare: () => node().hook(haproxyUnit, `[ "$1" = reload ] && touch ${haproxyPid}`),
      damage: `mkdir -p "$(dirname ${haproxyPid})"; touch -d @1 ${haproxyPid}`,
      repaired: () => node().succeed(`stat -c %Y ${haproxyPid}`).trim() !== "1",
    },
    "a stopped HAProxy": { what: "haproxy", ...stopped(haproxyUnit) },
    "a stopped guard": { what: "guard", ...stopped(guard) },
    "a stopped watch of the manifest": { what: "manifestWatch", ...stopped("kube-api-switch.path") },
    "a forwarding that nobody turned on": {
      what: "apiSwitch",
      prepare: move,
      damage: `rm ${apiForwardState}; nft delete table ip secondary_ingress_api`,
      repaired: table("secondary_ingress_api", "dnat to 127.0.0.1:10444"),
    },
  };
  for (const [name, { what = "", prepare, damage, repaired }] of Object.entries(drifts)) {
    it(`repairs ${name}, and says so once`, () => {
      prepare?.();
      node().succeed(damage);
      assert.ok(!repaired());
      const { status, stdout, stderr, state } = run();
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `repaired: ${what}\n`, stderr: "" });
      assert.ok(repaired());
      const { checks, failed, repairs, repairsLastHour } = state;
      assert.deepEqual({ checks: checks[what], repaired: state.repaired }, { checks: true, repaired: [what] });
      assert.deepEqual({ failed, repairs, repairsLastHour }, { failed: [], repairs: 1, repairsLastHour: 1 });
      node().calls();
      const next = run();
      assert.deepEqual([next.stdout, next.stderr, node().calls()], ["", "", []]);
      assert.deepEqual([next.state.repaired, next.state.repairs, next.state.repairsLastHour], [[], 1, 1]);
    });
  }

  it("repairs everything at once in one line", () => {
    node().succeed(
      `nft flush ruleset; ip addr del ${secondary}/32 dev lo; systemctl stop ${haproxyUnit} ${guard} kube-api-switch.path`,
    );
    const { stdout, state } = run();
    assert.equal(stdout, "repaired: address natTable haproxy guard manifestWatch\n");
    assert.deepEqual({ ...state, repaired: [], repairs: 0, repairsLastHour: 0 }, well);
    assert.equal(state.repairs, 5);
  });

  it("leaves HAProxy stopped for as long as a person has paused it, and repairs the rest", () => {
    node().write(pausedMark, `${noon}\n`);
    node().succeed(`systemctl stop ${haproxyUnit}; ip addr del ${secondary}/32 dev lo`);
    node().standIn(
      "openssl",
      `[ "$1" = s_client ] || exec cat
      case $* in *${secondary}*) ;; *) echo DNS:api.internal.${clusterName} ;; esac`,
    );
    const { stdout, state } = run();
    assert.equal(stdout, "repaired: address\n");
    const { good, paused, checks, certificates } = state;
    assert.deepEqual([good, paused, checks["haproxy"], certificates.secondary], [true, true, undefined, "none"]);
    node().succeed(`rm ${pausedMark}`);
    assert.equal(run().stdout, "repaired: haproxy\n");
  });

  it("takes the address of the installed file, and of no other", () => {
    const other = "172.20.45.99";
    for (const path of [address, installedMark(address)])
      node().write(path, renderAddress({ ...settings, secondaryPrivateIp: other }));
    run();
    assert.match(node().succeed("ip addr show lo"), new RegExp(`${other}/32`));
  });

  it("tries a repair that failed again after a pause that doubles, up to half an hour", () => {
    // Many runs: what TLS shows is not their subject.
    node().standIn(
      "openssl",
      `[ "$1" = s_client ] || exec cat
      case $* in *${secondary}*) echo DNS:app.example.com ;; *) echo DNS:api.internal.${clusterName} ;; esac`,
    );
    node().succeed(`systemctl stop ${haproxyUnit}`);
    node().calls();
    const start = `systemctl start ${haproxyUnit}`;
    node().failing(start);
    const tries = (): number =>
      node()
        .calls()
        .filter((call) => call === start).length;
    let now = noon;
    const at = (seconds: number): number => {
      clock(node(), (now += seconds));
      const { status, stdout, stderr, state } = run();
      assert.deepEqual([status, stdout], [0, ""]);
      assert.equal(stderr, "could not repair, tried again later: haproxy\n");
      assert.deepEqual(
        [state.good, state.checks["haproxy"], state.failed, state.repairs, state.lastGood],
        [false, false, ["haproxy"], 0, 0],
      );
      return tries();
    };
    assert.equal(at(0), 1);
    assert.equal(at(59), 0);
    assert.equal(at(1), 1);
    for (const pause of [120, 240, 480, 960, 1800, 1800]) {
      assert.equal(at(pause - 1), 0, `${pause}`);
      assert.equal(at(1), 1, `${pause}`);
    }
    node().failing();
    clock(node(), (now += 1800));
    assert.equal(run().stdout, "repaired: haproxy\n");
    node().succeed(`systemctl stop ${haproxyUnit}`);
    assert.equal(run().stdout, "repaired: haproxy\n", "a success ends the pause");
  });

  it("remembers when all was last well", () => {
    run();
    clock(node(), noon + 60);
    node().succeed(`systemctl stop ${haproxyUnit}`);
    node().failing(`systemctl start ${haproxyUnit}`);
    const { good, lastGood, time } = run().state;
    assert.deepEqual({ good, lastGood, time }, { good: false, lastGood: noon, time: noon + 60 });
  });

  for (const [name, damage, certificates] of [
    ["nobody answers on the secondary address", end(`${secondary}:10443`), { ...seen, secondary: "none" }],
    ["the API server is down", end("0.0.0.0:443"), { primary: "none", loopback: "none", secondary: "other" }],
  ] as const) {
    it(`is not good while ${name}`, () => {
      node().succeed(damage);
      const { stdout, state } = run();
      assert.equal(stdout, "");
      assert.deepEqual(state, { ...well, good: false, lastGood: 0, certificates });
    });
  }

  it("is not good while the API's certificate is shown on the secondary address, or another on the primary one", () => {
    node().succeed(`${end(`${secondary}:10443`)}; ${end("0.0.0.0:443")}; while ss -Hltn | grep -q 443; do :; done`);
    serve(node(), "api", `${secondary}:10443`);
    serve(node(), "ingress", "0.0.0.0:443");
    const { good, certificates } = run().state;
    assert.deepEqual(
      { good, certificates },
      { good: false, certificates: { primary: "other", loopback: "other", secondary: "api" } },
    );
  });

  for (const refusal of Object.keys(refusals) as (keyof typeof refusals)[])
    it(`is good while the ingress controller answers to named clients alone and refuses others ${refusal}`, async () => {
      node().succeed(end(`${secondary}:10443`));
      await serveNamed(node(), `${secondary}:10443`, refusal);
      const { good, certificates } = run().state;
      assert.deepEqual({ good, certificates }, { good: true, certificates: seen });
    });

  it("takes a TLS alert for an answer where there is no name to ask for, and a closed connection for none", async () => {
    for (const [refusal, secondaryShows] of [
      ["by a TLS alert", "other"],
      ["by closing the connection", "none"],
    ] as const) {
      node().succeed(
        `${end(`${secondary}:10443`)}; pkill haproxy; while ss -Hltn | grep -qF '${secondary}:10443 '; do :; done`,
      );
      await serveNamed(node(), `${secondary}:10443`, refusal);
      node().run("exec bash -s", { input: renderCheck({ ...settings, healthName: "" }) });
      const { good, certificates } = JSON.parse(node().read(checkState)) as State;
      assert.deepEqual(
        { good, certificates },
        { good: secondaryShows === "other", certificates: { ...seen, secondary: secondaryShows } },
      );
    }
  });

  it("names changes that wait for their confirmation, and those that did not get it", () => {
    for (const [entry, path] of [
      [`${armedChanges}/000002`, "/etc/b"],
      [`${armedChanges}/000001`, "/etc/a"],
      [`${undoneChanges}/000003`, "/etc/c"],
    ] as const)
      node().write(`${entry}/path`, `${path}\n`);
    const { good, unconfirmed, undone } = run().state;
    assert.deepEqual(
      { good, unconfirmed, undone },
      { good: true, unconfirmed: ["/etc/a", "/etc/b"], undone: ["/etc/c"] },
    );
  });

  it("names edited files and leaves them as they are", () => {
    const strange = "/etc/odd-100%2F.conf";
    node().write(installedMark(strange), "ours\n");
    node().write(strange, "theirs\n");
    node().write(address, `${renderAddress(settings)}# theirs\n`);
    const { stdout, state } = run();
    assert.equal(stdout, "");
    assert.ok(state.edited.includes(address));
    assert.match(node().read(address), /# theirs/);
    assert.equal(node().read(strange), "theirs\n");
    assert.equal(state.good, true);
    assert.deepEqual(state.edited, [address, strange].sort());
  });

  it("counts the guard's repairs with its own, and forgets them after an hour", () => {
    node().write(guardRepairs, `${noon - 10} natTable\n${noon - 9} apiFilter\n`);
    node().succeed(`systemctl stop ${haproxyUnit}`);
    const counts = (): number[] => {
      const { repairs, repairsLastHour } = run().state;
      return [repairs, repairsLastHour];
    };
    assert.deepEqual(counts(), [3, 3]);
    assert.ok(!node().exists(guardRepairs));
    clock(node(), noon + 3595);
    assert.deepEqual(counts(), [3, 1]);
    clock(node(), noon + 3600);
    assert.deepEqual(counts(), [3, 0]);
    assert.equal(node().read(recentRepairs), "");
  });

  it("writes metrics for Prometheus only where its directory is", () => {
    run();
    assert.ok(!node().exists(checkMetrics));
    node().succeed(`mkdir -p "$(dirname ${checkMetrics})"; umask 077; systemctl stop ${haproxyUnit} ${guard}`);
    node().failing(`systemctl start ${guard}`);
    node().write(address, `${renderAddress(settings)}# theirs\n`);
    clock(node(), noon + 60);
    run();
    const text = node().read(checkMetrics);
    const values = Object.fromEntries(
      [...text.matchAll(/^secondary_ingress_(\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
    );
    const ok = Object.keys(well.checks).map((what) => [`ok{what="${what}"}`, what === "guard" ? 0 : 1]);
    assert.deepEqual(values, {
      check_time_seconds: noon + 60,
      good: 0,
      paused: 0,
      last_good_time_seconds: noon,
      repairs_total: 1,
      edited_files: 1,
      ...Object.fromEntries(ok),
    });
    for (const name of new Set(Object.keys(values).map((each) => each.replace(/\{.*/, ""))))
      assert.match(text, new RegExp(`^# TYPE secondary_ingress_${name} (gauge|counter)$`, "m"));
    assert.equal(node().succeed(`stat -c %a ${checkMetrics}`), "644\n");
  });

  it("leaves the node to a run that is at work", () => {
    node().standIn("flock", 'shift 2; exec /usr/bin/flock -w 0.1 "$@"\n');
    node().write(lockFile, `${noon - 5} 99999 project/stack: installs x\n`);
    node().succeed(
      `ip addr del ${secondary}/32 dev lo; (exec 8<>${lockFile}; /usr/bin/flock 8; exec /usr/bin/sleep 5) >/dev/null 2>&1 &`,
    );
    node().succeed(`until ! /usr/bin/flock -n ${lockFile} true; do :; done`);
    const { status, stderr } = node().run("exec bash -s", { input: renderCheck(settings) });
    assert.equal(status, 1);
    assert.match(stderr, /another run works on this node since 5 s \('project\/stack: installs x'\)/);
    assert.ok(!node().exists(checkState));
    assert.doesNotMatch(node().succeed("ip addr show lo"), new RegExp(`${secondary}/32`));
  });
});
