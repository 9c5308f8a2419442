/** What AWS may do to any call; a test puts faults into the endpoint's list, and each call takes its own out. */

export interface Fault {
  /** For example `DescribeAddresses`. */
  action: string;
  /**
   * `throttled`: the service has had too many requests. `unauthorized`: the principal lacks the permission.
   * `stale`: the call sees the account as it was before the latest change, so a fresh id is not found.
   */
  kind: "throttled" | "unauthorized" | "stale";
  /** How many calls it strikes. */
  times: number;
}

/** The fault that strikes this call, used up by one. */
export function takeFault(faults: readonly Fault[], action: string): Fault["kind"] | undefined {
  const fault = faults.find((candidate) => candidate.action === action && candidate.times > 0);
  if (fault) fault.times -= 1;
  return fault?.kind;
}
