/** Mode dual-ip: the read-only checks on the node. If the node belongs to another stack or cannot work, AWS stays untouched. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { NetworkConfig } from "../hostfiles/hostSettings";
import { parsePreflight } from "../hostfiles/node/preflight";
import { preflight } from "../hostfiles/steps/hostSteps";
import { type HostInputs, type Login, remoteStep } from "./hostInstallation";
import type { ModeInputs } from "./mode";
import { NodeHostKey } from "./nodeHostKey";

/** What only the preflight and AWS can tell. */
type Unknown = "secondaryPrivateIp" | "network" | "podCidrs";
/** Settings of the host files that are known before the preflight. */
export type KnownInputs = Omit<HostInputs, Unknown>;

export interface NodePreflight {
  /** Whatever changes AWS or the node depends on it. */
  command: remote.Command;
  /** `command`, once its report is there. */
  passed: pulumi.Output<remote.Command>;
  network: pulumi.Output<NetworkConfig>;
  podCidrs: pulumi.Output<string[]>;
}

/**
 * A login shell that runs nothing, an `exit` in its startup files or a command that sshd forces ends with status 0, and each later step would
 * count as done.
 * @throws {pulumi.RunError} where nothing was reported
 */
function requireReport(stdout: string, { ssh }: Login): void {
  if (parsePreflight(stdout)) return;
  const stack = pulumi.getStack();
  throw new pulumi.RunError(
    // On a line of its own: the engine puts the names of what waits for it before it.
    `\nssh: expected a login '${ssh.user}' that runs the commands which it is sent, found one that ended with status 0 and ran nothing: ` +
      "give it /bin/bash as its login shell, startup files that do not exit without a terminal, and no forced command for its key; then " +
      `pulumi up --stack ${stack} --replace '**-${preflight.name}'. Nothing was changed.`,
  );
}

export function nodePreflight({ name, node, options }: ModeInputs, known: KnownInputs, login: Login): NodePreflight {
  const first = login.ssh.proxy ?? login.ssh;
  const hostKey = new NodeHostKey(
    `${name}-host-key`,
    {
      instanceId: node.instanceId,
      host: first.host ?? login.address,
      port: first.port ?? 22,
      hostKey: first.hostKey,
      setting: login.ssh.proxy ? "ssh.proxy.hostKey" : "ssh.hostKey",
      project: pulumi.getProject(),
      stack: pulumi.getStack(),
      hasPrivateKey: login.sshPrivateKey !== undefined,
    },
    options,
  );
  const unread: Pick<HostInputs, Unknown> = { secondaryPrivateIp: "", network: NetworkConfig.Netplan, podCidrs: [] };
  const command = remoteStep(name, preflight, { ...known, ...unread }, login, { ...options, dependsOn: [hostKey] });
  const facts = command.stdout.apply((stdout) => parsePreflight(stdout ?? "")?.facts);
  return {
    command,
    passed: command.stdout.apply((stdout) => {
      requireReport(stdout ?? "", login);
      return command;
    }),
    network: facts.apply((found) =>
      found?.network === NetworkConfig.Networkd ? found.network : NetworkConfig.Netplan,
    ),
    podCidrs: facts.apply((found) => found?.podCidrs ?? []),
  };
}
