/** A node with kube-proxy, and a pod whose network a script makes as a simple CNI plugin does. */
import { onNode } from "../node/machine";
import { ingressFiles, type NodeFiles, unit } from "../node/kopsNode";
import { kubeconfig } from "./kubeconfig";
import { endpointSlice, type PodNetwork, podNamespace, podRange } from "./podNetwork";

/**
 * kOps sets `nftables` on current Ubuntu and Debian (kops nodeup/pkg/model/kube_proxy.go); `iptables` is its older
 * default.
 */
export type ProxyMode = "nftables" | "iptables";

/** Address of the only pod: the ingress controller. */
export const podIp = "100.96.0.2";
/** Address of the node in the pods' range, as CNI plugins with a bridge give it. */
export const podGateway = "100.96.0.1";

/** The pod's network as a CNI plugin sets it up: a veth pair, a route to the pod's address, and a way out as the node. */
const podNetworkScript = `#!/bin/sh
set -eu
ip netns add ${podNamespace}
ip link add cni0 type veth peer name eth0 netns ${podNamespace}
ip addr add ${podGateway}/32 dev cni0
ip link set cni0 up
ip route add ${podIp}/32 dev cni0
ip -n ${podNamespace} link set lo up
ip -n ${podNamespace} link set eth0 up
ip -n ${podNamespace} addr add ${podIp}/32 dev eth0
ip -n ${podNamespace} route add ${podGateway} dev eth0
ip -n ${podNamespace} route add default via ${podGateway}
sysctl -qw net.ipv4.ip_forward=1
nft 'add table ip cni; add chain ip cni postrouting { type nat hook postrouting priority srcnat; }'
nft 'add rule ip cni postrouting ip saddr ${podIp} ip daddr != ${podRange} masquerade'
`;

/** @param cluster the cluster's name */
export function kubeProxy(cluster: string, mode: ProxyMode): PodNetwork {
  const conntrack = ["max-per-core=0", "min=0", "tcp-timeout-established=0", "tcp-timeout-close-wait=0"];
  const ingress = ingressFiles("0.0.0.0:443", "0.0.0.0:80");
  const inPod = (text: string): string =>
    text
      .replace("After=network.target", "Requires=pod-network.service\nAfter=pod-network.service")
      .replace("[Service]", `[Service]\nNetworkNamespacePath=/run/netns/${podNamespace}`);
  const ingressUnit = "/etc/systemd/system/ingress.service";
  const files: NodeFiles = {
    ...ingress,
    [ingressUnit]: { text: inPod(ingress[ingressUnit]?.text ?? "") },
    "/srv/kubernetes/kube-proxy.kubeconfig": {
      text: kubeconfig(cluster, "https://127.0.0.1", "kube-proxy"),
      mode: 0o600,
    },
    "/opt/kops/pod-network": { text: podNetworkScript, mode: 0o755 },
    "/etc/systemd/system/kube-proxy.service": unit("kube-proxy", [
      "After=network.target",
      "StartLimitIntervalSec=0",
      "[Service]",
      `ExecStart=/usr/local/bin/kube-proxy --kubeconfig=/srv/kubernetes/kube-proxy.kubeconfig --proxy-mode=${mode} --cluster-cidr=${podRange} ` +
        `--hostname-override=node ${conntrack.map((setting) => `--conntrack-${setting}`).join(" ")}`,
      "Restart=always",
      "RestartSec=2s",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
    "/etc/systemd/system/pod-network.service": unit("The pod's network", [
      "After=network.target",
      "[Service]",
      "Type=oneshot",
      "RemainAfterExit=yes",
      "ExecStart=/opt/kops/pod-network",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
  };
  return {
    layers: [],
    files,
    units: ["kube-proxy.service", "pod-network.service", "ingress.service"],
    objects: [endpointSlice(podIp)],
  };
}

/** Waits until kube-proxy has synced the Services and written its rules. */
export async function waitForKubeProxy(): Promise<void> {
  const script =
    "for i in $(seq 300); do curl -sf -o /dev/null http://127.0.0.1:10256/healthz && exit 0; sleep 0.2; done; exit 1";
  const { status } = await onNode(["sh", "-c", script]);
  if (status !== 0)
    throw new Error("kube-proxy was not ready within 60 s: npm run lab -- exec node -- journalctl -u kube-proxy");
}
