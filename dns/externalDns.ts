/** external-dns' DNSEndpoint, for its `crd` source. */
import { stringify } from "yaml";
import type { DnsRecord } from "../outputs/records";

/** @param name of the Kubernetes object */
export function dnsEndpoint(records: readonly DnsRecord[], name: string): string {
  return stringify({
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name },
    spec: {
      endpoints: records.map((record) => ({
        // https://kubernetes-sigs.github.io/external-dns/latest/docs/sources/crd/: names without the trailing dot.
        dnsName: record.name.replace(/\.$/, ""),
        recordType: record.type,
        recordTTL: record.ttl,
        targets: record.values,
      })),
    },
  });
}
