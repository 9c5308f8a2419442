/** Whether the node can tell that `apiAllowedCidrs` leaves out its own operator: it sees the address that the SSH connection comes from. */

/** @returns what is wrong with `forceApiAllowedCidrs: false`, if a proxy is on the way; the node sees the proxy's address then */
export function lockOutProblem({
  apiAllowedCidrs,
  proxied,
  forced,
}: {
  apiAllowedCidrs: readonly string[];
  proxied: boolean;
  forced: boolean;
}): string | undefined {
  if (!proxied || forced || apiAllowedCidrs.length === 0 || apiAllowedCidrs.includes("0.0.0.0/0")) return undefined;
  return (
    "expected true with apiAllowedCidrs and ssh.proxy, found false: the node sees the proxy's address and not yours, so it cannot tell whether " +
    `${apiAllowedCidrs.join(", ")} lets you reach the API. Compare the list with your own address (curl https://checkip.amazonaws.com) first`
  );
}
