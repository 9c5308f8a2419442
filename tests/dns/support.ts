/** Arbitrary names, records and zones for the properties. */
import fc from "fast-check";
import type { StackOutputs } from "../../outputs/stackOutputs";
import type { DnsRecord } from "../../outputs/records";
import type { RecordSet } from "../../dns/recordSets";

/** As parsed JSON is. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true });
const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9_-]{0,8}[a-z0-9])?$/);
const ttl = fc.integer({ min: 0, max: 2147483647 });
const values = <T extends string>(value: fc.Arbitrary<T>): fc.Arbitrary<string[]> =>
  fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map((all) => all.toSorted());

export const names = fc.uniqueArray(
  fc
    .tuple(fc.boolean(), fc.array(label, { minLength: 0, maxLength: 2 }))
    .map(([wildcard, labels]) => [...(wildcard ? ["*"] : []), ...labels, "example.com."].join(".")),
  { minLength: 1, maxLength: 5 },
);

/** Sorted by name, as the stack has them. */
export const recordsOf = (all: readonly string[]): fc.Arbitrary<DnsRecord[]> =>
  fc.tuple(
    ...all
      .toSorted()
      .map((name) =>
        record({ name: fc.constant(name), type: fc.constant("A" as const), ttl, values: values(fc.ipV4()) }),
      ),
  );
export const records: fc.Arbitrary<DnsRecord[]> = names.chain(recordsOf);

/** What a zone may hold at a name: a CNAME alone, or addresses. */
const stateOf = (name: string): fc.Arbitrary<RecordSet[]> => {
  const set = (type: RecordSet["type"], value: fc.Arbitrary<string>): fc.Arbitrary<RecordSet> =>
    record({ name: fc.constant(name), type: fc.constant(type), ttl, values: values(value) });
  const addresses = fc.tuple(
    fc.option(set("A", fc.ipV4()), { nil: undefined }),
    fc.option(set("AAAA", fc.constantFrom("2001:db8::1", "2001:db8::2")), { nil: undefined }),
  );
  return fc.oneof(
    set("CNAME", fc.constant("old.example.net.")).map((alias) => [alias]),
    addresses.map((sets) => sets.filter((one) => one !== undefined)),
  );
};

/** Records to publish, and a zone in which some of their names lead somewhere else, or there already. */
export const cutOvers = names.chain((all) =>
  record({
    wanted: recordsOf(all),
    zone: fc.tuple(...all.map(stateOf), stateOf("beside.example.com.")).map((states) => states.flat()),
  }),
);

export const outputs = (change: Partial<StackOutputs> = {}): StackOutputs => ({
  mode: "dual-ip",
  ready: true,
  clusterName: "k8s.example.com",
  instanceId: "i-0a1b2c3d4e5f60001",
  networkInterfaceId: "eni-0a1b2c3d4e5f60001",
  primaryPrivateIp: "172.20.45.37",
  apiPublicIp: "198.51.100.37",
  secondaryPrivateIp: "172.20.45.38",
  ingressPublicIp: "203.0.113.10",
  ingressPort: 443,
  ingressHttpPort: 80,
  ingressUrls: ["https://203.0.113.10"],
  allocationId: "eipalloc-0a1b2c3d4e5f60001",
  securityGroupId: "sg-0a1b2c3d4e5f60001",
  statsPassword: "[secret]",
  dns: {
    schemaVersion: 1,
    ready: true,
    records: [
      { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] },
      { name: "shop.example.org.", type: "A", ttl: 60, values: ["203.0.113.10"] },
    ],
  },
  ...change,
});
