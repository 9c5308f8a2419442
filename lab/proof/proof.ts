/** The proof: brings both stacks up, checks what they promise, runs up again, and destroys them. */
import { readFile } from "node:fs/promises";
import type { CallRecord } from "../aws/callRecord";
import { labCluster } from "../cloud/labAccount";
import type { LabState } from "../lab";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { onNode } from "../node/machine";
import { asOperator, type StackName } from "../operator";
import { labPaths } from "../paths";
import type { Finished } from "../process";
import { step } from "../progress";
import { stackOutputs } from "./outputs";
import { type Prober, startProber } from "./prober";
import { agentRestarted } from "./cilium";
import { kubernetesRows } from "./kubernetes";
import { signalKubelet, withoutHaproxy } from "./node";
import { rebootedRows } from "./reboot";
import { type Row, row } from "./row";
import { accountSnapshot, difference, nodeSnapshot } from "./snapshot";
import { targetsHealthy } from "./targets";
import { balancedUrls, devUrls, prodUrls } from "./urls";

/** SSH logins that the node's sshd has accepted since boot. */
export async function sshLogins(): Promise<number> {
  const { stdout } = await onNode(["journalctl", "--unit=ssh", "--no-pager", "--output=cat"]);
  return stdout.split("\n").filter((line) => line.startsWith("Accepted ")).length;
}

/** All calls to the AWS endpoint. */
export async function awsCalls(): Promise<CallRecord[]> {
  const text = await readFile(labPaths.awsCalls, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CallRecord);
}

/** The last lines of the engine's output, for a failed row. */
const said = ({ stdout, stderr }: Finished): string => `${stdout}${stderr}`.trim().split("\n").slice(-30).join("\n");

export async function prove(state: LabState): Promise<Row[]> {
  const rows: Row[] = [];
  const pulumi = (...args: string[]): Promise<Finished> =>
    asOperator(state.engine.pulumi, ["pulumi", ...args, "--non-interactive", "--color=never"]);
  const engine = (id: string, name: string, args: readonly string[]): Promise<Row> =>
    step(`pulumi ${args.join(" ")}`, () =>
      row(id, name, "exit status 0", async () => {
        const finished = await pulumi(...args);
        const ok = finished.status === 0;
        return { ok, observed: ok ? "exit status 0" : said(finished) };
      }),
    );
  const up = (stack: StackName): Promise<Row> =>
    engine(`up-${stack}`, `pulumi up of ${stack}`, ["up", "--yes", "--skip-preview", "--stack", stack]);
  const upAgain = (stack: StackName): Promise<Row> =>
    row(`again-${stack}`, `second up of ${stack}: no change, no SSH`, "no change, 0 logins", async () => {
      const before = await sshLogins();
      const finished = await step(`pulumi up of ${stack} again`, () =>
        pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack),
      );
      const logins = (await sshLogins()) - before;
      const ok = finished.status === 0 && logins === 0;
      return { ok, observed: finished.status === 0 ? `no change, ${logins} logins` : said(finished) };
    });
  const destroy = (stack: StackName): Promise<Row> =>
    engine(`destroy-${stack}`, `pulumi destroy of ${stack}`, ["destroy", "--yes", "--skip-preview", "--stack", stack]);
  const urls = (stack: StackName, look: typeof devUrls): Promise<Row[]> =>
    stackOutputs(stack)
      .then(look)
      .catch((error: unknown) => [
        {
          id: `${stack}-outputs`,
          name: `${stack}: outputs`,
          ok: false,
          expected: "outputs",
          observed: String(error),
          ms: 0,
        },
      ]);

  /** Watches the API server's own listener, which must stay available through every change. */
  const watchApi = (port: number): Promise<Prober> =>
    startProber(
      {
        from: port === 443 ? "internet" : "node",
        address: port === 443 ? node.autoPublicIp : "127.0.0.1",
        port,
        host: `api.internal.${labCluster}`,
        authority: keyPair("cluster-authority").certificate,
      },
      10,
    );
  const watched = (id: string, name: string, prober: Prober): Promise<Row> =>
    row(id, name, "0 failed", async () => {
      const { sent, failed, failures } = await prober.stop();
      return { ok: sent > 0 && failed === 0, observed: [`${failed} of ${sent} failed`, ...failures].join("\n") };
    });

  const before = { node: await nodeSnapshot(), account: await accountSnapshot() };
  // Kubelet restarts a moved API server every 90 s until prod gives it back its 443; what is watched is the program.
  if (state.apiPort !== 443) await signalKubelet("STOP");
  const whileInstalling = await watchApi(state.apiPort);
  rows.push(await up("dev"));
  rows.push(...(await urls("dev", devUrls)));
  rows.push(
    await row("dev-free", "dev: no EIP, no SSH, no host file", "none of them", async () => {
      const addresses = (await awsCalls()).filter(({ action }) => action === "AllocateAddress").length;
      const files = difference(before.node, await nodeSnapshot());
      const logins = await sshLogins();
      const observed = [`${addresses} EIPs, ${logins} logins, ${files.length} changes on the node`, ...files].join(
        "\n",
      );
      return { ok: addresses + logins + files.length === 0, observed };
    }),
  );
  rows.push(await up("prod"));
  if (state.apiPort !== 443) await signalKubelet("CONT");
  rows.push(...(await urls("prod", prodUrls)));
  const prod = await stackOutputs("prod");
  if (state.kubernetes) rows.push(...(await kubernetesRows(state, prod)));
  if (state.kubernetes === "cilium") rows.push(await agentRestarted(prod.ingressPublicIp));
  rows.push(await withoutHaproxy(prod));
  rows.push(await upAgain("dev"), await upAgain("prod"));
  rows.push(await watched("api-while-installing", "the API's own listener meanwhile", whileInstalling));

  // kubelet has started the old manifest of a moved API server by the time nodeup rewrites it.
  rows.push(...(await rebootedRows(state, { nodeupSeconds: 3 })));

  const whileRemoving = await watchApi(443);
  rows.push(await destroy("prod"), await destroy("dev"));
  if (state.nodes > 1) {
    const mode = "kops-secondary-ingress:mode";
    await pulumi("config", "set", "--stack", "prod", mode, "load-balancer");
    const grown = [
      await up("prod"),
      ...(await urls("prod", balancedUrls)),
      await targetsHealthy(state.nodes - 1),
      await upAgain("prod"),
      await destroy("prod"),
    ];
    await pulumi("config", "set", "--stack", "prod", mode, "dual-ip");
    rows.push(...grown.map((each) => ({ ...each, id: `balanced-${each.id}`, name: `load-balancer: ${each.name}` })));
  }
  rows.push(
    await watched("api-while-removing", "the API's own listener meanwhile", whileRemoving),
    await row("aws-empty", "after destroy: nothing left in AWS", "the account as before", async () => {
      const left = difference(before.account, await accountSnapshot());
      return { ok: left.length === 0, observed: left.length === 0 ? "the account as before" : left.join("\n") };
    }),
    await row("host-as-before", "after destroy: host files as before", "the node as before", async () => {
      // The reboot reverts the manual move of the API server, as in kOps; that is no leftover of ours.
      const left = difference(before.node, await nodeSnapshot()).filter(
        (fact) => !isApiServersOwn(fact) && !(state.kubernetes === "cilium" && isDnsProxy(fact)),
      );
      return { ok: left.length === 0, observed: left.length === 0 ? "the node as before" : left.join("\n") };
    }),
  );
  return rows;
}

/** Cilium's agent binds its DNS proxy to a free port at each start, which the kernel chooses from 32768 up. */
function isDnsProxy(fact: string): boolean {
  const [, port] = /listens 127\.0\.0\.1:(\d+)$/.exec(fact) ?? [];
  return Number(port) >= 32_768;
}

/** Facts that change if the API server moves to another port. */
function isApiServersOwn(fact: string): boolean {
  return fact.includes("/etc/kubernetes/manifests") || /listens \S+:(443|8443)$/.test(fact);
}
