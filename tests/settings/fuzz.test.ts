/** Settings as people type them: accepted, or refused in one message whose fixes, applied as the engine does, are accepted. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, type Fault, readConfig } from "../../settings/read";
import { ed25519 } from "../support/ed25519";

const project = "kops-secondary-ingress";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm";
const key = ed25519().private;
const locked = ed25519("secret").private;

type Config = Record<string, unknown>;

/** As the engine hands a stack's file over: lists and maps as JSON, everything else as text. */
const handedOver = (config: Config): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      `${project}:${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

function faultsOf(config: Config): readonly Fault[] {
  try {
    readConfig(project, handedOver(config), "prod");
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults;
  }
  return [];
}

/** The engine's parts of `tags["a b"].c[0]`. */
const partsOf = (path: string): (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[\]]+)/g)].map(([, index, quoted, plain]) =>
    index === undefined ? (plain ?? (JSON.parse(`"${quoted}"`) as string)) : Number(index),
  );

/** What `pulumi config set --path` makes of a value. */
const scalarOf = (value: string): unknown =>
  /^(?:true|false)$/.test(value) ? value === "true" : /^-?(?:0|[1-9]\d{0,17})$/.test(value) ? Number(value) : value;

const isContainer = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === "object" && value !== null;

/** @throws as Pulumi does, for what stands in the way */
function setAt(config: Config, [first = "", ...inside]: (string | number)[], value: unknown): void {
  let whole: Record<string | number, unknown> = config;
  let last: string | number = first;
  for (const part of inside) {
    const there = whole[last];
    if (there === undefined || (whole === config && !isContainer(there)))
      whole[last] = typeof part === "number" ? [] : {};
    const next = whole[last];
    assert.ok(isContainer(next), `${last}: expected a map`);
    assert.equal(Array.isArray(next), typeof part === "number", "a list and a map take different parts");
    if (Array.isArray(next)) assert.ok((part as number) <= next.length, `[${part}]: array index out of range`);
    [whole, last] = [next, part];
  }
  whole[last] = value;
}

function removeAt(config: Config, path: (string | number)[]): void {
  const last = path.at(-1) ?? "";
  const whole = path.slice(0, -1).reduce<unknown>((each, part) => (isContainer(each) ? each[part] : undefined), config);
  if (Array.isArray(whole)) whole.splice(Number(last), 1);
  else if (isContainer(whole)) Reflect.deleteProperty(whole, last);
}

const quoted = `'(?:[^']*)'|[\\w:.-]+`;
const command = new RegExp(
  `^(?:cat (?<file>\\S+) \\| )?pulumi config (?<verb>set|rm) --stack prod (?:--secret )?(?<path>--path )?(?<name>${quoted})(?: (?<value>'[^']*'|\\S+))?$`,
);
const unquoted = (word: string): string => word.replace(/^'(.*)'$/s, "$1");

/** Runs a printed fix on the settings. What a person has to fill in is filled in. */
function apply(config: Config, fix: string): void {
  for (const line of fix.split("; ")) {
    const { verb, path, name = "", value, file } = command.exec(line)?.groups ?? assert.fail(`no command: ${line}`);
    const place = unquoted(name).slice(project.length + 1);
    const parts = path ? partsOf(place) : [place];
    if (verb === "rm") removeAt(config, parts);
    else if (file !== undefined) setAt(config, parts, key);
    else {
      const typed = unquoted(value ?? "").replace("ssh-ed25519 AAAA…", hostKey);
      setAt(config, parts, path ? scalarOf(typed) : typed);
    }
  }
}

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

const names = ["app.example.com", "*.apps.example.com", "bücher.example", "App.Example.com.", "api.k8s.example.com"];
const ranges = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/8", "192.0.2.7", "::/0", "10.0.0.0/33", "10.0.0.0/08", "any"];
const users = ["ubuntu", "jane.doe", "Jane", "CORP\\jane", "-x", "a b"];
const hop = {
  host: either("node.example.com", "bastion", "2001:db8::1", "192.0.2.1", "999.1.1.1", "me@host", "host:22"),
  port: either(22, "2222", 0, 65536),
  user: either(...users),
  hostKey: either(hostKey, `${hostKey} root@node`, "ssh-rsa AAAAB3NzaC1yc2E=", "ssh-ed25519 AAAA"),
};
const tagName = fc.oneof(
  fc.constantFrom("CostCenter", "cost center", "a.b", "it's", 'a"b', "aws:x", "Name", "k8s.io/role/master", "Größe"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).filter((name) => name !== "__proto__"),
);

const typed: fc.Arbitrary<Config> = fc.record(
  {
    mode: either("dual-ip", "node-port", "load-balancer", "dual"),
    clusterName: either("k8s.example.com", "K8s.example.com", "k8s", "10.0.0.1"),
    appDomains: listOf(either(...names)),
    networkInterfaceId: either("eni-0123456789abcdef0", "eni-1"),
    secondaryPrivateIp: either("172.20.45.38", "172.20.45", "::1"),
    allocationId: either("eipalloc-0123456789abcdef0", "203.0.113.10"),
    httpsNodePort: either("30443", "30080", "443", 30443),
    httpNodePort: either("30080", "30443", "31000"),
    allowedCidrs: listOf(either(...ranges)),
    apiAllowedCidrs: listOf(either(...ranges)),
    apiForwarder: either("socat", "socket-proxyd", "1"),
    apiLocalPort: either("8443", "443", "6443"),
    proxyProtocol: either("true", "false", "yes"),
    keepAddress: either("true", "false"),
    route53ZoneId: either("Z0123456789ABC", "/hostedzone/Z0123456789ABC", "example.com"),
    dnsTtl: either("60", "0", "60s"),
    healthChecks: either("true", "false"),
    reinstall: either("2", "a b"),
    formerStack: either("kops-secondary-ingress/prod", "prod"),
    tags: fc.oneof(
      fc.dictionary(tagName, either("platform", "4711", 4711, "a\nb", "a;b"), { maxKeys: 3, noNullPrototype: true }),
      hostile,
    ),
    ssh: mapOf({ ...hop, proxy: mapOf(hop, []), hots: fc.constant("x") }, ["user", "hostKey"]),
    sshPrivateKey: either(key, key.replaceAll("\n", "\\n"), key.replaceAll("\n", "\r\n"), locked, "~/.ssh/id_ed25519"),
    appDomain: either("x"),
  },
  { requiredKeys: ["mode", "clusterName"], noNullPrototype: true },
);

/** `FUZZ_RUNS` and `FUZZ_SEED` for a long run, or the same again. */
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 300);
const seed = process.env["FUZZ_SEED"];

describe("settings of every kind", function () {
  this.timeout(600_000);

  it(`are accepted, or refused once with fixes that are accepted (${numRuns} runs)`, () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(typed, (given) => {
        const config = structuredClone(given);
        const faults = faultsOf(config);
        if (faults.length === 0) accepted += 1;
        else refused += 1;
        for (const { key: place, problem } of faults) {
          assert.match(problem, /^expected [^]+found /, place);
          assert.ok(!problem.includes(key.slice(60, 90)) && !problem.includes(locked.slice(60, 90)), "shows a key");
        }
        // Backwards: the places of a list move when a part of it goes.
        for (const { fix } of [...faults].reverse()) apply(config, fix);
        assert.deepEqual(faultsOf(config), [], JSON.stringify(faults, undefined, 1));
      }),
      { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
    assert.ok(refused > numRuns / 10, `only ${refused} refused and ${accepted} accepted`);
  });
});
