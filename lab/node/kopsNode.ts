/** Common to both control planes of the lab: the static pod of the API server, nodeup and kubelet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubernetesVersion } from "../kubernetes/versions";
import { type CertificateName, keyPair } from "./certificates";

/** Path on the node → text and mode (default 0644). */
export type NodeFiles = Record<string, { text: string; mode?: number }>;

/** What turns a bare node into a kOps node, with either the light stand-ins or the real programs. */
export interface KopsNode {
  /** Overlay directories on the image, the topmost last. */
  layers: readonly string[];
  files: NodeFiles;
  /** Units that are enabled at boot. */
  units: readonly string[];
}

/** Path of kOps' static pod for the API server (kops nodeup/pkg/model/kube_apiserver.go). */
export const apiManifest = "/etc/kubernetes/manifests/kube-apiserver.manifest";

/** The manifest that nodeup's stand-in installs, and its delay in seconds. */
export const nodeupManifest = "/opt/kops/kube-apiserver.manifest";
export const nodeupDelay = "/var/lib/nodeup-delay";

/** The instance group that nodeup's stand-in applies, if the file exists. */
export const instanceGroupFile = "/opt/kops/instance-group.yaml";

/** kOps' service address range; the API's own is the first. */
export const serviceRange = "100.64.0.0/13";
export const apiServiceIp = "100.64.0.1";

/**
 * The static pod that nodeup writes: flags, order and files of kops
 * nodeup/pkg/model/tests/golden/minimal/tasks-kube-apiserver.yaml with `SecurePort = 443` and `BindAddress = "0.0.0.0"`
 * of pkg/model/components/apiserver.go. No `--advertise-address`.
 */
function staticPod(cluster: string): string {
  const files = "/srv/kubernetes/kube-apiserver";
  const flags = [
    "--allow-privileged=true",
    "--anonymous-auth=false",
    "--api-audiences=kubernetes.svc.default",
    "--apiserver-count=1",
    "--authorization-mode=Node,RBAC",
    "--bind-address=0.0.0.0",
    "--client-ca-file=/srv/kubernetes/ca.crt",
    "--enable-admission-plugins=DefaultStorageClass,DefaultTolerationSeconds,LimitRanger,MutatingAdmissionWebhook,NamespaceLifecycle,NodeRestriction,ResourceQuota,RuntimeClass,ServiceAccount,ValidatingAdmissionPolicy,ValidatingAdmissionWebhook",
    `--etcd-cafile=${files}/etcd-ca.crt`,
    `--etcd-certfile=${files}/etcd-client.crt`,
    `--etcd-keyfile=${files}/etcd-client.key`,
    "--etcd-servers=https://127.0.0.1:4001",
    `--kubelet-client-certificate=${files}/kubelet-api.crt`,
    `--kubelet-client-key=${files}/kubelet-api.key`,
    "--kubelet-preferred-address-types=InternalIP,Hostname,ExternalIP",
    `--proxy-client-cert-file=${files}/apiserver-aggregator.crt`,
    `--proxy-client-key-file=${files}/apiserver-aggregator.key`,
    "--requestheader-allowed-names=aggregator",
    `--requestheader-client-ca-file=${files}/apiserver-aggregator-ca.crt`,
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-username-headers=X-Remote-User",
    "--secure-port=443",
    `--service-account-issuer=https://api.internal.${cluster}`,
    `--service-account-jwks-uri=https://api.internal.${cluster}/openid/v1/jwks`,
    `--service-account-key-file=${files}/service-account.pub`,
    `--service-account-signing-key-file=${files}/service-account.key`,
    `--service-cluster-ip-range=${serviceRange}`,
    "--storage-backend=etcd3",
    `--tls-cert-file=${files}/server.crt`,
    `--tls-private-key-file=${files}/server.key`,
    "--v=2",
  ];
  return `apiVersion: v1
kind: Pod
metadata:
  labels:
    k8s-app: kube-apiserver
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - args:
    - --log-file=/var/log/kube-apiserver.log
    - --also-stdout
    - /usr/local/bin/kube-apiserver
${flags.map((flag) => `    - ${flag}`).join("\n")}
    command:
    - /go-runner
    image: registry.k8s.io/kube-apiserver:${kubernetesVersion}
    name: kube-apiserver
  hostNetwork: true
  priorityClassName: system-cluster-critical
`;
}

/** Bind address of a moved API server: loopback as in the original write-up, or all addresses. */
export type MovedApiAddress = "127.0.0.1" | "0.0.0.0";

/** The manual edit that moves the API server from :443. Runs on the node. */
export function moveApiServer(address: MovedApiAddress): string {
  return `sed -i -e 's/--secure-port=.*/--secure-port=8443/' -e 's/--bind-address=.*/--bind-address=${address}/' ${apiManifest}`;
}

/** A program from `programs/`. */
export const program = (name: string): { text: string; mode: number } => ({
  text: readFileSync(join(__dirname, "programs", name), "utf8"),
  mode: 0o755,
});

export const unit = (description: string, lines: readonly string[]): { text: string } => ({
  text: ["[Unit]", `Description=${description}`, ...lines, ""].join("\n"),
});

/** The files that the API server reads, at kOps' paths. */
function apiServerKeys(): NodeFiles {
  const files = "/srv/kubernetes/kube-apiserver";
  const read = (path: string, mode = 0o644): { text: string; mode: number } => ({
    text: readFileSync(path, "utf8"),
    mode,
  });
  const pair = (name: CertificateName, path: string): NodeFiles => ({
    [`${path}.crt`]: read(keyPair(name).certificate),
    [`${path}.key`]: read(keyPair(name).key, 0o600),
  });
  const authority = read(keyPair("cluster-authority").certificate);
  return {
    "/srv/kubernetes/ca.crt": authority,
    [`${files}/etcd-ca.crt`]: authority,
    [`${files}/apiserver-aggregator-ca.crt`]: authority,
    ...pair("api-server", `${files}/server`),
    ...pair("etcd", `${files}/etcd-client`),
    ...pair("kubelet-api", `${files}/kubelet-api`),
    ...pair("aggregator", `${files}/apiserver-aggregator`),
    [`${files}/service-account.pub`]: read(keyPair("service-account").certificate),
    [`${files}/service-account.key`]: read(keyPair("service-account").key, 0o600),
  };
}

/** nodeup, kubelet and the static pod, with the originals' names, files and boot order. */
export function kopsFiles(cluster: string): NodeFiles {
  return {
    ...apiServerKeys(),
    [nodeupManifest]: { text: staticPod(cluster) },
    [nodeupDelay]: { text: "0\n" },
    "/opt/kops/nodeup": program("nodeup"),
    "/opt/kops/nodeup-tasks": program("nodeup-tasks.py"),
    "/usr/local/bin/kubelet": program("kubelet.py"),
    "/etc/systemd/system/kops-configuration.service": unit("Run kOps bootstrap (nodeup)", [
      "After=network.target",
      "[Service]",
      "Type=oneshot",
      "ExecStart=/opt/kops/nodeup",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
    "/etc/systemd/system/kubelet.service": unit("Kubernetes Kubelet Server", [
      "[Service]",
      "ExecStart=/usr/local/bin/kubelet",
      "Restart=always",
      "RestartSec=2s",
      "KillMode=mixed",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
  };
}

export const kopsUnits = ["kops-configuration.service", "kubelet.service"] as const;

/** The ingress controller: nginx with the application's certificate, on the given addresses. */
export function ingressFiles(https: string, http: string): NodeFiles {
  return {
    "/etc/ingress/app.crt": { text: readFileSync(keyPair("app").certificate, "utf8") },
    "/etc/ingress/app.key": { text: readFileSync(keyPair("app").key, "utf8"), mode: 0o600 },
    "/etc/ingress/nginx.conf": {
      text: `worker_processes 1;
pid /run/ingress.pid;
error_log stderr;
events { worker_connections 16384; }
http {
  access_log off;
  default_type text/plain;
  server {
    listen ${https} ssl;
    ssl_certificate /etc/ingress/app.crt;
    ssl_certificate_key /etc/ingress/app.key;
    location / { return 200 "ingress https $host\\n"; }
  }
  server {
    listen ${http};
    location / { return 200 "ingress http $host\\n"; }
  }
}
`,
    },
    "/etc/systemd/system/ingress.service": unit("Ingress controller", [
      "After=network.target",
      "StartLimitIntervalSec=0",
      "[Service]",
      "ExecStart=/usr/sbin/nginx -c /etc/ingress/nginx.conf -g 'daemon off;'",
      "Restart=always",
      "RestartSec=200ms",
      "[Install]",
      "WantedBy=multi-user.target",
    ]),
  };
}
