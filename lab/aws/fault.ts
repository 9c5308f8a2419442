/** What AWS may do to any call; a script puts faults into the endpoint's list, and each call takes its own out. */
import { z } from "zod";

export const faultSchema = z.strictObject({
  /** For example `DescribeAddresses`. */
  action: z.string(),
  /**
   * `throttled`: the service has had too many requests. `unauthorized`: the principal lacks the permission.
   * `stale`: the call sees the account as it was before the latest change, so a fresh id is not found.
   * `internal`: the service fails, nothing is done. `slow`: the answer comes late. `dropped`: the connection breaks before
   * anything is done. `lost`: it breaks afterwards, and nobody is told that it was done.
   */
  kind: z.enum(["throttled", "unauthorized", "stale", "internal", "slow", "dropped", "lost"]),
  /** How many calls it strikes. */
  times: z.number().int().min(1).default(1),
  /** How many calls it lets pass before. */
  after: z.number().int().min(0).optional(),
  /** Access key id, or ARN of the user or session, of the only caller that it strikes. */
  principal: z.string().optional(),
  /** How late a `slow` answer is; 1000 unless told. */
  milliseconds: z.number().int().min(0).optional(),
});

/** One to come, of which `times` counts down. */
export type Fault = z.input<typeof faultSchema> & { times: number };
export type FaultKind = Fault["kind"];

/** What a script sends: one fault, or several. */
export const faultScript = z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(faultSchema));

/** The fault that strikes this call, used up by one. */
export function takeFault(
  faults: readonly Fault[],
  action: string,
  { principal, arn }: { principal: string; arn: string },
): Fault | undefined {
  for (const fault of faults) {
    if (fault.action !== action || fault.times <= 0) continue;
    if (fault.principal !== undefined && ![principal, arn].includes(fault.principal)) continue;
    if (fault.after) {
      fault.after -= 1;
      continue;
    }
    fault.times -= 1;
    return fault;
  }
  return undefined;
}
