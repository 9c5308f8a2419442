/** Each rendered file, judged by the program that it is for. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ApiForwarder } from "../../../settings/choices";
import { installValidators, needsProgram, needsRoot } from "../../support/needs";
import { renderUndoUnit } from "../../../hostfiles/node/journal";
import { haproxyUnit, statsPasswordFile, undoUnit } from "../../../hostfiles/node/paths";
import { allSteps, hostSettings } from "../settings";

/** What judges a step's text; the others are scripts for bash. */
const judges: Record<string, "haproxy" | "nft" | "netplan" | "systemd" | "none"> = {
  "nat-rules": "nft",
  "nat-unit": "systemd",
  address: "netplan",
  "haproxy-password": "none",
  "haproxy-settings": "haproxy",
  "haproxy-unit": "systemd",
  "api-forward-rules": "nft",
  "forwarder-unit": "systemd",
  "forwarder-socket": "systemd",
  "forwarder-cluster-socket": "systemd",
  "api-switch-unit": "systemd",
  "api-switch-path": "systemd",
  "api-filter": "nft",
  "guard-unit": "systemd",
  "check-unit": "systemd",
  "check-timer": "systemd",
};

/** The name under which systemd knows a unit. */
const unitNames: Record<string, string> = {
  "haproxy-unit": haproxyUnit,
  "nat-unit": "secondary-ingress-nat.service",
  "forwarder-unit": "secondary-ingress-forward.service",
  "forwarder-socket": "secondary-ingress-forward.socket",
  "forwarder-cluster-socket": "secondary-ingress-forward-cluster.socket",
  "api-switch-unit": "kube-api-switch.service",
  "api-switch-path": "kube-api-switch.path",
  "guard-unit": "secondary-ingress-guard.service",
  "check-unit": "secondary-ingress-check.service",
  "check-timer": "secondary-ingress-check.timer",
};

describe("validators", function () {
  let directory: string;
  before(function () {
    return installValidators();
  });
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "host-files-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const judge = (command: string, args: string[]): void => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: "utf8",
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
  };
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  /** The unit's programs are on the node, not here: its grammar is what is judged. */
  const judgeUnit = (name: string, text: string): void => {
    const path = write(name, text.replace(/^(Exec\w+=-?\+?)\/\S+/gm, "$1/bin/true"));
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
    const complaints = stderr.split("\n").filter((line) => line.includes(directory));
    assert.deepEqual(complaints, []);
  };
  /** Reads the password here instead of on the node. */
  const withPassword = (config: string): string =>
    config.replaceAll(statsPasswordFile, write("stats-password", "correct-horse\n"));

  for (const forwarder of [ApiForwarder.Socat, ApiForwarder.SocketProxyd]) {
    for (const proxyProtocol of [false, true]) {
      const apiAllowedCidrs = proxyProtocol ? ["192.0.2.0/24", "198.51.100.7/32"] : [];
      const settings = hostSettings({ apiForwarder: forwarder, proxyProtocol, apiAllowedCidrs });
      for (const step of allSteps(settings)) {
        it(`${step.name} (${forwarder}${proxyProtocol ? ", PROXY protocol" : ""})`, function () {
          const text = step.stdin(settings);
          switch (judges[step.name]) {
            case "haproxy":
              needsProgram(this, "haproxy");
              return judge("haproxy", ["-c", "-f", write("haproxy.cfg", withPassword(text))]);
            case "nft":
              needsRoot(this);
              needsProgram(this, "nft");
              return judge("unshare", ["-n", "nft", "-c", "-f", write("rules.nft", text)]);
            case "netplan": {
              needsProgram(this, "netplan");
              chmodSync(write("etc/netplan/99-secondary-ip.yaml", text), 0o600);
              return judge("netplan", ["generate", "--root-dir", directory]);
            }
            case "systemd":
              needsProgram(this, "systemd-analyze");
              return judgeUnit(unitNames[step.name] ?? "", text);
            case "none":
              return assert.ok(text.endsWith("\n"));
            default:
              return judge("bash", ["-n", write("script", text)]);
          }
        });
      }
    }
  }

  it(`${undoUnit}, which host-file writes`, function () {
    needsProgram(this, "systemd-analyze");
    judgeUnit(undoUnit, renderUndoUnit());
  });

  it("a judge that finds a fault says so", function () {
    needsProgram(this, "haproxy");
    const text =
      allSteps(hostSettings())
        .find(({ name }) => name === "haproxy-settings")
        ?.stdin(hostSettings()) ?? "";
    const fine = withPassword(text);
    assert.throws(() => judge("haproxy", ["-c", "-f", write("haproxy.cfg", fine.replace("mode tcp", "mode tpc"))]));
  });
});
