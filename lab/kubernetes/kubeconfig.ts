/** Kubeconfigs of the cluster's own clients. */
import { readFileSync } from "node:fs";
import { keyPair } from "../node/certificates";

/**
 * A kubeconfig as kOps writes it: SNI is the API's internal name whatever the server's address (kops
 * pkg/kubeconfig/create_kubecfg.go, `TLSServerName = cluster.APIInternalName()`).
 */
export function kubeconfig(cluster: string, server: string, user: "admin" | "kube-proxy" | "kubelet"): string {
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
