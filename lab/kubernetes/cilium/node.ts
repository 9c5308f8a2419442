/** A node of kOps' default cluster: Cilium connects the pods and serves NodePorts, without kube-proxy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { node } from "../../network/addresses";
import { ingressFiles, type NodeFiles, program } from "../../node/kopsNode";
import { onNode } from "../../node/machine";
import { outsideProgram } from "../../node/outside";
import { kubeconfig } from "../kubeconfig";
import { endpointSlice, type PodNetwork } from "../podNetwork";

/** While this file is on the node, the agent does not start. */
export const agentHold = "/var/lib/cilium-hold";

/** What cilium-sysctlfix writes, in an init container of kOps' DaemonSet (cilium v1.18.6, tools/sysctlfix/main.go). */
const sysctls = `
# Disable rp_filter on Cilium interfaces since it may cause mangled packets to be dropped
-net.ipv4.conf.lxc*.rp_filter = 0
-net.ipv4.conf.cilium_*.rp_filter = 0
# The kernel uses max(conf.all, conf.{dev}) as its value, so we need to set .all. to 0 as well.
# Otherwise it will overrule the device specific settings.
net.ipv4.conf.all.rp_filter = 0
`;

const serviceAccount = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace: "default" },
};

/** The agent asks for a pod's labels before it connects it. */
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "ingress", namespace: "default", labels: { app: "ingress" } },
  spec: { nodeName: "node", containers: [{ name: "nginx", image: "nginx" }], automountServiceAccountToken: false },
};

/**
 * @param cluster the cluster's name
 * @param programs the directory of `ciliumPrograms`
 */
export function cilium(cluster: string, programs: string): PodNetwork {
  const ingress = ingressFiles("0.0.0.0:443", "0.0.0.0:80");
  const ingressUnit = "/etc/systemd/system/ingress.service";
  const files: NodeFiles = {
    ...ingress,
    [ingressUnit]: {
      text: (ingress[ingressUnit]?.text ?? "").replace("ExecStart=", "ExecStart=/opt/kops/pod "),
    },
    "/opt/kops/pod": program("pod.py"),
    "/opt/kops/pod.json": { text: JSON.stringify({ hostIP: node.primaryPrivateIp, endpoint: endpointSlice("") }) },
    [outsideProgram]: program("cilium-agent"),
    "/etc/cilium/config.yaml": { text: readFileSync(join(__dirname, "config.yaml"), "utf8") },
    "/etc/sysctl.d/99-zzz-override_cilium.conf": { text: sysctls },
    // The agent, which runs outside of the machine, shares the disk with it, and not /run.
    "/etc/tmpfiles.d/cilium.conf": { text: "L /run/cilium - - - - /var/lib/cilium-run\n" },
    // kOps names the API server by its internal name, which leads to the node's primary address.
    "/srv/kubernetes/cilium.kubeconfig": {
      text: kubeconfig(cluster, `https://${node.primaryPrivateIp}`, "admin"),
      mode: 0o600,
    },
  };
  return { layers: [programs], files, units: ["ingress.service"], objects: [serviceAccount, pod] };
}

/** Waits until the ingress answers on its NodePort: the agent has started, and the pod is connected. */
export async function waitForCilium(): Promise<void> {
  const url = `https://${node.primaryPrivateIp}:30443`;
  const script = `for i in $(seq 600); do curl -skf -m 2 -o /dev/null ${url} && exit 0; sleep 0.2; done; exit 1`;
  const { status } = await onNode(["sh", "-c", script]);
  if (status !== 0)
    throw new Error(
      `the ingress did not answer on ${url} within 120 s: see node-outside.log in the lab's logs, and npm run lab -- exec node -- journalctl -u ingress`,
    );
}
