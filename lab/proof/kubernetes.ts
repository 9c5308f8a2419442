/** Checks that need the real control plane. */
import { setTimeout as sleep } from "node:timers/promises";
import { labDomain } from "../cloud/labAccount";
import type { LabState } from "../lab";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { apiServiceIp } from "../node/kopsNode";
import { onNode } from "../node/machine";
import { asOperator } from "../operator";
import { ciliumRows } from "./cilium";
import type { Outputs } from "./outputs";
import { type Answer, describeAnswer, probe, type Request } from "./probe";
import { type Row, row } from "./row";

type Observation = { ok: boolean; observed: string };

/**
 * Seconds for the cluster to follow its API server. kube-proxy loses the connection while a moved API server has no
 * forwarder, and reconnects after up to 60 s (client-go: 30 s at most, doubled by jitter).
 */
const patience = 120;

/** Repeats an observation until it passes or the time is up. */
async function eventually(seconds: number, observe: () => Promise<Observation>): Promise<Observation> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await observe();
    if (seen.ok || Date.now() > deadline) return seen;
    await sleep(500);
  }
}

async function ask(request: Request): Promise<Answer> {
  const [answer] = await probe([request]);
  if (!answer) throw new Error("one request has one answer");
  return answer;
}

export async function kubernetesRows(state: LabState, outputs: Outputs, seconds = patience): Promise<Row[]> {
  const cilium = state.kubernetes === "cilium";
  const kubectl = async (...args: string[]): Promise<Observation> => {
    const { status, stdout, stderr } = await asOperator(state.engine.pulumi, [
      "kubectl",
      "--request-timeout=10s",
      ...args,
    ]);
    return { ok: status === 0, observed: (stdout || stderr).trim() };
  };
  const addressAndPort = "jsonpath={.endpoints[*].addresses[*]}:{.ports[*].port}";
  return [
    // A listening API server is not ready until its own hooks have run.
    await row("kubectl-readyz", "kubectl get --raw /readyz by kubeconfig from outside", "ok", () =>
      eventually(seconds, async () => {
        const { ok, observed } = await kubectl("get", "--raw", "/readyz");
        return { ok: ok && observed === "ok", observed };
      }),
    ),
    await row("kubernetes-endpoint", "the `kubernetes` endpoint", `${node.primaryPrivateIp} alone`, () =>
      eventually(seconds, async () => {
        const { ok, observed } = await kubectl("get", "endpointslices", "kubernetes", "-o", addressAndPort);
        return { ok: ok && new RegExp(`^${node.primaryPrivateIp}:\\d+$`).test(observed), observed };
      }),
    ),
    await row(
      "api-from-pod",
      `the API's service address ${apiServiceIp} from a pod`,
      "401 with the API's certificate",
      () =>
        eventually(seconds, async () => {
          const authority = keyPair("cluster-authority").certificate;
          const answer = await ask({
            from: "pod",
            address: apiServiceIp,
            port: 443,
            host: "kubernetes.default.svc",
            authority,
          });
          return { ok: answer.status === 401 && answer.trusted, observed: describeAnswer(answer) };
        }),
    ),
    await row(
      cilium ? "nodeport-by-cilium" : "nodeport-by-kube-proxy",
      `NodePort 30443 is ${cilium ? "Cilium" : "kube-proxy"}'s: nobody listens on it`,
      "no listener, the ingress",
      async () => {
        const listener = (await onNode(["ss", "-Hltn", "sport = :30443"])).stdout.trim();
        const authority = keyPair("web-authority").certificate;
        const answer = await ask({
          from: "node",
          address: node.primaryPrivateIp,
          port: 30443,
          host: labDomain,
          authority,
        });
        return {
          ok: listener === "" && answer.status === 200 && answer.trusted,
          observed: `${listener || "no listener"}; ${describeAnswer(answer)}`,
        };
      },
    ),
    ...(cilium ? await ciliumRows(state, outputs) : []),
  ];
}
