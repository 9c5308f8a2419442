/** Reads and checks a stack's settings. All faults are reported at once, each with the command that fixes it. */
import * as ipaddr from "ipaddr.js";
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { apiNameProblem, isApiName } from "./apiNames";
import { ApiForwarder, defaults, IngressMode, OnDestroy, PrimaryAddress } from "./choices";

/** Ports that the layout itself uses on the node, and 443, which is the API's. */
const takenPorts = [80, 443, 8404, 10443, 10444, 10445];

const choice = <T extends string>(values: Record<string, T>) => {
  const words = Object.values(values);
  return z.custom<T>((value) => words.includes(value as T), {
    error: ({ input }) => `expected ${words.slice(0, -1).join(", ")} or ${words.at(-1)}, found ${show(input)}`,
  });
};
const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
const text = (expected: string, test: (value: string) => boolean) =>
  z.custom<string>((value) => typeof value === "string" && test(value), {
    error: ({ input }) => `expected ${expected}, found ${show(input)}`,
  });
const integer = (expected: string, from: number, to: number, except: readonly number[] = []) =>
  z.custom<number>(
    (value) =>
      Number.isInteger(value) &&
      (value as number) >= from &&
      (value as number) <= to &&
      !except.includes(value as number),
    { error: ({ input }) => `expected ${expected}, found ${show(input)}` },
  );

const trueOrFalse = z.boolean({ error: ({ input }) => `expected true or false, found ${show(input)}` });
const nodePort = integer("a NodePort, 30000–32767", 30000, 32767);
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const domainName = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+${label}$`);
/** A canonical IPv4 address: ipaddr.js also takes octal and short forms. */
const isIpv4 = (value: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(value);

/** An IPv4 range whose host bits are zero, as AWS demands. */
function isCidr(value: string): boolean {
  const [address = "", , extra] = value.split("/");
  if (extra !== undefined || !isIpv4(address) || !ipaddr.IPv4.isValidCIDRFourPartDecimal(value)) return false;
  return ipaddr.IPv4.networkAddressFromCIDR(value).toString() === address;
}

/** The key type that an OpenSSH public key says of itself inside, or undefined when it is none. */
function keyTypeOf(key: string): string | undefined {
  const [name = "", data = ""] = key.trim().split(/\s+/);
  const bytes = Buffer.from(data, "base64");
  if (bytes.length < 8 || bytes.toString("base64").replace(/=+$/, "") !== data.replace(/=+$/, "")) return undefined;
  const inner = bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1");
  return inner === name ? inner : undefined;
}

const scan = "get it with `ssh-keyscan -t ed25519 <node>` and compare it with the EC2 console's system log";
const hostKey = z.custom<string>(
  (value) => typeof value === "string" && /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(keyTypeOf(value) ?? ""),
  {
    error: ({ input }) => {
      const kind = typeof input === "string" ? input.trim().split(/\s+/)[0] : undefined;
      const found =
        kind === undefined
          ? "nothing"
          : kind === "ssh-rsa"
            ? "an ssh-rsa key, which SSH servers no longer offer"
            : `'${kind} …'`;
      return `expected the node's SSH host key as 'ssh-ed25519 AAAA…' or 'ecdsa-sha2-nistp… AAAA…', found ${found}; ${scan}`;
    },
  },
);

const host = text("a host name or address", (value) => isIpv4(value) || domainName.test(value.toLowerCase()));
const port = integer("a port, 1–65535", 1, 65535);
const user = text("a login name", (value) => /^[a-z_][a-z0-9_-]{0,31}$/.test(value));
const proxy = z.strictObject({ host, port: port.optional(), user, hostKey });
const ssh = z.strictObject({ host: host.optional(), port: port.optional(), user, hostKey, proxy: proxy.optional() });

const privateKey = z.custom<string>(
  (value) =>
    typeof value === "string" &&
    /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]+\n-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(value),
  { error: () => "expected a private key in PEM form (the value is secret and not shown)" },
);

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: lengths and characters. */
const tagText = (longest: number): RegExp => new RegExp(`^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,${longest}}$`, "u");
/** AWS's, kOps' (whatever carries them, `kops delete cluster` takes) and the program's own. */
const reservedTag =
  /^(aws:|kops-secondary-ingress:)|^(Name|managed-by|KubernetesCluster)$|(^|[./])(k8s|kubernetes)\.io\//i;
const tagKey = text(
  "a tag's name of up to 128 characters that neither AWS, kOps nor this program uses",
  (value) => value !== "" && tagText(128).test(value) && !reservedTag.test(value),
);
const tagValue = text("a tag's value of up to 256 characters", (value) => tagText(256).test(value));

const schema = z.strictObject({
  mode: choice(IngressMode),
  clusterName: text("a cluster's name like k8s.example.com", (value) => domainName.test(value)),
  appDomains: z
    .array(text("a domain name in lower case", (value) => domainName.test(value)))
    .default(defaults.appDomains),
  networkInterfaceId: text("a network interface like eni-0123456789abcdef0", (value) =>
    /^eni-[0-9a-f]{8,17}$/.test(value),
  ).optional(),
  secondaryPrivateIp: text("an IPv4 address", isIpv4).optional(),
  httpsNodePort: nodePort.default(defaults.httpsNodePort),
  httpNodePort: nodePort.default(defaults.httpNodePort),
  allowedCidrs: z
    .array(text("an IPv4 range without host bits, like 10.0.0.0/8", isCidr))
    .min(1, "expected at least one range, found none")
    .default(defaults.allowedCidrs),
  apiAllowedCidrs: z
    .array(text("an IPv4 range without host bits, like 10.0.0.0/8", isCidr))
    .default(defaults.apiAllowedCidrs),
  forceApiAllowedCidrs: trueOrFalse.default(defaults.forceApiAllowedCidrs),
  reinstall: text("up to 64 letters, digits, '.', '_' or '-'", (value) => /^[\w.-]{0,64}$/.test(value)).default(
    defaults.reinstall,
  ),
  apiForwarder: choice(ApiForwarder).default(defaults.apiForwarder),
  apiLocalPort: integer(`a port other than ${takenPorts.join(", ")}`, 1, 65535, takenPorts).default(
    defaults.apiLocalPort,
  ),
  proxyProtocol: trueOrFalse.default(defaults.proxyProtocol),
  crossZone: trueOrFalse.default(defaults.crossZone),
  keepAddress: trueOrFalse.default(defaults.keepAddress),
  primaryAddress: choice(PrimaryAddress).default(defaults.primaryAddress),
  route53ZoneId: text("a hosted zone's id like Z0123456789ABC", (value) => /^Z[A-Z0-9]{1,31}$/.test(value)).optional(),
  dnsTtl: integer("seconds, 1–86400", 1, 86400).default(defaults.dnsTtl),
  overwriteRecords: trueOrFalse.default(defaults.overwriteRecords),
  healthChecks: trueOrFalse.default(defaults.healthChecks),
  onDestroy: choice(OnDestroy).default(defaults.onDestroy),
  formerStack: text("a stack as <project>/<name>", (value) => /^$|^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(value)).default(
    defaults.formerStack,
  ),
  tags: z.record(tagKey, tagValue).default(defaults.tags),
  ssh: ssh.optional(),
  sshPrivateKey: privateKey.optional(),
});

/** A stack's settings, whole and checked one by one and against each other. */
export type Settings = z.output<typeof schema>;
export type SshSettings = z.output<typeof ssh>;

/** A choice as a program writes it: the enum's member or its word. */
type Word<T> = T extends string ? `${T}` : T;

/** A stack's settings as they are given: what has a default may be left out. Keys of other namespaces are whole, like `aws:region`. */
export type StackSettings = {
  [Key in keyof z.input<typeof schema>]: Word<z.input<typeof schema>[Key]>;
} & { [key: `${string}:${string}`]: unknown };

export interface Fault {
  /** The key as `pulumi config` names it, with its path: `ssh.hostKey`. */
  key: string;
  /** What was expected and what was found. */
  problem: string;
  /** The command that fixes it. */
  fix: string;
}

/** The settings of a stack cannot work; nothing has been touched. */
export class ConfigError extends Error {
  constructor(
    stackName: string,
    readonly faults: readonly Fault[],
  ) {
    const lines = faults.map(({ key, problem, fix }) => `  ${key}: ${problem}\n    fix: ${fix}`);
    const count = faults.length === 1 ? "1 setting" : `${faults.length} settings`;
    super(`${count} of stack '${stackName}' cannot work; nothing was changed:\n${lines.join("\n")}`);
    this.name = "ConfigError";
  }
}

/** An example value for each key, for the commands that fix a fault. */
const examples: Record<string, string> = {
  mode: "dual-ip",
  clusterName: "k8s.example.com",
  appDomains: "app.example.com",
  networkInterfaceId: "eni-0123456789abcdef0",
  secondaryPrivateIp: "172.20.45.38",
  httpsNodePort: "30443",
  httpNodePort: "30080",
  allowedCidrs: "0.0.0.0/0",
  apiAllowedCidrs: "192.0.2.0/24",
  forceApiAllowedCidrs: "false",
  reinstall: "2",
  apiForwarder: "socat",
  apiLocalPort: "8443",
  proxyProtocol: "false",
  crossZone: "true",
  keepAddress: "false",
  primaryAddress: "keep",
  route53ZoneId: "Z0123456789ABC",
  dnsTtl: "60",
  overwriteRecords: "false",
  healthChecks: "false",
  onDestroy: "restore",
  formerStack: "kops-secondary-ingress/prod",
  tags: "platform",
  "ssh.host": "node.example.com",
  "ssh.port": "22",
  "ssh.user": "ubuntu",
  "ssh.hostKey": "ssh-ed25519 AAAA…",
  "ssh.proxy.host": "bastion.example.com",
  "ssh.proxy.port": "22",
  "ssh.proxy.user": "ubuntu",
  "ssh.proxy.hostKey": "ssh-ed25519 AAAA…",
};

function fixFor(project: string, stack: string, path: readonly PropertyKey[]): string {
  const [key = "", ...rest] = path.map(String);
  if (key === "sshPrivateKey") {
    return `pulumi config set --stack ${stack} --secret ${project}:sshPrivateKey < ~/.ssh/id_ed25519`;
  }
  const example = examples[path.map(String).join(".")] ?? examples[key] ?? "…";
  if (rest.length === 0 && !["appDomains", "allowedCidrs", "apiAllowedCidrs"].includes(key)) {
    return `pulumi config set --stack ${stack} ${project}:${key} ${example}`;
  }
  const inner =
    rest.length === 0
      ? `${key}[0]`
      : rest.reduce((all, part) => (/^\d+$/.test(part) ? `${all}[${part}]` : `${all}.${part}`), key);
  return `pulumi config set --stack ${stack} --path '${project}:${inner}' '${example}'`;
}

/** The known key that comes closest to an unknown one. */
const nearest = (key: string, known: readonly string[]): string => closest(key, known);

/** Settings arrive as text; objects, lists, numbers and booleans as JSON. */
function parse(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value);
    return parsed;
  } catch {
    return value;
  }
}

/** Keys whose value is text even where it looks like a number. */
const textKeys = [
  "mode",
  "clusterName",
  "networkInterfaceId",
  "secondaryPrivateIp",
  "route53ZoneId",
  "reinstall",
  "formerStack",
  "sshPrivateKey",
];

/** Faults between settings that are each right by themselves. */
function crossFaults(settings: Partial<Settings>, fix: (path: string[]) => string): Fault[] {
  const faults: Fault[] = [];
  const { mode, clusterName, appDomains = [], httpsNodePort, httpNodePort, route53ZoneId } = settings;
  if (clusterName !== undefined) {
    appDomains.forEach((domain, index) => {
      if (isApiName(domain, clusterName)) {
        faults.push({
          key: `appDomains[${index}]`,
          problem: apiNameProblem(domain),
          fix: fix(["appDomains", `${index}`]),
        });
      }
    });
  }
  appDomains.forEach((domain, index) => {
    if (appDomains.indexOf(domain) !== index) {
      faults.push({
        key: `appDomains[${index}]`,
        problem: `expected each name once, found '${domain}' again`,
        fix: fix(["appDomains", `${index}`]),
      });
    }
  });
  if (httpsNodePort !== undefined && httpsNodePort === httpNodePort) {
    faults.push({
      key: "httpNodePort",
      problem: `expected another port than httpsNodePort, found ${httpNodePort} for both`,
      fix: fix(["httpNodePort"]),
    });
  }
  if (mode === IngressMode.DualIp && settings.ssh === undefined) {
    faults.push({
      key: "ssh.user",
      problem: "expected the login on the node, found nothing; mode dual-ip installs files there over SSH",
      fix: fix(["ssh", "user"]),
    });
    faults.push({
      key: "ssh.hostKey",
      problem: `expected the node's SSH host key, found nothing; ${scan}`,
      fix: fix(["ssh", "hostKey"]),
    });
  }
  if (route53ZoneId !== undefined && appDomains.length === 0) {
    faults.push({
      key: "appDomains",
      problem: "expected the names to write into route53ZoneId, found none",
      fix: fix(["appDomains"]),
    });
  }
  const everyone = "0.0.0.0/0";
  if (settings.healthChecks === true) {
    if (mode === IngressMode.NodePort || mode === IngressMode.LoadBalancer) {
      const why =
        mode === IngressMode.NodePort ? "where nothing may cost" : "where the balancer checks its nodes itself";
      faults.push({
        key: "healthChecks",
        problem: `expected false in mode ${mode}, ${why}, found true`,
        fix: fix(["healthChecks"]),
      });
    }
    const closed = [
      ...(settings.allowedCidrs?.includes(everyone) === false ? ["allowedCidrs"] : []),
      ...((settings.apiAllowedCidrs ?? []).length > 0 && !settings.apiAllowedCidrs?.includes(everyone)
        ? ["apiAllowedCidrs"]
        : []),
    ];
    for (const key of closed) {
      faults.push({
        key: "healthChecks",
        problem: `expected ${key} to let in ${everyone}, for Route 53 checks from the internet, found narrower ranges`,
        fix: fix(["healthChecks"]),
      });
    }
  }
  return faults;
}

/**
 * @param project name of the project, which is the namespace of its keys
 * @param all every setting of the stack as `pulumi.runtime.allConfig()` gives it; keys of other namespaces are left alone
 * @throws {ConfigError} naming every fault
 */
export function readConfig(project: string, all: Readonly<Record<string, string>>, stack: string): Settings {
  const known = Object.keys(schema.shape);
  const fix = (path: readonly PropertyKey[]): string => fixFor(project, stack, path);
  const given = Object.entries(all).flatMap(([key, value]) =>
    key.startsWith(`${project}:`) ? [[key.slice(project.length + 1), value] as const] : [],
  );
  const faults: Fault[] = given
    .filter(([key]) => !known.includes(key))
    .map(([key]) => ({
      key,
      problem: `expected a known key, found '${key}'; the nearest is '${nearest(key, known)}'`,
      fix: `pulumi config rm --stack ${stack} ${project}:${key}`,
    }));
  const values = Object.fromEntries(
    given
      .filter(([key]) => known.includes(key))
      .map(([key, value]) => [key, textKeys.includes(key) ? value : parse(value)]),
  );
  const result = schema.safeParse(values);
  const wrong = new Set<string>();
  for (const issue of result.error?.issues ?? []) {
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of paths) {
      wrong.add(String(path[0]));
      const key = path.reduce<string>(
        (name, part) =>
          typeof part === "number" ? `${name}[${part}]` : name ? `${name}.${String(part)}` : String(part),
        "",
      );
      faults.push(
        issue.code === "unrecognized_keys"
          ? {
              key,
              problem: "expected a known key, found this one",
              fix: `pulumi config rm --stack ${stack} --path '${project}:${key}'`,
            }
          : {
              key,
              problem: issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message,
              fix: fix(path),
            },
      );
    }
  }
  const right = Object.fromEntries(
    Object.entries(result.success ? result.data : values).filter(([key]) => !wrong.has(key)),
  );
  faults.push(...crossFaults({ ...(wrong.has("ssh") ? { ssh: {} as SshSettings } : {}), ...right }, fix));
  if (faults.length > 0 || !result.success) throw new ConfigError(stack, faults);
  return result.data;
}
