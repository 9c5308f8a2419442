/** Settings as people type them, plausible and hostile ones, for tests that try many. */
import fc from "fast-check";
import { ed25519 } from "../support/ed25519";

export const project = "kops-secondary-ingress";
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm";
/** Private keys, without and with a passphrase. */
export const key = ed25519().private;
export const locked = ed25519("secret").private;

const ppk = "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n";

/** A stack's settings, by key. */
export type Config = Record<string, unknown>;

/** As the engine hands a stack's file over: lists and maps as JSON, everything else as text. */
export const handedOver = (config: Config): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      `${project}:${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    "",
    " ",
    "null",
    "true",
    "0",
    "-1",
    "1e3",
    "~",
    "[]",
    "{}",
    "$(reboot)",
    "a;b",
    "a'b",
    'a"b',
    "a\nb",
    "%41",
  ),
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.1, 4711, 1e20, [], {}, [[]], ["a"], { a: "b" }, { a: { b: 1 } }),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const either = (...plausible: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...plausible) }, { weight: 1, arbitrary: hostile });
const listOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: fc.array(item, { maxLength: 4 }) }, { weight: 1, arbitrary: hostile });
const mapOf = (fields: Record<string, fc.Arbitrary<unknown>>, required: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record(fields, { requiredKeys: required, noNullPrototype: true }) },
    { weight: 1, arbitrary: hostile },
  );

const names = [
  ...["app.example.com", "*.apps.example.com", "bücher.example.com", "App.Example.com."],
  ...["api.k8s.example.com", "https://app.example.com/", "app.example.com:443", "app.example.com, www.example.com"],
];
const ranges = [
  ...["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/8", "192.0.2.7", "::/0", "10.0.0.0/33", "10.0.0.0/08", "any"],
  ...["0.0.0.0", "2001:db8::/32", "10.0.0.0/255.0.0.0", "10.0.0.0/8 192.0.2.7"],
];
const users = ["ubuntu", "jane.doe", "Jane", "CORP\\jane", "-x", "a b"];
const hop = {
  host: either(
    ...["node.example.com", "bastion", "2001:db8::1", "[2001:db8::1]", "192.0.2.1", "999.1.1.1", "me@host", "host:22"],
    ...["bücher.example", "ssh://me@host:2222", "-x@host:99999", "[::1]:0", null],
  ),
  port: either(22, "2222", 0, 65536),
  user: either(...users),
  hostKey: either(
    hostKey,
    `${hostKey} root@node`,
    `node ${hostKey}\n`,
    "SHA256:yIqQ9kDG",
    "ssh-rsa AAAAB3NzaC1yc2E=",
    "ssh-ed25519 AAAA",
  ),
};
const tagName = fc.oneof(
  fc.constantFrom("CostCenter", "cost center", "a.b", "it's", 'a"b', "aws:x", "Name", "k8s.io/role/master", "Größe"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).filter((name) => name !== "__proto__"),
);

/** As careful people type them. */
const fine: fc.Arbitrary<Config> = fc.record(
  {
    mode: fc.constantFrom("dual-ip", "node-port", "load-balancer"),
    clusterName: fc.constant("k8s.example.com"),
    appDomains: fc.array(fc.constantFrom(...names.slice(0, 4)), { minLength: 1, maxLength: 3 }),
    secondaryPrivateIp: fc.constant("172.20.45.38"),
    httpsNodePort: fc.constantFrom("30443", 31443),
    allowedCidrs: fc.array(fc.constantFrom("10.0.0.0/8", "192.0.2.7"), { minLength: 1, maxLength: 3 }),
    apiAllowedCidrs: fc.array(fc.constantFrom("10.0.0.0/8", "192.0.2.7"), { maxLength: 3 }),
    forceApiAllowedCidrs: fc.constant("true"),
    apiForwarder: fc.constantFrom("socat", "socket-proxyd"),
    primaryAddress: fc.constantFrom("keep", "elastic-ip"),
    route53ZoneId: fc.constantFrom("Z0123456789ABC", "/hostedzone/Z0123456789ABC"),
    onDestroy: fc.constantFrom("restore", "retain"),
    adopt: fc.constantFrom("true", "false"),
    tags: fc.constantFrom({ team: "platform" }, { "cost center": 4711 }),
    ssh: fc.constantFrom(
      { user: "jane.doe", hostKey: `node ${hostKey}`, host: "[2001:db8::1]" },
      { user: "ubuntu", hostKey, proxy: { host: "bastion", user: "Jane", hostKey, port: "2222" } },
    ),
    sshPrivateKey: fc.constantFrom(key, key.replaceAll("\n", "\\n")),
  },
  { requiredKeys: ["mode", "clusterName", "appDomains", "forceApiAllowedCidrs", "ssh"], noNullPrototype: true },
);

/** Of every key, and of some that nobody knows. */
const careless: fc.Arbitrary<Config> = fc.record(
  {
    mode: either("dual-ip", "node-port", "load-balancer", "dual", "DualIp", "loadbalancer", " node_port\n"),
    clusterName: either("k8s.example.com", "K8s.example.com.", "k8s", "10.0.0.1"),
    appDomains: fc.oneof(
      { weight: 4, arbitrary: listOf(either(...names)) },
      { weight: 1, arbitrary: either(...names) },
    ),
    networkInterfaceId: either("eni-0123456789abcdef0", "eni-1", ""),
    secondaryPrivateIp: either("172.20.45.38", "172.20.45.38/16", "172.20.45", "::1", ""),
    allocationId: either("eipalloc-0123456789abcdef0", "203.0.113.10", ""),
    httpsNodePort: either("30443", "30080", "443", 30443),
    httpNodePort: either("30080", "30443", "31000"),
    allowedCidrs: fc.oneof(
      { weight: 4, arbitrary: listOf(either(...ranges)) },
      { weight: 1, arbitrary: either(...ranges) },
    ),
    apiAllowedCidrs: listOf(either(...ranges)),
    apiForwarder: either("socat", "socket-proxyd", "1"),
    apiLocalPort: either("8443", "443", "6443"),
    proxyProtocol: either("true", "false", "yes"),
    keepAddress: either("true", "false"),
    route53ZoneId: either("Z0123456789ABC", "/hostedzone/Z0123456789ABC", "example.com"),
    dnsTtl: either("60", "0", "60s"),
    healthChecks: either("true", "false"),
    reinstall: either("2", "a b"),
    formerStack: either("kops-secondary-ingress/prod", "acme/kops-secondary-ingress/prod", "prod"),
    tags: fc.oneof(
      fc
        .integer({ min: 44, max: 48 })
        .map((count) => Object.fromEntries([...Array(count).keys()].map((i) => [`t${i}`, "x"]))),
      fc.dictionary(tagName, either("platform", "4711", 4711, "a\nb", "a;b"), { maxKeys: 3, noNullPrototype: true }),
      hostile,
    ),
    ssh: mapOf({ ...hop, proxy: mapOf(hop, []), hots: fc.constant("x") }, ["user", "hostKey"]),
    sshPrivateKey: either(
      key,
      key.replaceAll("\n", "\\n"),
      key.replaceAll("\n", "\r\n"),
      locked,
      "~/.ssh/id_ed25519",
      ppk,
    ),
    adopt: either("true", "false", "yes", "Off"),
    forceApiAllowedCidrs: either("true", "false"),
    crossZone: either("true", "false"),
    primaryAddress: either("keep", "elastic-ip", "eip"),
    overwriteRecords: either("true", "false"),
    onDestroy: either("restore", "retain", "keep"),
    appDomain: either("x"),
    "it's": either("x"),
    'say "it\u2019s"': either("x"),
  },
  { requiredKeys: ["mode", "clusterName"], noNullPrototype: true },
);

export const typed: fc.Arbitrary<Config> = fc.oneof({ weight: 4, arbitrary: careless }, { weight: 1, arbitrary: fine });
