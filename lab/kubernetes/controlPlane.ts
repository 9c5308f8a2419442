/** The real control plane on the node: etcd, kube-apiserver run by the kubelet stand-in, kube-proxy, and an ingress in a pod. */
import { readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { onNode, waitForApi } from "../node/machine";
import { labPaths } from "../paths";
import { type KopsNode, ingressFiles, kopsFiles, kopsUnits, type NodeFiles, unit } from "../node/kopsNode";

/**
 * kOps sets `nftables` on current Ubuntu and Debian (kops nodeup/pkg/model/kube_proxy.go); `iptables` is its older
 * default.
 */
export type ProxyMode = "nftables" | "iptables";

/** kOps' pod address range, and the address of the only pod: the ingress controller. */
const podRange = "100.96.0.0/11";
export const podIp = "100.96.0.2";
/** Address of the node in the pods' range, as CNI plugins with a bridge give it. */
export const podGateway = "100.96.0.1";
/** Name of the pod's network namespace on the node. */
export const podNamespace = "pod";

/**
 * A kubeconfig as kOps writes it: SNI is the API's internal name whatever the server's address (kops
 * pkg/kubeconfig/create_kubecfg.go, `TLSServerName = cluster.APIInternalName()`).
 */
export function kubeconfig(cluster: string, server: string, user: "admin" | "kube-proxy"): string {
  const inline = (path: string): string => readFileSync(path).toString("base64");
  return `apiVersion: v1
kind: Config
clusters:
- name: ${cluster}
  cluster:
    certificate-authority-data: ${inline(keyPair("cluster-authority").certificate)}
    server: ${server}
    tls-server-name: api.internal.${cluster}
users:
- name: ${user}
  user:
    client-certificate-data: ${inline(keyPair(user).certificate)}
    client-key-data: ${inline(keyPair(user).key)}
contexts:
- name: ${cluster}
  context: { cluster: ${cluster}, user: ${user} }
current-context: ${cluster}
`;
}

/**
 * The objects that the ingress controller's Helm chart would create: the node, the Service with its NodePorts, and its
 * only endpoint.
 */
function clusterObjects(httpsNodePort: number, httpNodePort: number): string {
  return `apiVersion: v1
kind: Node
metadata: { name: node, labels: { node-role.kubernetes.io/control-plane: "" } }
spec: { podCIDR: ${podRange} }
---
apiVersion: v1
kind: Service
metadata: { name: ingress, namespace: default }
spec:
  type: NodePort
  ports:
  - { name: https, port: 443, targetPort: 443, nodePort: ${httpsNodePort} }
  - { name: http, port: 80, targetPort: 80, nodePort: ${httpNodePort} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ingress-1, namespace: default, labels: { kubernetes.io/service-name: ingress } }
addressType: IPv4
ports:
- { name: https, port: 443, protocol: TCP }
- { name: http, port: 80, protocol: TCP }
endpoints:
- addresses: ["${podIp}"]
  conditions: { ready: true }
`;
}

/** Path on the node of the script that applies the objects. */
export const applyObjects = "/opt/kops/objects";

const objectsScript = `#!/bin/sh
# Puts the cluster's objects there once the API server serves; etcd keeps them. Run once, at the node's first boot.
set -eu
export KUBECONFIG=/srv/kubernetes/admin.kubeconfig
until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.5; done
until kubectl get namespace default >/dev/null 2>&1; do sleep 0.2; done
kubectl apply -f /opt/kops/objects.yaml
kubectl patch node node --subresource=status --type=merge \\
  -p '{"status":{"addresses":[{"type":"InternalIP","address":"${node.primaryPrivateIp}"},{"type":"Hostname","address":"node"}]}}'
`;

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

function etcdUnit(): NodeFiles[string] {
  const files = "/srv/kubernetes/kube-apiserver";
  return unit("etcd", [
    "After=network.target",
    "[Service]",
    "ExecStart=/usr/local/bin/etcd --name=node --data-dir=/var/lib/etcd --listen-client-urls=https://127.0.0.1:4001 --advertise-client-urls=https://127.0.0.1:4001 " +
      "--listen-peer-urls=http://127.0.0.1:2380 --initial-advertise-peer-urls=http://127.0.0.1:2380 --initial-cluster=node=http://127.0.0.1:2380 " +
      `--cert-file=${files}/etcd-client.crt --key-file=${files}/etcd-client.key --client-cert-auth --trusted-ca-file=${files}/etcd-ca.crt --log-level=warn`,
    "Restart=always",
    "RestartSec=1s",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
}

/** @param programs the directory of `controlPlanePrograms` */
export function realControlPlane(
  programs: string,
  options: {
    cluster: string;
    httpsNodePort: number;
    httpNodePort: number;
    proxyMode: ProxyMode;
  },
): KopsNode {
  const { cluster, httpsNodePort, httpNodePort, proxyMode } = options;
  const conntrack = ["max-per-core=0", "min=0", "tcp-timeout-established=0", "tcp-timeout-close-wait=0"];
  const script = (text: string): NodeFiles[string] => ({ text, mode: 0o755 });
  const ingress = ingressFiles("0.0.0.0:443", "0.0.0.0:80");
  const inPod = (text: string): string =>
    text
      .replace("After=network.target", "Requires=pod-network.service\nAfter=pod-network.service")
      .replace("[Service]", `[Service]\nNetworkNamespacePath=/run/netns/${podNamespace}`);
  const ingressUnit = "/etc/systemd/system/ingress.service";
  return {
    layers: [programs],
    files: {
      ...kopsFiles(cluster),
      ...ingress,
      [ingressUnit]: { text: inPod(ingress[ingressUnit]?.text ?? "") },
      "/srv/kubernetes/admin.kubeconfig": { text: kubeconfig(cluster, "https://127.0.0.1", "admin"), mode: 0o600 },
      "/srv/kubernetes/kube-proxy.kubeconfig": {
        text: kubeconfig(cluster, "https://127.0.0.1", "kube-proxy"),
        mode: 0o600,
      },
      "/opt/kops/objects.yaml": { text: clusterObjects(httpsNodePort, httpNodePort) },
      [applyObjects]: script(objectsScript),
      "/opt/kops/pod-network": script(podNetworkScript),
      "/etc/systemd/system/etcd.service": etcdUnit(),
      "/etc/systemd/system/kube-proxy.service": unit("kube-proxy", [
        "After=network.target",
        "StartLimitIntervalSec=0",
        "[Service]",
        `ExecStart=/usr/local/bin/kube-proxy --kubeconfig=/srv/kubernetes/kube-proxy.kubeconfig --proxy-mode=${proxyMode} --cluster-cidr=${podRange} ` +
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
    },
    units: [...kopsUnits, "etcd.service", "kube-proxy.service", "pod-network.service", "ingress.service"],
  };
}

/** Creates the Service and its endpoint after the cluster's first start. */
export async function createClusterObjects(): Promise<void> {
  const { status, stderr } = await onNode([applyObjects], { timeout: 120_000 });
  if (status !== 0) throw new Error(`the cluster's objects could not be created:\n${stderr}`);
}

/** Installs kubectl and a kubeconfig for the operator. */
export async function giveKubectl(programs: string, cluster: string): Promise<void> {
  await symlink(join(programs, "usr/local/bin/kubectl"), join(labPaths.bin, "kubectl"));
  await writeFile(labPaths.kubeconfig, kubeconfig(cluster, `https://${node.autoPublicIp}`, "admin"));
}

/** Waits until kube-proxy has synced the Services and written its rules. */
export async function waitForKubeProxy(): Promise<void> {
  const script =
    "for i in $(seq 300); do curl -sf -o /dev/null http://127.0.0.1:10256/healthz && exit 0; sleep 0.2; done; exit 1";
  const { status } = await onNode(["sh", "-c", script]);
  if (status !== 0)
    throw new Error("kube-proxy was not ready within 60 s: npm run lab -- exec node -- journalctl -u kube-proxy");
}

/** Waits for the API server on its own port, and for the kube-proxy that asks it. */
export async function waitForCluster({ kubernetes }: { kubernetes?: unknown }): Promise<void> {
  await waitForApi(443);
  if (kubernetes) await waitForKubeProxy();
}
