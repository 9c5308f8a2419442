/** What serves the cluster's Services on the node and connects its only pod, the ingress controller. */
import type { KopsNode } from "../node/kopsNode";

export interface PodNetwork extends KopsNode {
  /** Manifests beside the node and the Service. */
  objects: readonly object[];
}

/** kOps' pod address range; each node gets a part of it. */
export const podRange = "100.96.0.0/11";
export const nodePodRange = "100.96.0.0/24";

/** Name of the pod's network namespace on the node. */
export const podNamespace = "pod";

/** The only endpoint of the Service. */
export const endpointSlice = (podIp: string): object => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "ingress-1", namespace: "default", labels: { "kubernetes.io/service-name": "ingress" } },
  addressType: "IPv4",
  ports: [
    { name: "https", port: 443, protocol: "TCP" },
    { name: "http", port: 80, protocol: "TCP" },
  ],
  endpoints: [{ addresses: [podIp], conditions: { ready: true } }],
});
