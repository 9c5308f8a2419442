/**
 * What kOps and Kubernetes put on the node, in the light form: nodeup, kubelet, the API server and the ingress controller.
 * Each is a systemd unit with the name, the files and the ports of the original.
 */
import { node } from "../network/addresses";

/** Path on the node → text and permissions. */
export type NodeFiles = Record<string, { text: string; mode?: number }>;

/** Where kOps keeps the API server's static pod (kops nodeup/pkg/model/kube_apiserver.go). */
export const apiManifest = "/etc/kubernetes/manifests/kube-apiserver.manifest";

/** The manifest as nodeup writes it: `SecurePort = 443`, `BindAddress = "0.0.0.0"`, no `--advertise-address`. */
function untouchedManifest(cluster: string): string {
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
    - --allow-privileged=true
    - --anonymous-auth=false
    - --authorization-mode=Node,RBAC
    - --bind-address=0.0.0.0
    - --etcd-servers=https://127.0.0.1:4001
    - --secure-port=443
    - --service-account-issuer=https://api.internal.${cluster}
    - --service-cluster-ip-range=100.64.0.0/13
    command:
    - /usr/local/bin/kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.35.3
    name: kube-apiserver
  hostNetwork: true
  priorityClassName: system-node-critical
status: {}
`;
}

/** The hand edit of the original write-up: the API server leaves :443 for loopback. Runs on the node. */
export const moveApiServer = `sed -i -e 's/--secure-port=.*/--secure-port=8443/' -e 's/--bind-address=.*/--bind-address=127.0.0.1/' ${apiManifest}`;

const nodeup = `#!/bin/sh
# Stand-in for nodeup: writes the API server's manifest at every boot, on any difference.
set -eu
mkdir -p /etc/kubernetes/manifests
cmp -s /opt/kops/kube-apiserver.manifest ${apiManifest} || {
  cp /opt/kops/kube-apiserver.manifest /opt/kops/.new
  mv /opt/kops/.new ${apiManifest}
}
`;

const kubelet = `#!/bin/bash
# Stand-in for kubelet: runs the API server as its manifest says, of repeated flags the last, and restarts it on a change.
set -u
manifest=${apiManifest}
flag() { grep -oE -- "--$1=[^[:space:]\\"]+" "$manifest" | tail -n1 | cut -d= -f2; }
running=
while :; do
  now=$(sha256sum "$manifest" 2>/dev/null)
  if [ -n "$now" ] && [ "$now" != "$running" ]; then
    port=$(flag secure-port) address=$(flag bind-address)
    if [ -n "$port" ]; then
      cat >/run/kube-apiserver.conf <<CONF
worker_processes 1;
pid /run/kube-apiserver.pid;
error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  server {
    listen \${address:-0.0.0.0}:$port ssl;
    ssl_certificate /etc/kubernetes/pki/api.crt;
    ssl_certificate_key /etc/kubernetes/pki/api.key;
    default_type application/json;
    location / {
      return 401 '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}';
    }
  }
}
CONF
      systemctl restart --no-block kube-apiserver.service
      running=$now
    fi
  fi
  sleep 0.2
done
`;

const ingress = `worker_processes 1;
pid /run/ingress.pid;
error_log stderr;
events { worker_connections 16384; }
http {
  access_log off;
  default_type text/plain;
  server {
    listen ${node.primaryPrivateIp}:PORT_HTTPS ssl;
    ssl_certificate /etc/ingress/app.crt;
    ssl_certificate_key /etc/ingress/app.key;
    location / { return 200 "ingress https $host\\n"; }
  }
  server {
    listen ${node.primaryPrivateIp}:PORT_HTTP;
    location / { return 200 "ingress http $host\\n"; }
  }
}
`;

const unit = (description: string, lines: readonly string[]): string =>
  ["[Unit]", `Description=${description}`, ...lines, ""].join("\n");

/** Every file of the stand-ins; the units in `enabledUnits` start at boot. */
export function standInFiles(cluster: string, httpsNodePort: number, httpNodePort: number): NodeFiles {
  return {
    "/opt/kops/kube-apiserver.manifest": { text: untouchedManifest(cluster) },
    "/opt/kops/nodeup": { text: nodeup, mode: 0o755 },
    "/usr/local/bin/kubelet": { text: kubelet, mode: 0o755 },
    "/etc/ingress/nginx.conf": {
      text: ingress.replace("PORT_HTTPS", `${httpsNodePort}`).replace("PORT_HTTP", `${httpNodePort}`),
    },
    "/etc/systemd/system/kops-configuration.service": {
      text: unit("Run kOps bootstrap (nodeup)", [
        "After=network.target",
        "[Service]",
        "Type=oneshot",
        "ExecStart=/opt/kops/nodeup",
        "[Install]",
        "WantedBy=multi-user.target",
      ]),
    },
    "/etc/systemd/system/kubelet.service": {
      text: unit("Kubernetes Kubelet Server", [
        "[Service]",
        "ExecStart=/usr/local/bin/kubelet",
        "Restart=always",
        "RestartSec=2s",
        "[Install]",
        "WantedBy=multi-user.target",
      ]),
    },
    "/etc/systemd/system/kube-apiserver.service": {
      text: unit("Kubernetes API server, started by kubelet", [
        "StartLimitIntervalSec=0",
        "[Service]",
        "ExecStart=/usr/local/bin/kube-apiserver -c /run/kube-apiserver.conf -g 'daemon off;'",
        "Restart=always",
        "RestartSec=500ms",
      ]),
    },
    "/etc/systemd/system/ingress.service": {
      text: unit("Ingress controller on its NodePorts", [
        "After=network.target",
        "StartLimitIntervalSec=0",
        "[Service]",
        "ExecStart=/usr/sbin/nginx -c /etc/ingress/nginx.conf -g 'daemon off;'",
        "Restart=always",
        "RestartSec=200ms",
        "[Install]",
        "WantedBy=multi-user.target",
      ]),
    },
  };
}

export const enabledUnits = ["kops-configuration.service", "kubelet.service", "ingress.service"] as const;
