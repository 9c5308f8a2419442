/** Runs commands on the node as the program does: over SSH with the operator's key, with a file on stdin. */
import { namespaces, node } from "../network/addresses";
import { attempt, type Finished } from "../process";
import { nodeUser, operatorKey } from "./machine";

/** @param host one of the node's public addresses */
export function overSsh(command: string, input: string, host: string = node.autoPublicIp): Promise<Finished> {
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=10"];
  return attempt(
    "ip",
    // prettier-ignore
    ["netns", "exec", namespaces.internet, "ssh", ...options.flatMap((each) => ["-o", each]), "-i", operatorKey, `${nodeUser}@${host}`, command],
    { input, timeout: 120_000 },
  );
}
