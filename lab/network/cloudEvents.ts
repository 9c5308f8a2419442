/** Events in AWS that the lab triggers without an API call, and how it tells them to its cloud. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { Statement } from "../../operator/iam/conditions";
import type { PolicyDocument } from "../../operator/iam/policy";
import type { Replacement } from "../aws/replacement";
import { labPaths } from "../paths";

/** Events and their parameters. */
export interface CloudEvents {
  /** The Auto Scaling group replaces an instance. */
  replace: { old: string; next: Replacement };
  /** Another owner takes an address from the node's interface. */
  steal: { address: string };
  /** `kops update cluster` writes the control plane's role. */
  nodePolicy: { statements: readonly Statement[] };
  /** Replaces the operator's policies. */
  operatorPolicies: { policies: readonly PolicyDocument[] };
  /** Delays the creation and deletion of load balancers. */
  balancers: { seconds: number };
  /** The cluster's nodes launch in one zone or in two. */
  spread: { zones: 1 | 2 };
  /** A machine got a new network card: applies AWS's state to it. */
  plugged: Record<string, never>;
  /** The other owners release their addresses. */
  leave: Record<string, never>;
}

/** @throws the cloud's error */
export function tellCloud<Name extends keyof CloudEvents>(name: Name, event: CloudEvents[Name]): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: labPaths.cloudSocket, path: `/${name}`, method: "POST" }, (answer) => {
      void text(answer).then((body) => (answer.statusCode === 204 ? resolve() : reject(new Error(body))));
    });
    call.on("error", reject);
    call.end(JSON.stringify(event));
  });
}
