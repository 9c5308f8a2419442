/** The kinds of values that settings have. Each check's message says what it expects and what it found. */
import { z } from "zod";
import { canonicalDomain, isDomain } from "./domainNames";
import { hostKey } from "./hostKey";
import { canonicalHost, isHost } from "./hosts";
import { canonicalKey, privateKeyFault, whatItIs } from "./privateKeys";
import { canonicalRange, isIpv4, isRange } from "./ranges";

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));
/** Of text: its reader has to see that a number was given, which looks right. */
const showToText = (value: unknown): string => (typeof value === "number" ? `the number ${value}` : show(value));

/** The error of a check that expects something other than its input. */
const expecting = (expected: string) => ({
  error: ({ input }: { input?: unknown }): string => `expected ${expected}, found ${show(input)}`,
});

const asTyped = (value: string): string => value;
const trimmed = (value: string): string => value.trim();

/** @param canonical what is tested, and what the setting becomes */
const text = (expected: string, test: (value: string) => boolean, canonical = asTyped) => {
  const error = ({ input }: { input?: unknown }): string => `expected ${expected}, found ${showToText(input)}`;
  return z.string({ error }).overwrite(canonical).refine(test, { error });
};

export const matching = (expected: string, pattern: RegExp, canonical = trimmed) =>
  text(expected, (value) => pattern.test(value), canonical);

export const integer = (expected: string, from: number, to: number, except: readonly number[] = []) =>
  z
    .number(expecting(expected))
    .refine(
      (value) => Number.isInteger(value) && value >= from && value <= to && !except.includes(value),
      expecting(expected),
    );

export function choice<T extends Record<string, string>>(values: T) {
  const words = Object.values(values);
  return z.enum(values, expecting(`${words.slice(0, -1).join(", ")} or ${words.at(-1)}`));
}

export const list = <T extends z.ZodType>(item: T, expected: string) => z.array(item, expecting(expected));

export const flag = z.boolean(expecting("true or false"));
export const nodePort = integer("a NodePort, 30000–32767", 30000, 32767);

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const domainPattern = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?!\\d+$)${label}$`);
/** kOps takes a name in lower case alone, and no dot at its end. */
export const clusterName = matching("a cluster's name like k8s.example.com", domainPattern, (name) =>
  name.trim().toLowerCase().replace(/\.$/, ""),
);

const anApplication = expecting("a domain name like app.example.com, *.apps.example.com or bücher.example");
/** Each once: its record is named after it. */
export const domainNames = list(
  z.string(anApplication).overwrite(canonicalDomain).refine(isDomain, anApplication),
  "a list of domain names",
).overwrite((names) => [...new Set(names)]);

export const ipv4 = text("an IPv4 address", isIpv4, trimmed);

const found = expecting("an IPv4 range without host bits, like 10.0.0.0/8");
const range = z.string(found).overwrite(canonicalRange).refine(isRange, found);
/** Each once: a rule is named after its range, and AWS refuses the same rule twice. */
export const cidrs = list(range, "a list of IPv4 ranges").overwrite((ranges) => [...new Set(ranges)]);

/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: lengths and characters. */
const tagText = (longest: number): RegExp => new RegExp(`^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,${longest}}$`, "u");
/** Names that AWS reserves, that kOps uses (`kops delete cluster` deletes what carries them), or that this program sets. */
const reservedTag =
  /^(?:[aA][wW][sS]:|kops-secondary-ingress:)|^(?:Name|managed-by|KubernetesCluster)$|(?:^|[./])(?:k8s|kubernetes)\.io\//;
const tagName = text(
  "a tag's name of up to 128 characters that neither AWS, kOps nor this program uses",
  (value) => value !== "" && tagText(128).test(value) && !reservedTag.test(value),
);
const tagValue = matching(
  "a tag's value as text of up to 256 characters: letters, digits, spaces and _ . : / = + - @",
  tagText(256),
  asTyped,
);
/** AWS takes 50 on a resource: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const mostTags = 50 - 5;
export const tags = z.record(tagName, tagValue, expecting("tags by name")).superRefine((given, context) => {
  const names = Object.keys(given);
  const message = `expected at most ${mostTags} tags beside the program's own, found ${names.length}`;
  for (const name of names.slice(mostTags))
    context.addIssue({ code: "custom", path: [name], message, params: { remove: true } });
});

const host = text("a host name or address, without user and port", isHost, canonicalHost);
const port = integer("a port, 1–65535", 1, 65535);
/**
 * What sshd and useradd take, and what directories make of it: https://systemd.io/USER_NAMES/. Neither `jane.doe`, `Jane`,
 * `CORP\jane` nor `jane@corp.example` is unusual.
 */
const user = matching(
  "a login name of letters, digits and . _ @ + \\ -, as the node has it",
  /^(?!\.{1,2}$)[\p{L}\p{N}._][\p{L}\p{N}._@+\\-]{0,254}\$?$/u,
  asTyped,
);
const hop = { port: port.optional(), user, hostKey };
const proxy = z.strictObject({ host, ...hop }, expecting("the fields of a proxy"));
export const ssh = z.strictObject(
  { host: host.optional(), ...hop, proxy: proxy.optional() },
  expecting("the fields of ssh"),
);

/** Its messages never show the key. What a key alone cannot mend is left out. */
export const privateKey = z
  .string({ error: () => `expected a private key in PEM form, found ${whatItIs("?")}` })
  .overwrite(canonicalKey)
  .superRefine((key, context) => {
    const fault = privateKeyFault(key);
    if (fault) context.addIssue({ code: "custom", message: fault.problem, params: { remove: fault.remove } });
  });

const aZone = expecting("a hosted zone's id like Z0123456789ABC");
/** The AWS CLI prints an id as `/hostedzone/Z…`, and IAM names it `arn:aws:route53:::hostedzone/Z…`. */
export const zoneId = z
  .string(aZone)
  .overwrite((id) => id.trim().replace(/^(?:arn:[\w-]+:route53:::|\/)?hostedzone\//, ""))
  .refine((id) => /^Z[A-Z0-9]{1,31}$/.test(id), aZone);
