/** A node whose control plane runs as static pods, by the real kubelet and containerd. */
import { stringify } from "yaml";
import { node } from "../../network/addresses";
import { ownControllersMark } from "../../node/controlGroup";
import { type KopsNode, type NodeFiles, nodeupManifest, unit } from "../../node/kopsNode";
import { kubeconfig } from "../kubeconfig";
import { etcdFlags } from "../controlPlane";
import { images, imagesOnNode } from "./programs";

const kubeconfigPath = "/var/lib/kubelet/kubeconfig";
const configurationPath = "/var/lib/kubelet/kubelet.conf";
const preparation = "/opt/kops/prepare-kubelet";

/**
 * What a booted container lacks of a machine. kubelet writes settings of the kernel that are this machine's: it gets files in their
 * places. The image of a container is unpacked once.
 */
const prepareScript = `#!/bin/sh
set -eu
ln -sf /dev/null /dev/kmsg
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  file=/run/kernel/$setting
  [ ! -e "$file" ] || continue
  mkdir -p "$(dirname "$file")"
  cp "/proc/sys/$setting" "$file"
  mount --bind "$file" "/proc/sys/$setting"
done
for group in /sys/fs/cgroup/*/cgroup.procs; do mount -o remount,rw,bind "$(dirname "$group")"; done
until ctr version >/dev/null 2>&1; do sleep 0.1; done
for archive in ${imagesOnNode}/*.tar; do
  [ -e "$archive.unpacked" ] || ctr --namespace k8s.io images import --snapshotter native "$archive"
  touch "$archive.unpacked"
done
`;

/**
 * What a container may not do, and this machine may not either, is left out: keyrings, and protection from the kernel's OOM killer.
 * An overlay cannot lie on an overlay.
 */
const containerdConfiguration = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${images.pause}"
  stream_server_port = "10010"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        NoNewKeyring = true
`;

/** Control groups are of version 1 here, with which kubelet starts only when it is told to. */
const kubeletConfiguration = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  staticPodPath: "/etc/kubernetes/manifests",
  containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  cgroupDriver: "cgroupfs",
  failCgroupV1: false,
  failSwapOn: false,
  localStorageCapacityIsolation: false,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: false },
    x509: { clientCAFile: "/srv/kubernetes/ca.crt" },
  },
  authorization: { mode: "AlwaysAllow" },
};

type Volume = { name: string; path: string; type: "File" | "FileOrCreate" | "Directory" | "DirectoryOrCreate" };

const mounted = (volumes: readonly Volume[]) => ({
  mounts: volumes.map(({ name, path }) => ({ name, mountPath: path })),
  volumes: volumes.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
});

/** @param manifest the API server's, as the stand-in for kubelet takes it */
function apiServerPod(manifest: string): string {
  const { mounts, volumes } = mounted([
    { name: "files", path: "/srv/kubernetes", type: "Directory" },
    { name: "log", path: "/var/log/kube-apiserver.log", type: "FileOrCreate" },
  ]);
  // kOps' sidecar asks 127.0.0.1:443 for /livez, and its image is not to be had (kops nodeup/pkg/model/kube_apiserver.go, livenessProbe).
  const livenessProbe = {
    tcpSocket: { host: "127.0.0.1", port: 443 },
    ...{ initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 15, failureThreshold: 8 },
  };
  const ofContainer = stringify({ livenessProbe, volumeMounts: mounts }).replaceAll(/^(?=.)/gm, "    ");
  const ofPod = stringify({ volumes }).replaceAll(/^(?=.)/gm, "  ");
  return `${manifest.replace("  hostNetwork: true\n", () => `${ofContainer}  hostNetwork: true\n`)}${ofPod}`;
}

function etcdPod(): string {
  const { mounts, volumes } = mounted([
    { name: "files", path: "/srv/kubernetes/kube-apiserver", type: "Directory" },
    { name: "data", path: "/var/lib/etcd", type: "DirectoryOrCreate" },
    { name: "log", path: "/var/log/etcd.log", type: "FileOrCreate" },
  ]);
  const command = ["/go-runner", "--log-file=/var/log/etcd.log", "--also-stdout", "/usr/local/bin/etcd", ...etcdFlags];
  return stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "etcd-main", namespace: "kube-system", labels: { "k8s-app": "etcd-manager-main" } },
    spec: {
      containers: [{ name: "etcd", image: images.etcd, command, volumeMounts: mounts }],
      hostNetwork: true,
      priorityClassName: "system-cluster-critical",
      volumes,
    },
  });
}

/**
 * @param kops a node with the stand-in for kubelet
 * @param layers those of `kubeletPrograms`
 */
export function withKubelet(kops: KopsNode, layers: readonly string[], cluster: string): KopsNode {
  const replaced = ["/usr/local/bin/kubelet", "/etc/systemd/system/etcd.service"];
  const kept = Object.fromEntries(Object.entries(kops.files).filter(([path]) => !replaced.includes(path)));
  const files: NodeFiles = {
    [ownControllersMark]: { text: "" },
    [preparation]: { text: prepareScript, mode: 0o755 },
    "/etc/containerd/config.toml": { text: containerdConfiguration },
    "/etc/systemd/system/containerd.service": unit("containerd", [
      "After=network.target",
      "[Service]",
      "ExecStart=/usr/bin/containerd",
      "Delegate=yes",
      "KillMode=process",
      "Restart=always",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
    "/etc/systemd/system/kubelet.service": unit("Kubernetes Kubelet Server", [
      "Requires=containerd.service",
      "After=containerd.service",
      "[Service]",
      `ExecStartPre=${preparation}`,
      `ExecStart=/usr/local/bin/kubelet --config=${configurationPath} --kubeconfig=${kubeconfigPath} ` +
        `--hostname-override=node --node-ip=${node.primaryPrivateIp}`,
      "Restart=always",
      "RestartSec=2s",
      "KillMode=process",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
    [configurationPath]: { text: stringify(kubeletConfiguration) },
    // kOps' kubelet, too, asks the API server at 127.0.0.1 (kops nodeup/pkg/model/context.go).
    [kubeconfigPath]: { text: kubeconfig(cluster, "https://127.0.0.1", "kubelet"), mode: 0o600 },
    "/etc/kubernetes/manifests/etcd.manifest": { text: etcdPod() },
    [nodeupManifest]: { text: apiServerPod(kops.files[nodeupManifest]?.text ?? "") },
  };
  return {
    layers: [...kops.layers, ...layers],
    files: { ...kept, ...files },
    units: ["containerd.service", ...kops.units.filter((each) => each !== "etcd.service")],
  };
}
