/** The DNSEndpoint against what its CustomResourceDefinition allows; the API server drops fields that are not in it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { z } from "zod";
import { dnsEndpoint } from "../../dns/externalDns";
import { records } from "./support";

/** config/crd/standard/dnsendpoints.externaldns.k8s.io.yaml of external-dns, version v1alpha1. */
const label = "[a-zA-Z0-9_]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?";
const endpoint = z.strictObject({
  dnsName: z
    .string()
    .min(1)
    .max(253)
    .regex(new RegExp(`^(\\*\\.)?(${label}\\.)*${label}\\.?$`)),
  recordType: z.enum(["A", "AAAA", "CNAME", "DNAME", "MX", "NAPTR", "NS", "PTR", "SRV", "TLSA", "TXT"]),
  recordTTL: z.int().min(0).max(2147483647).optional(),
  targets: z.array(z.string().min(1).max(4096)).max(1000).optional(),
  setIdentifier: z.string().max(255).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  providerSpecific: z
    .array(z.strictObject({ name: z.string().min(1).max(253), value: z.string().max(4096).optional() }))
    .max(100)
    .optional(),
});
const definition = z.strictObject({
  apiVersion: z.literal("externaldns.k8s.io/v1alpha1"),
  kind: z.literal("DNSEndpoint"),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/) }),
  spec: z.strictObject({ endpoints: z.array(endpoint).max(1000) }),
});

describe("external-dns' DNSEndpoint", () => {
  it("is what the CustomResourceDefinition allows, whatever the records", () => {
    fc.assert(
      fc.property(records, (records) => {
        const { spec } = definition.parse(parse(dnsEndpoint(records, "kops-secondary-ingress")));
        assert.equal(spec.endpoints.length, records.length);
      }),
    );
  });
});
