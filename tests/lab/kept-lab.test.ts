/**
 * The lab kept up, prod in it: its rows tell what is wrong, wrong settings touch nothing, a failed run is completed by the next,
 * and no secret is anywhere in clear.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lab } from "../../lab/lab";
import { labCluster, labInstanceId, otherCluster, otherInstanceId } from "../../lab/cloud/labAccount";
import { node as address } from "../../lab/network/addresses";
import { operatorKey } from "../../lab/node/machine";
import { labPaths, repositoryRoot } from "../../lab/paths";
import { awsCalls, sshLogins } from "../../lab/proof/proof";
import { stackOutputs } from "../../lab/proof/outputs";
import { keepLab, type KeptLab } from "../../lab/keptLab";
import { savedLab } from "../../lab/savedLab";
import { labCommand } from "../support/lab-command";
import { haproxyConfig, haproxyUnit } from "../../hostfiles/node/paths";
import { needsRoot } from "../support/needs";

/** Shell text that waits until a command succeeds, for longer than a busy machine needs. */
const until = (command: string): string => `for i in $(seq 200); do ${command} && exit; sleep 0.1; done; exit 1`;

describe("a lab that is kept up", function () {
  let kept: KeptLab;
  const output: string[] = [];

  const successful = async (run: Promise<{ status: number; stdout: string; stderr: string }>): Promise<string> => {
    const { status, stdout, stderr } = await run;
    output.push(stdout, stderr);
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  };

  before(async function () {
    needsRoot(this);
    kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  describe("its command line", () => {
    it("refuses a second lab and says what to do", () => {
      for (const args of [[], ["up"]]) {
        const { status, stderr } = labCommand(...args);
        assert.equal(status, 1);
        assert.match(stderr, /a lab is already running on this machine: .*lab -- down/);
      }
    });

    it("says what is up", () => {
      const { status, stdout } = labCommand("status", "--json");
      assert.equal(status, 0);
      const { up, nodeRunning, apiPort } = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual({ up, nodeRunning, apiPort }, { up: true, nodeRunning: true, apiPort: 443 });
    });

    it("runs the real engine where the operator sits, and hands over its exit status", () => {
      const version = labCommand("exec", "internet", "--", "pulumi", "version");
      assert.match(version.stdout, /^v3\.\d+\.\d+/);
      assert.equal(labCommand("exec", "internet", "--", "sh", "-c", "exit 7").status, 7);
      assert.equal(labCommand("exec", "internet", "--", "pwd").stdout.trim(), labPaths.project);
      assert.match(labCommand("exec", "node", "--", "systemctl", "is-active", "kubelet").stdout, /^active/);
    });

    it("refuses to start without root", () => {
      const { status, stderr } = spawnSync(
        "setpriv",
        // prettier-ignore
        ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "-e",
          `require("./scripts/register.cjs"); const { whyUnavailable } = require("./lab/requirements"); console.error(whyUnavailable()); process.exit(1);`],
        { cwd: repositoryRoot, encoding: "utf8" },
      );
      assert.equal(status, 1);
      assert.match(stderr, /needs root .* start it with sudo/);
    });
  });

  describe("settings that cannot work", () => {
    const key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7";
    type Set = (path: string[], value: unknown) => void;
    const cases: Record<string, { change: (set: Set) => void; says: RegExp }> = {
      "unknown mode": { change: (set) => set(["mode"], "dual"), says: /mode.*node-port.*dual-ip.*found.*dual/s },
      "no cluster": { change: (set) => set(["clusterName"], undefined), says: /clusterName/ },
      "a name under api.": {
        change: (set) => set(["appDomains"], ["api.k8s.example.com"]),
        says: /appDomains.*api\.k8s\.example\.com/s,
      },
      "an address outside the subnet": {
        change: (set) => set(["secondaryPrivateIp"], "172.20.99.1"),
        says: /172\.20\.99\.1.*172\.20\.32\.0\/19/s,
      },
      "the primary address": {
        change: (set) => set(["secondaryPrivateIp"], address.primaryPrivateIp),
        says: /primary/,
      },
      "a reserved address": { change: (set) => set(["secondaryPrivateIp"], "172.20.32.2"), says: /reserved/ },
      "a NodePort out of range": {
        change: (set) => set(["httpsNodePort"], 443),
        says: /httpsNodePort.*30000.*32767.*443/s,
      },
      "an RSA host key": {
        change: (set) => set(["ssh", "hostKey"], key),
        says: /ssh\.hostKey.*ssh-keyscan -t ed25519/s,
      },
      "no host key": { change: (set) => set(["ssh", "hostKey"], undefined), says: /ssh\.hostKey/ },
      "an unknown key": { change: (set) => set(["appDomain"], "x.example.com"), says: /appDomain.*appDomains/s },
      "a cluster that is not there": {
        change: (set) => set(["clusterName"], "nowhere.example.com"),
        says: /nowhere\.example\.com/,
      },
    };
    for (const [name, { change, says }] of Object.entries(cases)) {
      it(`${name}: one clear error, nothing touched`, async () => {
        const logins = await sshLogins();
        const { result, changes } = await kept.untouched(() => kept.withConfig("prod", change, () => kept.up("prod")));
        assert.notEqual(result.status, 0);
        assert.match(`${result.stdout}${result.stderr}`, says);
        assert.deepEqual(changes, []);
        assert.equal(await sshLogins(), logins);
      });
    }

    it("two instances with kOps' tags: both are named", async () => {
      const tag = (value: string): Promise<unknown> =>
        kept.aws("CreateTagsCommand", {
          Resources: [otherInstanceId],
          Tags: [{ Key: "KubernetesCluster", Value: value }],
        });
      await tag(labCluster);
      const { result, changes } = await kept.untouched(() => kept.up("prod"));
      await tag(otherCluster);
      assert.notEqual(result.status, 0);
      const text = `${result.stdout}${result.stderr}`;
      for (const found of [labInstanceId, otherInstanceId, "networkInterfaceId"]) assert.ok(text.includes(found), text);
      assert.deepEqual(changes, []);
    });

    it("a port of ours used by something else: the node and AWS stay as they were", async () => {
      const listener = "lab-listener.service";
      await kept.node(`systemd-run --quiet --unit=${listener} /usr/bin/python3 -m http.server 10443`);
      await kept.node("for i in $(seq 50); do ss -Hltn 'sport = :10443' | grep -q . && break; sleep 0.1; done");
      const { result, changes } = await kept.untouched(() => kept.up("prod"));
      await kept.node(`systemctl stop ${listener}`);
      assert.notEqual(result.status, 0);
      assert.match(`${result.stdout}${result.stderr}`, /10443.*python3/s);
      assert.deepEqual(changes, []);
    });

    it("no Elastic IP left in the account's quota: said before anything is made", async () => {
      const allocated: string[] = [];
      for (let count = 0; count < 5; count++) {
        const { AllocationId } = (await kept.aws("AllocateAddressCommand", {})) as { AllocationId: string };
        allocated.push(AllocationId);
      }
      const { result, changes } = await kept.untouched(() => kept.up("prod"));
      for (const AllocationId of allocated) await kept.aws("ReleaseAddressCommand", { AllocationId });
      assert.notEqual(result.status, 0);
      assert.match(`${result.stdout}${result.stderr}`, /expected 1 more Elastic IP .*found 5 of 5 in use: release one/);
      assert.deepEqual(changes, []);
    });
  });

  describe("prod", () => {
    it("a run that fails half-way leaves the API serving, and the next completes it", async () => {
      // HAProxy cannot be started: the step that installs its unit fails.
      const dropIns = `/run/systemd/system/${haproxyUnit}.d`;
      await kept.node(`mkdir -p ${dropIns} && printf '[Service]\\nExecStartPre=/bin/false\\n' >${dropIns}/lab.conf`);
      const failed = await kept.up("prod");
      output.push(failed.stdout, failed.stderr);
      assert.notEqual(failed.status, 0);
      await kept.node(
        `curl -sk -o /dev/null https://127.0.0.1/ && curl -sk -o /dev/null https://${address.primaryPrivateIp}/`,
      );
      await kept.node(`rm -r ${dropIns}; systemctl daemon-reload`);
      await successful(kept.up("prod"));
      assert.deepEqual(await kept.failingRows(), []);
    });

    it("leaves the service of HAProxy's package, which it has installed, stopped and disabled", async () => {
      const state = await kept.node("systemctl is-active haproxy.service; systemctl is-enabled haproxy.service; true");
      assert.equal(state, "inactive\ndisabled\n");
      assert.equal(await kept.node("dpkg -V haproxy"), "");
    });

    it("is found by a second up as it should be, without a login", async () => {
      const logins = await sshLogins();
      await successful(kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "prod"));
      assert.equal(await sshLogins(), logins);
    });

    it("has state that the engine itself exports", () => {
      const { status, stdout } = labCommand("exec", "internet", "--", "pulumi", "stack", "export", "--stack", "prod");
      assert.equal(status, 0);
      const { deployment } = JSON.parse(stdout) as { deployment: { resources: { type: string }[] } };
      const types = deployment.resources.map(({ type }) => type);
      assert.ok(types.includes("kops-secondary-ingress:index:SecondaryIngressIp"));
    });

    it("has no secret in clear in state, outputs or logs", async () => {
      const shown = await successful(kept.pulumi("stack", "output", "--json", "--show-secrets", "--stack", "prod"));
      output.pop();
      output.splice(output.indexOf(shown), 1);
      const { statsPassword } = JSON.parse(shown) as { statsPassword: string };
      assert.ok(statsPassword.length >= 16);
      const privateKey = readFileSync(operatorKey, "utf8").split("\n")[3] ?? "";
      assert.ok(privateKey.length > 30);
      const places: Record<string, string> = {
        state: await successful(kept.pulumi("stack", "export", "--stack", "prod")),
        outputs: await successful(kept.pulumi("stack", "output", "--json", "--stack", "prod")),
        "what the engine said": output.join(""),
        "the endpoint's log": readFileSync(labPaths.awsCalls, "utf8"),
        "the node's journal": await kept.node("journalctl --no-pager"),
        "HAProxy's configuration": await kept.node(`cat ${haproxyConfig}`),
        "processes on the node": await kept.node("ps axww"),
      };
      for (const [place, text] of Object.entries(places)) {
        for (const secret of [statsPassword, privateKey]) {
          assert.ok(!text.includes(secret), `a secret stands in clear in ${place}`);
        }
      }
    });

    it("logs what a real client called", async () => {
      const actions = new Set((await awsCalls()).map(({ action }) => action));
      for (const action of ["AllocateAddress", "AssociateAddress", "AssignPrivateIpAddresses"])
        assert.ok(actions.has(action), action);
    });
  });

  describe("saved and brought up again", () => {
    /** Rows that still fail once a machine that has just booted has had its time. */
    const failingAfterBoot = async (): Promise<string[]> => {
      for (let tries = 1; ; tries++) {
        const failing = await kept.failingRows();
        if (failing.length === 0 || tries === 300) return failing;
        await sleep(1000);
      }
    };

    it("is as it was: every row holds, and nothing is left to change", async () => {
      const directory = await mkdtemp(join(tmpdir(), "saved-lab-"));
      const save = labCommand("save", directory);
      assert.equal(save.status, 0, save.stderr);
      assert.deepEqual(await failingAfterBoot(), []);
      await lab.down();
      kept = await keepLab(savedLab(directory));
      await rm(directory, { recursive: true });
      assert.deepEqual(await failingAfterBoot(), []);
      await successful(
        kept.pulumi("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes", "--stack", "prod"),
      );
    });
  });

  describe("the rows of its proof", () => {
    interface Addresses {
      Addresses: { AllocationId: string; PrivateIpAddress: string; NetworkInterfaceId: string }[];
    }

    it("fail where the Elastic IP is tied to the wrong private address", async () => {
      const { Addresses } = (await kept.aws("DescribeAddressesCommand", {})) as unknown as Addresses;
      const [eip] = Addresses;
      assert.ok(eip);
      const associate = (PrivateIpAddress: string): Promise<unknown> =>
        kept.aws("AssociateAddressCommand", {
          AllocationId: eip.AllocationId,
          NetworkInterfaceId: eip.NetworkInterfaceId,
          PrivateIpAddress,
        });
      const right = eip.PrivateIpAddress;
      await associate(address.primaryPrivateIp);
      const failing = await kept.failingRows();
      for (const id of ["app-https", "app-http"]) assert.ok(failing.includes(id), failing.join());
      assert.ok(!failing.includes("api-loopback"));
      // The primary address has lost the public one that AWS gave it at launch: put the account's state right again.
      await associate(right);
    });

    it("fail where a rule is missing", async () => {
      const { ingressPort } = await stackOutputs("prod");
      assert.equal(ingressPort, 443);
      const answer = (await kept.aws("DescribeSecurityGroupRulesCommand", {})) as {
        SecurityGroupRules: { SecurityGroupRuleId: string; GroupId: string; FromPort: number; IsEgress: boolean }[];
      };
      const rule = answer.SecurityGroupRules.find(({ FromPort, IsEgress }) => FromPort === 80 && !IsEgress);
      assert.ok(rule);
      await kept.aws("RevokeSecurityGroupIngressCommand", {
        GroupId: rule.GroupId,
        SecurityGroupRuleIds: [rule.SecurityGroupRuleId],
      });
      const failing = await kept.failingRows();
      assert.ok(failing.includes("app-http"), failing.join());
      assert.ok(!failing.includes("app-https"));
    });

    it("fail where the address is not on the host", async () => {
      const { secondaryPrivateIp } = await stackOutputs("prod");
      // The guard would put it back at once, and the check within a minute; the guard does so when it starts.
      await kept.node(
        `systemctl stop secondary-ingress-check.timer secondary-ingress-check.service secondary-ingress-guard.service; ip addr del ${secondaryPrivateIp}/32 dev lo`,
      );
      const failing = await kept.failingRows();
      for (const id of ["app-https", "api-by-sni"]) assert.ok(failing.includes(id), failing.join());
      assert.ok(!failing.includes("api-loopback") && !failing.includes("api-primary"));
      await kept.node(
        `systemctl start secondary-ingress-guard.service secondary-ingress-check.timer; ${until(`ip -4 addr show dev lo | grep -qF ${secondaryPrivateIp}/32`)}`,
      );
    });

    it("fail where the table is gone: the application's address then shows the API's certificate", async () => {
      await kept.node(
        "systemctl stop secondary-ingress-check.timer secondary-ingress-check.service secondary-ingress-guard.service; nft delete table ip secondary_ingress",
      );
      assert.ok((await kept.failingRows()).includes("app-https"));
      await kept.node(
        `systemctl start secondary-ingress-guard.service secondary-ingress-check.timer; ${until("nft list table ip secondary_ingress >/dev/null")}`,
      );
    });
  });
});
