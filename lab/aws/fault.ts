/**
 * Faults that AWS can inject into any call. Scripts add them to the endpoint's list, and each matching call consumes
 * one.
 */
import { z } from "zod";

export const faultSchema = z.strictObject({
  /** For example `DescribeAddresses`. */
  action: z.string(),
  /**
   * `throttled`: the request rate is exceeded. `unauthorized`: the principal lacks the permission. `stale`: the call
   * reads the account as it was before the latest change, so a new ID is not found. `internal`: the service fails
   * without doing anything. `slow`: the response is late. `dropped`: the connection closes before the action runs.
   * `lost`: it closes after the action has run.
   */
  kind: z.enum(["throttled", "unauthorized", "stale", "internal", "slow", "dropped", "lost"]),
  /** Number of calls to fail. */
  times: z.number().int().min(1).default(1),
  /** Number of matching calls to let pass first. */
  after: z.number().int().min(0).optional(),
  /** Access key ID, or ARN of the user or session: only this caller's calls fail. */
  principal: z.string().optional(),
  /** Delay of a `slow` response; default 1000. */
  milliseconds: z.number().int().min(0).optional(),
});

/** A pending fault; `times` counts down. */
export type Fault = z.input<typeof faultSchema> & { times: number };
export type FaultKind = Fault["kind"];

/** Script input: one fault or several. */
export const faultScript = z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(faultSchema));

/** Consumes one use of the fault that matches the call. */
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
