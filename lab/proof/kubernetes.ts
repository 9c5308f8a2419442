/** Rows that only a real control plane can show. */
import { labDomain } from "../labAccount";
import type { LabState } from "../lab";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { apiServiceIp } from "../node/controlPlane";
import { onNode } from "../node/machine";
import { asOperator } from "../operator";
import { probe } from "./probe";
import { type Row, row } from "./row";

/** @param apiPort where the API server listens now */
export async function kubernetesRows(state: LabState, apiPort: number): Promise<Row[]> {
  const kubectl = async (...args: string[]): Promise<{ ok: boolean; observed: string }> => {
    const { status, stdout, stderr } = await asOperator(state.engine.pulumi, [
      "kubectl",
      "--request-timeout=10s",
      ...args,
    ]);
    return { ok: status === 0, observed: (stdout || stderr).trim() };
  };
  const endpoint = `${node.primaryPrivateIp}:${apiPort}`;
  return [
    await row("kubectl-readyz", "kubectl get --raw /readyz by kubeconfig from outside", "ok", () =>
      kubectl("get", "--raw", "/readyz").then(({ ok, observed }) => ({ ok: ok && observed === "ok", observed })),
    ),
    await row("kubernetes-endpoint", "the `kubernetes` endpoint is the primary address", endpoint, () =>
      kubectl(
        "get",
        "endpointslices",
        "kubernetes",
        "-o",
        "jsonpath={.endpoints[*].addresses[*]}:{.ports[*].port}",
      ).then(({ ok, observed }) => ({ ok: ok && observed === endpoint, observed })),
    ),
    await row(
      "api-from-pod",
      `the API's service address ${apiServiceIp} from a pod`,
      "401 with the API's certificate",
      async () => {
        const [answer] = await probe([
          {
            from: "pod",
            address: apiServiceIp,
            port: 443,
            host: "kubernetes.default.svc",
            authority: keyPair("cluster-authority").certificate,
          },
        ]);
        return {
          ok: answer?.status === 401 && answer.trusted,
          observed:
            answer?.error ??
            `${answer?.status}, ${answer?.trusted ? "trusted" : `certificate for ${answer?.certificateNames[0]}`}`,
        };
      },
    ),
    await row(
      "nodeport-by-kube-proxy",
      "NodePort 30443 is kube-proxy's, nobody listens on it",
      "no listener, an answer",
      async () => {
        const listener = (await onNode(["ss", "-Hltn", "sport = :30443"])).stdout.trim();
        const [answer] = await probe([
          {
            from: "node",
            address: node.primaryPrivateIp,
            port: 30443,
            host: labDomain,
            authority: keyPair("web-authority").certificate,
          },
        ]);
        const answered = answer?.status === 200 && answer.trusted;
        return {
          ok: listener === "" && answered,
          observed: `${listener || "no listener"}, ${answered ? "an answer of the ingress" : (answer?.error ?? "another answer")}`,
        };
      },
    ),
  ];
}
