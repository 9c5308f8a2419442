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
  network: pulumi.Output<NetworkConfig>;
  podCidrs: pulumi.Output<string[]>;
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
    network: facts.apply((found) =>
      found?.network === NetworkConfig.Networkd ? found.network : NetworkConfig.Netplan,
    ),
    podCidrs: facts.apply((found) => found?.podCidrs ?? []),
  };
}
