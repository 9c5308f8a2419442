/** The node's side: each host step is one remote command over SSH. */
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandSettings, HostStep } from "../hostfiles/steps/hostStep";
import type { HostSettings } from "../hostfiles/hostSettings";
import { checked } from "../hostfiles/checkedSettings";
import { OnDestroy } from "../settings/choices";
import type { SshArgs } from "./args";

/** How the node is reached, and what becomes of the files at the end. */
export interface Login {
  ssh: SshArgs;
  sshPrivateKey: pulumi.Input<string> | undefined;
  /** Where to dial when `ssh.host` is not given. */
  address: pulumi.Input<string>;
  onDestroy: OnDestroy;
}

/** The settings of the host files, of which some are known only once AWS has answered. */
export type HostInputs = { [Key in keyof HostSettings]: pulumi.Input<HostSettings[Key]> };

/**
 * Built field by field: the plugin prints an unknown field's neighbours, the private key among them. Without a key the plugin asks the
 * agent at its own SSH_AUTH_SOCK (pulumi-command, remote/connection.go), for the proxy too. The socket's path is not an input: the state
 * outlives the agent, and `destroy` dials from the state.
 */
function connection({ ssh, sshPrivateKey, address }: Login): types.input.remote.ConnectionArgs {
  const authentication = sshPrivateKey ? { privateKey: pulumi.secret(sshPrivateKey) } : {};
  return {
    host: ssh.host ?? address,
    port: ssh.port ?? 22,
    user: ssh.user,
    hostKey: ssh.hostKey,
    ...authentication,
    ...(ssh.proxy
      ? {
          proxy: {
            host: ssh.proxy.host,
            port: ssh.proxy.port ?? 22,
            user: ssh.proxy.user,
            hostKey: ssh.proxy.hostKey,
            ...authentication,
          },
        }
      : {}),
  };
}

/**
 * One remote command for a step. It waits for the settings that the step reads and for `dependsOn`, nothing else.
 */
export function remoteStep(
  name: string,
  step: HostStep,
  host: HostInputs,
  args: Login,
  options: pulumi.CustomResourceOptions,
): remote.Command {
  const read = Object.fromEntries(step.needs.map((key) => [key, host[key]]));
  const text = pulumi.output(read).apply((values) => step.stdin(checked(values as unknown as HostSettings)));
  const told = ["owner", "formerOwner", "instanceId", "reinstall", ...(step.commandNeeds ?? [])] as const;
  const command = pulumi.output(
    Object.fromEntries(told.map((key) => [key, host[key]])),
  ) as unknown as pulumi.Output<CommandSettings>;
  return new remote.Command(
    `${name}-${step.name}`,
    {
      connection: connection(args),
      stdin: step.secret ? pulumi.secret(text) : text,
      create: command.apply((settings) => step.create(checked(settings))),
      ...(step.remove ? { delete: command.apply((settings) => step.remove?.(checked(settings)) ?? "true") } : {}),
      ...(step.logging ? { logging: step.logging } : {}),
      // Under a stock sshd every update would warn that PULUMI_COMMAND_STDOUT cannot be set.
      addPreviousOutputInEnv: false,
    },
    { ...options, retainOnDelete: args.onDestroy === OnDestroy.Retain },
  );
}

/** All steps, each after the one before it. Returns the commands by step name. */
export function hostInstallation(
  name: string,
  steps: readonly HostStep[],
  host: HostInputs,
  args: Login,
  options: pulumi.CustomResourceOptions & { dependsOn: pulumi.Input<pulumi.Resource>[] },
): Map<string, remote.Command> {
  const done = new Map<string, remote.Command>();
  let before: remote.Command[] = [];
  for (const step of steps) {
    const command = remoteStep(name, step, host, args, { ...options, dependsOn: [...options.dependsOn, ...before] });
    done.set(step.name, command);
    before = [command];
  }
  return done;
}
