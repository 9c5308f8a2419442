/** Checks of a node whose NodePorts Cilium serves, without kube-proxy. */
import { setTimeout as sleep } from "node:timers/promises";
import { agentHold } from "../kubernetes/cilium/node";
import { labDomain } from "../cloud/labAccount";
import type { LabState } from "../lab";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { killOutside, onNode, waitForApi } from "../node/machine";
import { asOperator } from "../operator";
import { step } from "../progress";
import type { Outputs } from "./outputs";
import { describeAnswer, probe } from "./probe";
import { startProbes } from "./probes";
import { type Row, row } from "./row";
import { prodUrls } from "./urls";

/** Whether the agent says that it is ready, as kubelet asks it. */
async function agentReady(): Promise<boolean> {
  const { status } = await onNode(["curl", "-sf", "-m", "2", "-o", "/dev/null", "http://127.0.0.1:9879/healthz"]);
  return status === 0;
}

/** The node's addresses in Cilium's own resource. */
const internalAddresses = 'jsonpath={.spec.addresses[?(@.type=="InternalIP")].ip}';

/** What holds on the node while prod is up, however often the agent has started since. */
export async function ciliumRows(state: LabState, { secondaryPrivateIp, ingressPublicIp }: Outputs): Promise<Row[]> {
  const nodePort = { port: 30443, host: labDomain, authority: keyPair("web-authority").certificate };
  return [
    await row("cilium-address", "the node's own address for Cilium", `${node.primaryPrivateIp} alone`, async () => {
      const { stdout, stderr } = await asOperator(state.engine.pulumi, [
        ...["kubectl", "--request-timeout=10s", "get", "ciliumnodes", "node", "-o", internalAddresses],
      ]);
      const observed = (stdout || stderr).trim();
      return { ok: observed === node.primaryPrivateIp, observed };
    }),
    await row(
      "nodeport-on-secondary",
      "NodePort 30443 on the secondary address, from the node and (as dev opens it) from outside",
      "the ingress, without HAProxy",
      async () => {
        const answers = await probe([
          { from: "node", address: secondaryPrivateIp, ...nodePort },
          { from: "internet", address: ingressPublicIp, ...nodePort },
        ]);
        return {
          ok: answers.every(({ status, trusted }) => status === 200 && trusted),
          observed: answers.map(describeAnswer).join("; "),
        };
      },
    ),
  ];
}

/** Kills the agent under requests. It finds its programs attached when it starts again. */
export const agentRestarted = (appAddress: string): Promise<Row> =>
  row("agent-restarted", "Cilium's agent is killed, and starts again", "0 failed, to API and application", () =>
    step("Restart of Cilium's agent", async (note) => {
      const probes = await startProbes(appAddress);
      const start = Date.now();
      await killOutside();
      while (await agentReady()) await sleep(50);
      while (!(await agentReady()) && Date.now() < start + 120_000) await sleep(200);
      const seconds = ((Date.now() - start) / 1000).toFixed(1);
      note(`ready again after ${seconds} s`);
      // It goes through all endpoints again after it has become ready.
      await sleep(10_000);
      const { api, app } = await probes.stop();
      const ok = (await agentReady()) && api.failed + app.failed === 0 && api.sent > 0 && app.sent > 0;
      const counts = [`API: ${api.failed} of ${api.sent} failed`, `application: ${app.failed} of ${app.sent}`];
      const observed = [`${counts.join(", ")}; ready again after ${seconds} s`, ...api.failures, ...app.failures];
      return { ok, observed: observed.join("\n") };
    }),
  );

/** Has the agent wait at the next boot, until {@link apiWithoutAgent}. */
export async function holdAgent(): Promise<void> {
  await onNode(["touch", agentHold]);
}

/** The API after a boot at which the agent is late; lets the agent start. */
export const apiWithoutAgent = (outputs: Outputs): Promise<Row> =>
  row("api-without-agent", "the API before Cilium's agent starts", "all answer, and no agent", async () => {
    await waitForApi(443);
    const early = await agentReady();
    // By name through the secondary address, too: HAProxy asks the API server on the primary address.
    const api = (await prodUrls(outputs)).filter(({ id }) => id.startsWith("api-"));
    await onNode(["rm", agentHold]);
    const failed = api.filter(({ ok }) => !ok).map(({ id, observed }) => `${id}: ${observed}`);
    const observed = `${api.length - failed.length} of ${api.length} answer, ${early ? "an agent" : "no agent"}`;
    return { ok: failed.length === 0 && !early, observed: [observed, ...failed].join("\n") };
  });
