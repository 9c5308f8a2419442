/** The real control plane on the node: etcd, and kube-apiserver run by the kubelet stand-in. */
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { node } from "../network/addresses";
import { type KopsNode, kopsFiles, kopsUnits, unit } from "../node/kopsNode";
import { onNode, waitForApi } from "../node/machine";
import { labPaths } from "../paths";
import { waitForCilium } from "./cilium/node";
import { kubeconfig } from "./kubeconfig";
import { type ProxyMode, waitForKubeProxy } from "./kubeProxy";
import { nodePodRange, type PodNetwork } from "./podNetwork";

/** What serves Services and NodePorts, and connects the pods. */
export type ServiceProxy = ProxyMode | "cilium";

/** The objects that the ingress controller's Helm chart would create: the node, and the Service with its NodePorts. */
const clusterObjects = (httpsNodePort: number, httpNodePort: number): readonly object[] => [
  {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node", labels: { "node-role.kubernetes.io/control-plane": "" } },
    spec: { podCIDR: nodePodRange },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "ingress", namespace: "default" },
    spec: {
      type: "NodePort",
      ports: [
        { name: "https", port: 443, targetPort: 443, nodePort: httpsNodePort },
        { name: "http", port: 80, targetPort: 80, nodePort: httpNodePort },
      ],
    },
  },
];

/** Path on the node of the script that applies the objects. */
export const applyObjects = "/opt/kops/objects";

const objectsScript = `#!/bin/sh
# Puts the cluster's objects there once the API server serves; etcd keeps them. Run once, at the node's first boot.
set -eu
export KUBECONFIG=/srv/kubernetes/admin.kubeconfig
until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.5; done
until kubectl get namespace default >/dev/null 2>&1; do sleep 0.2; done
[ ! -d /var/lib/cilium/crds ] || kubectl apply --server-side --recursive -f /var/lib/cilium/crds
kubectl apply -f /opt/kops/objects.json
kubectl patch node node --subresource=status --type=merge \\
  -p '{"status":{"addresses":[{"type":"InternalIP","address":"${node.primaryPrivateIp}"},{"type":"Hostname","address":"node"}]}}'
`;

const keys = "/srv/kubernetes/kube-apiserver";
export const etcdFlags = [
  ...["--name=node", "--data-dir=/var/lib/etcd", "--initial-cluster=node=http://127.0.0.1:2380", "--log-level=warn"],
  ...["--listen-client-urls=https://127.0.0.1:4001", "--advertise-client-urls=https://127.0.0.1:4001"],
  ...["--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380"],
  ...[`--cert-file=${keys}/etcd-client.crt`, `--key-file=${keys}/etcd-client.key`],
  ...["--client-cert-auth", `--trusted-ca-file=${keys}/etcd-ca.crt`],
] as const;

const etcdUnit = unit("etcd", [
  "After=network.target",
  "[Service]",
  `ExecStart=/usr/local/bin/etcd ${etcdFlags.join(" ")}`,
  "Restart=always",
  "RestartSec=1s",
  "[Install]",
  "WantedBy=multi-user.target",
]);

/** @param programs the directory of `controlPlanePrograms` */
export function realControlPlane(
  programs: string,
  { layers, files, units, objects }: PodNetwork,
  options: { cluster: string; httpsNodePort: number; httpNodePort: number },
): KopsNode {
  const { cluster, httpsNodePort, httpNodePort } = options;
  const manifests = [...clusterObjects(httpsNodePort, httpNodePort), ...objects];
  return {
    layers: [programs, ...layers],
    files: {
      ...kopsFiles(cluster),
      ...files,
      "/srv/kubernetes/admin.kubeconfig": { text: kubeconfig(cluster, "https://127.0.0.1", "admin"), mode: 0o600 },
      "/opt/kops/objects.json": { text: JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }) },
      [applyObjects]: { text: objectsScript, mode: 0o755 },
      "/etc/systemd/system/etcd.service": etcdUnit,
    },
    units: [...kopsUnits, "etcd.service", ...units],
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

/** Waits until Services and NodePorts are served. */
export const waitForServices = (proxy: ServiceProxy): Promise<void> =>
  proxy === "cilium" ? waitForCilium() : waitForKubeProxy();

/** Waits for the API server on its own port, and for the Services, whose proxy asks it. */
export async function waitForCluster({ kubernetes }: { kubernetes?: ServiceProxy }): Promise<void> {
  await waitForApi(443);
  if (kubernetes) await waitForServices(kubernetes);
}
