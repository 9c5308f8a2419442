/** The node's side in a lab that is kept up: what it refuses, what it keeps, who may work on it, and how it is given back. */
import assert from "node:assert/strict";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { internet, node as address } from "../../lab/network/addresses";
import { cutPower, reboot } from "../../lab/node/machine";
import { asOperator } from "../../lab/operator";
import { repositoryRoot } from "../../lab/paths";
import type { Finished } from "../../lab/process";
import { stackOutputs } from "../../lab/proof/outputs";
import { type Prober, startProber } from "../../lab/proof/prober";
import { sshLogins } from "../../lab/proof/proof";
import { difference, nodeSnapshot } from "../../lab/proof/snapshot";
import { needsRoot } from "../support/needs";

const minutes = 60_000;
const manifest = "/etc/kubernetes/manifests/kube-apiserver.manifest";
const lockFile = "/run/secondary-ingress/lock";

/** HAProxy as somebody else has it, on ports that are well known, and a CNI's rules and routes. */
const foreign = `set -e
apt-get -qq -y --no-install-recommends install haproxy >/dev/null 2>&1
printf 'global\\n  chroot /var/lib/haproxy\\n  user haproxy\\n  group haproxy\\n  daemon\\ndefaults\\n  mode http\\n  timeout connect 1s\\n  timeout client 1s\\n  timeout server 1s\\nfrontend foreign\\n  bind :5432\\n  bind :80\\n  bind :8404\\n  http-request return status 200\\n' >/etc/haproxy/haproxy.cfg
systemctl restart haproxy.service
ip rule add pref 512 to 100.96.7.0/24 lookup main
ip route add 100.96.7.0/24 dev ${address.device} proto 200`;
/** Another after a restart, and after a reload. */
const foreignProcesses =
  "systemctl show -p InvocationID -p StateChangeTimestampMonotonic haproxy.service; cat /proc/$(systemctl show -P MainPID haproxy.service)/task/*/children";
const foreignNetwork = "ip rule show pref 512; ip route show proto 200; ip -4 addr show dev lo";

describe("the node", function () {
  let kept: KeptLab;

  const said = ({ stdout, stderr }: Finished): string => `${stdout}${stderr}`;
  const upWith = (key: string, value: unknown): Promise<Finished> =>
    kept.withConfig(
      "prod",
      (set) => set([key], value),
      () => kept.up("prod"),
    );
  const up = async (): Promise<void> => {
    const finished = await kept.up("prod");
    assert.equal(finished.status, 0, said(finished));
  };
  const destroy = (): Promise<Finished> => kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
  /** What the check says when it is asked now. */
  const check = async (): Promise<{ good: boolean; edited: string[]; repaired: string[]; certificates: unknown }> => {
    await kept.node("systemctl start secondary-ingress-check.service");
    return JSON.parse(await kept.node("cat /run/secondary-ingress/state.json")) as Awaited<ReturnType<typeof check>>;
  };
  /** curl's exit status for the API on an address, from the operator or from the node. */
  const reachesApi = async (from: "internet" | "node", host: string): Promise<boolean> => {
    const curl = ["curl", "-sk", "-m", "3", "-o", "/dev/null", `https://${host}/`];
    const finished =
      from === "internet"
        ? await asOperator(kept.state.engine.pulumi, curl)
        : await kept.node(`${curl.join(" ")}; echo $?`).then((status) => ({ status: Number(status) }));
    return finished.status === 0;
  };

  let earlier: { node: readonly string[]; network: string; processes: string };
  let foreignClients: Prober[];
  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("empty");
    await kept.node(foreign);
    earlier = {
      node: await nodeSnapshot(),
      network: await kept.node(foreignNetwork),
      processes: await kept.node(foreignProcesses),
    };
    foreignClients = await Promise.all(
      [5432, 80].map((port) =>
        startProber({ from: "node", address: address.primaryPrivateIp, port, host: "foreign.example.com" }, 20),
      ),
    );
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  describe("is refused by the preflight, with a code and untouched,", () => {
    const conflist = (type: string, more = ""): string =>
      `mkdir -p /etc/cni/net.d; echo '{"plugins":[{"type":"${type}"${more}}]}' >/etc/cni/net.d/05.conflist`;
    const noConflist = "rm -r /etc/cni";
    const cases: Record<string, { make: string; undo: string; code: RegExp }> = {
      "with the AmazonVPC CNI": {
        make: conflist("aws-cni"),
        undo: noConflist,
        code: /CNI_TAKES_ADDRESSES.*AmazonVPC/s,
      },
      "with Cilium in ENI mode": {
        make: conflist("cilium-cni", ',"eni":{}').replaceAll("05.", "05-cilium."),
        undo: noConflist,
        code: /CNI_TAKES_ADDRESSES.*Cilium/s,
      },
      "with an API server on a port that nobody named": {
        make: `sed -i.before 's/--secure-port=443/--secure-port=9443/' ${manifest} && mv ${manifest}.before /root/manifest`,
        undo: `mv /root/manifest ${manifest}`,
        code: /API_PORT_UNKNOWN.*9443.*pulumi config set apiLocalPort 9443/s,
      },
      "with a full disk": {
        make: "printf '#!/bin/sh\\necho x; echo a 1 1 0 100 /\\n' >/usr/local/sbin/df; chmod +x /usr/local/sbin/df",
        undo: "rm /usr/local/sbin/df",
        code: /DISK_FULL.*0 MiB/s,
      },
    };
    for (const [name, { make, undo, code }] of Object.entries(cases)) {
      it(name, async () => {
        await kept.node(make);
        const { result, changes } = await kept.untouched(() => kept.up("prod"));
        await kept.node(undo);
        assert.notEqual(result.status, 0);
        assert.match(said(result), code);
        const [word = ""] = /[A-Z_]+/.exec(code.source) ?? [];
        assert.equal(said(result).split(word).length, 2, "each fault once");
        assert.ok(!said(result).includes('{"'), "no JSON");
        assert.deepEqual(changes, []);
      });
    }
  });

  describe("once installed", () => {
    it("takes either forwarder from the first run on", async () => {
      const finished = await upWith("apiForwarder", "socket-proxyd");
      assert.equal(finished.status, 0, said(finished));
      await up();
    });

    it("is found good by its own check, certificates and all", async () => {
      const { good, certificates } = await check();
      assert.deepEqual(certificates, { primary: "api", loopback: "api", secondary: "other" });
      assert.equal(good, true);
    });

    it("shows a file that was edited by hand, and `reinstall` heals it", async () => {
      const file = "/usr/local/lib/secondary-ingress/guard";
      await kept.node(`echo '# edited' >>${file}`);
      assert.deepEqual((await check()).edited, [file]);
      assert.equal((await upWith("reinstall", "2")).status, 0);
      assert.deepEqual((await check()).edited, []);
    });

    it("is kept by whoever works on it, and taken over from a run that was cut short", async () => {
      // The check waits for the lock as well, and would be the one to take it over.
      await kept.node("systemctl stop secondary-ingress-check.timer secondary-ingress-check.service");
      // prettier-ignore
      await kept.node(`systemd-run --quiet --unit=other-operator bash -c 'exec 9<>${lockFile}; flock 9; echo "$(date +%s) $$ other/stack: installs a file" >${lockFile}; sleep 600'`);
      const refused = await upWith("reinstall", "3");
      await kept.node("systemctl stop other-operator.service");
      assert.notEqual(refused.status, 0);
      assert.match(said(refused), /another run works on this node since \d+ s \('other\/stack: installs a file'\)/);

      const next = await upWith("reinstall", "3");
      assert.equal(next.status, 0, said(next));
      assert.match(said(next), /taking over from 'other\/stack: installs a file', which was cut short \d+ s ago/);
    });

    it("refuses a second owner by name", async () => {
      const file = "/etc/secondary-ingress/owner";
      await kept.node(`echo other/stack >${file}`);
      const refused = await upWith("reinstall", "4");
      await kept.node(`echo kops-secondary-ingress/prod >${file}`);
      assert.notEqual(refused.status, 0);
      assert.match(said(refused), /NODE_OWNED.*other\/stack/s);
      await up();
    });

    it("filters who reaches the API, never its own node, and not the operator unless forced", async () => {
      const elsewhere = ["198.18.0.0/15"];
      const cutOff = await upWith("apiAllowedCidrs", elsewhere);
      assert.notEqual(cutOff.status, 0);
      assert.match(
        said(cutOff),
        new RegExp(`apiAllowedCidrs.*your own address ${internet.operator.replaceAll(".", "\\.")}`, "s"),
      );
      assert.ok(await reachesApi("internet", address.autoPublicIp));

      const forced = await kept.withConfig(
        "prod",
        (set) => (set(["apiAllowedCidrs"], elsewhere), set(["forceApiAllowedCidrs"], true)),
        () => kept.up("prod"),
      );
      assert.equal(forced.status, 0, said(forced));
      assert.equal(await reachesApi("internet", address.autoPublicIp), false);
      assert.ok(await reachesApi("node", "127.0.0.1"));
      assert.ok(await reachesApi("node", address.primaryPrivateIp));
      const { ingressPublicIp } = await stackOutputs("prod");
      const bySni = ["--connect-to", `::${ingressPublicIp}:443`, "https://api.k8s.example.com/"];
      const { status } = await asOperator(kept.state.engine.pulumi, ["curl", "-sk", "-m", "3", ...bySni]);
      assert.notEqual(status, 0, "the API by SNI on the applications' address is under the same list");
      assert.deepEqual((await check()).certificates, { primary: "api", loopback: "api", secondary: "other" });

      const allowed = await upWith("apiAllowedCidrs", [`${internet.operator}/32`]);
      assert.equal(allowed.status, 0, said(allowed));
      assert.ok(await reachesApi("internet", address.autoPublicIp));
      await up();
      assert.ok(!(await kept.node("nft list tables")).includes("secondary_ingress_filter"));
    });

    it("leaves a CNI's rules and routes alone", async () => {
      const now = await kept.node(foreignNetwork);
      for (const line of earlier.network.split("\n")) assert.ok(now.includes(line), line);
    });

    it("gives everything back", async () => {
      const finished = await destroy();
      assert.equal(finished.status, 0, said(finished));
      assert.deepEqual(difference(earlier.node, await nodeSnapshot()), []);
      assert.equal(await kept.node(foreignNetwork), earlier.network);
    });

    it("has run somebody else's HAProxy throughout: the same processes, and no request failed", async () => {
      const counts = await Promise.all(foreignClients.map((client) => client.stop()));
      assert.equal(await kept.node(foreignProcesses), earlier.processes);
      for (const { sent, failed, failures } of counts) {
        assert.ok(sent > 1000);
        assert.equal(failed, 0, failures.join("\n"));
      }
    });
  });

  describe("that must not be touched", () => {
    it("is left as it is by onDestroy retain, without a connection", async () => {
      await up();
      const logins = await sshLogins();
      await kept.withConfig(
        "prod",
        (set) => set(["onDestroy"], "retain"),
        async () => {
          const changed = await kept.up("prod");
          assert.equal(changed.status, 0, said(changed));
          const removed = await destroy();
          assert.equal(removed.status, 0, said(removed));
        },
      );
      assert.equal(await sshLogins(), logins);
      await kept.node("test -e /etc/secondary-ingress/owner && systemctl is-active secondary-ingress-haproxy.service");
    });

    it("is taken up again by the next run", up);

    it("blocks destroy while it is dead, until it is forgotten", async () => {
      await cutPower();
      const start = Date.now();
      const blocked = await destroy();
      assert.notEqual(blocked.status, 0);
      assert.ok(Date.now() - start < 2 * minutes, "and not for ever");

      const cli = ["node", `${repositoryRoot}/operator/cli/main.cjs`, "forget-node", "--stack", "prod"];
      const asked = await asOperator(kept.state.engine.pulumi, cli);
      assert.match(asked.stdout, /would be forgotten/);
      const forgotten = await asOperator(kept.state.engine.pulumi, [...cli, "--yes"]);
      assert.equal(forgotten.status, 0, said(forgotten));
      assert.match(forgotten.stdout, /Left on it: .*ingress-nat-rules/);
      const removed = await destroy();
      assert.equal(removed.status, 0, said(removed));
      await reboot();
      await kept.node("test -e /etc/secondary-ingress/owner");
    });
  });
});
