/** Checks of the node: how a failure looks from outside, and whether our services took the API server's port. */
import { haproxyUnit } from "../../hostfiles/node/paths";
import { labDomain } from "../cloud/labAccount";
import { keyPair } from "../node/certificates";
import { onNode } from "../node/machine";
import type { Outputs } from "./outputs";
import { describeAnswer, probe } from "./probe";
import { type Row, row } from "./row";

/** Stops HAProxy briefly: the applications' address must refuse connections, and never show the API's certificate. */
export function withoutHaproxy({ ingressPublicIp, ingressPort }: Outputs): Promise<Row> {
  return row(
    "haproxy-down",
    "prod: the applications' address while HAProxy is down",
    "refused: never the API's certificate",
    async () => {
      await onNode(["systemctl", "stop", haproxyUnit]);
      try {
        const [answer] = await probe([
          {
            from: "internet",
            address: ingressPublicIp,
            port: ingressPort,
            host: labDomain,
            authority: keyPair("web-authority").certificate,
          },
        ]);
        if (!answer) throw new Error("one request has one answer");
        return {
          ok: answer.status === 0 && answer.certificateNames.length === 0,
          observed: describeAnswer(answer),
        };
      } finally {
        await onNode(["systemctl", "start", haproxyUnit]);
      }
    },
  );
}

/** Stops kubelet's own process, and lets it go on; the API server runs on. */
export async function signalKubelet(signal: "STOP" | "CONT"): Promise<void> {
  const { status, stderr } = await onNode([
    ...["systemctl", "kill", "--kill-who=main", `--signal=${signal}`, "kubelet.service"],
  ]);
  if (status !== 0) throw new Error(`kubelet takes no signal: ${stderr}`);
}

/** Checks that since boot no listener of ours has blocked the API server's port. */
export function noPortConflict(): Promise<Row> {
  return row("api-port-free", "the API server has never found its port taken", "0 times", async () => {
    // The journal survives a reboot, and in a container all boots have the same ID.
    const since = (await onNode(["systemctl", "show", "--property=UserspaceTimestamp", "--value"])).stdout.trim();
    const args = ["--unit=kubelet", `--since=${since}`, "--no-pager", "--output=cat"];
    const { stdout } = await onNode(["journalctl", ...args]);
    const conflicts = stdout.split("\n").filter((line) => /address already in use/i.test(line));
    return { ok: conflicts.length === 0, observed: [`${conflicts.length} times`, ...conflicts.slice(0, 3)].join("\n") };
  });
}
