/** The component's arguments with the defaults filled in, once: nothing after this asks whether an argument was given. */
import { defaults } from "../settings/defaults";
import { canonicalDomain } from "../settings/domainNames";
import type { SecondaryIngressIpArgs } from "./args";

type Defaulted = keyof typeof defaults;

/** The arguments as the modes read them. Only those without a default can still be absent. */
export type CompleteArgs = Omit<SecondaryIngressIpArgs, Defaulted> & {
  readonly [Key in Defaulted]-?: NonNullable<SecondaryIngressIpArgs[Key]>;
};

/** Each name once. One in letters of ASCII stays as it is spelled, for its record is named after it in the states of stacks. */
function distinct(domains: readonly string[]): string[] {
  const spelled = new Map<string, string>();
  for (const domain of domains) {
    const name = canonicalDomain(domain);
    if (!spelled.has(name)) spelled.set(name, /[^\x20-\x7e]/.test(domain) ? name : domain);
  }
  return [...spelled.values()];
}

/** An argument that is `undefined` counts as not given. */
export function withDefaults(args: SecondaryIngressIpArgs): CompleteArgs {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const complete = { ...defaults, ...(Object.fromEntries(given) as unknown as SecondaryIngressIpArgs) } as CompleteArgs;
  return { ...complete, appDomains: distinct(complete.appDomains) };
}
