/** The component's arguments with the defaults filled in, once: nothing after this asks whether an argument was given. */
import { defaults } from "../settings/defaults";
import type { SecondaryIngressIpArgs } from "./args";

type Defaulted = keyof typeof defaults;

/** The arguments as the modes read them. Only those without a default can still be absent. */
export type CompleteArgs = Omit<SecondaryIngressIpArgs, Defaulted> & {
  readonly [Key in Defaulted]-?: NonNullable<SecondaryIngressIpArgs[Key]>;
};

/** An argument that is `undefined` counts as not given. */
export function withDefaults(args: SecondaryIngressIpArgs): CompleteArgs {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(given) as unknown as SecondaryIngressIpArgs) } as CompleteArgs;
}
