/** The node's side: each host step is one remote command over SSH. */
import { createHash } from "node:crypto";
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { CommandSettings, HostStep } from "../hostfiles/steps/hostStep";
import type { HostSettings } from "../hostfiles/hostSettings";
import { checked } from "../hostfiles/checkedSettings";
import { confirmCommand } from "../hostfiles/steps/hostSteps";
import { OnDestroy } from "../settings/choices";
import type { SshSettings } from "../settings/read";
import { type Resources, together } from "./allDone";
import type { SshArgs } from "./args";
import { ConfirmedChange, SeenApi } from "./confirmedChange";

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

/** What a step sends to the node. */
interface Texts {
  stdin: pulumi.Output<string>;
  create: pulumi.Output<string>;
  delete?: pulumi.Output<string>;
}

/**
 * They wait for the settings that the step reads, nothing else.
 * @param change what an armed step is part of
 */
function textsOf(step: HostStep, host: HostInputs, change?: pulumi.Output<string>): Texts {
  const read = Object.fromEntries(step.needs.map((key) => [key, host[key]]));
  const told = ["owner", "formerOwner", "instanceId", "reinstall", ...(step.commandNeeds ?? [])] as const;
  const command = pulumi.output(
    Object.fromEntries(told.map((key) => [key, host[key]])),
  ) as unknown as pulumi.Output<CommandSettings>;
  return {
    stdin: pulumi.output(read).apply((values) => step.stdin(checked(values as unknown as HostSettings))),
    create: pulumi
      .all([command, change])
      .apply(([settings, name]) =>
        step.create({ ...checked(settings), ...(name === undefined ? {} : { change: name }) }),
      ),
    ...(step.remove ? { delete: command.apply((settings) => step.remove?.(checked(settings)) ?? "true") } : {}),
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
  change?: pulumi.Output<string>,
): remote.Command {
  const { stdin, ...commands } = textsOf(step, host, change);
  return new remote.Command(
    `${name}-${step.name}`,
    {
      connection: connection(args),
      stdin: step.secret ? pulumi.secret(stdin) : stdin,
      ...commands,
      ...(step.logging ? { logging: step.logging } : {}),
      // Under a stock sshd every update would warn that PULUMI_COMMAND_STDOUT cannot be set.
      addPreviousOutputInEnv: false,
    },
    { ...options, retainOnDelete: args.onDestroy === OnDestroy.Retain },
  );
}

/** Names what the armed steps do together: each runs again when one of them does something else. */
function changeOf(steps: readonly HostStep[], host: HostInputs): pulumi.Output<string> {
  const texts = steps.map((step) => {
    const { stdin, create } = textsOf(step, host);
    return { stdin, create };
  });
  return pulumi
    .output(texts)
    .apply((all) => createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16));
}

/** The API as the operator reaches it. */
export interface Api {
  clusterName: string;
  publicIp: pulumi.Input<string>;
  /** What lets clients in at its port; it goes after the API was seen for the last time. */
  opened: Resources;
  /** Whether it has to answer this machine after a change as it did before. */
  judged: boolean;
}

export interface Installation {
  /** The commands by step name. */
  commands: Map<string, remote.Command>;
  /** Everything that is made for it. */
  resources: pulumi.Resource[];
}

/** All steps, each after the one before it. The API is seen before the armed ones, and after them before they are confirmed. */
export function hostInstallation(
  name: string,
  steps: readonly HostStep[],
  { host, api }: { host: HostInputs; api: Api },
  args: Login,
  options: pulumi.CustomResourceOptions & { dependsOn: pulumi.Input<pulumi.Resource>[] },
): Installation {
  const armed = steps.filter((step) => step.armed);
  const first = steps.findIndex((step) => step.armed);
  const change = changeOf(armed, host);
  const commands = new Map<string, remote.Command>();
  const resources: pulumi.Resource[] = [];
  const after = (): pulumi.CustomResourceOptions => ({
    ...options,
    dependsOn: [...options.dependsOn, ...resources.slice(-1)],
  });
  const run = (part: readonly HostStep[]): void => {
    for (const step of part) {
      const command = remoteStep(name, step, host, args, after(), step.armed ? change : undefined);
      commands.set(step.name, command);
      resources.push(command);
    }
  };
  const way = {
    change,
    instanceId: host.instanceId,
    ssh: pulumi.output(args.ssh) as pulumi.Output<SshSettings>,
    address: args.address,
    ...(args.sshPrivateKey ? { sshPrivateKey: pulumi.secret(args.sshPrivateKey) } : {}),
    apiPublicIp: api.publicIp,
    clusterName: api.clusterName,
  };
  const retained = { ...options, retainOnDelete: args.onDestroy === OnDestroy.Retain };
  run(steps.slice(0, first));
  const seen = new SeenApi(
    `${name}-seen-api`,
    { ...way, command: pulumi.output(host.owner).apply((owner) => confirmCommand(owner)) },
    { ...retained, dependsOn: together(api.opened, [...options.dependsOn, ...resources.slice(-1)]) },
  );
  resources.push(seen);
  run(armed);
  const confirmed = new ConfirmedChange(
    `${name}-confirmed`,
    {
      ...way,
      command: pulumi.all([host.owner, change]).apply(([owner, id]) => confirmCommand(owner, id)),
      certificate: api.judged ? seen.certificate : "",
      time: seen.time,
    },
    { ...retained, ...after() },
  );
  resources.push(confirmed);
  confirmed.unjudged.apply((problem) => warnOfUnjudged(api.clusterName, problem));
  run(steps.slice(first + armed.length));
  return { commands, resources };
}

/** Logged on every run until a change is judged. */
function warnOfUnjudged(clusterName: string, problem: string): void {
  if (!problem) return;
  void pulumi.log.warn(
    `nobody can tell from this machine whether the API of ${clusterName} stays reachable: ${problem}. Changes are confirmed without that. ` +
      "To have them judged, run pulumi where the API's public address answers: on a node that has one, from an address that " +
      "kubernetesApiAccess and apiAllowedCidrs let in",
  );
}
