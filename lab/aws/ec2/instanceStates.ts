/** Stops, starts and terminates instances, with the effect on their public addresses. */
import { z } from "zod";
import type { Account, Instance } from "../account";
import type { Answer } from "../action";
import { AwsError, notFound } from "../errors";
import { boolean, someOf } from "../parameters";
import { stateCodes } from "./instances";
import { giveAutomatic, takeAutomatic } from "./automaticAddress";
import { ec2Change } from "./ec2Action";

type State = Instance["state"];

/** @throws AwsError if an instance's state does not allow the transition */
function pass(
  account: Account,
  ids: readonly string[],
  to: State,
  from: readonly State[],
  effect: (instance: Instance) => void,
): Answer {
  const instances = ids.map((id) => {
    const found = account.instances.find(({ instanceId }) => instanceId === id);
    if (!found) throw notFound("instance", id);
    if (found.state !== to && !from.includes(found.state))
      throw new AwsError(
        "IncorrectInstanceState",
        `The instance '${id}' is not in a state from which it can be ${to}.`,
      );
    return found;
  });
  return {
    instancesSet: instances.map((instance) => {
      const previous = instance.state;
      if (previous !== to) {
        instance.state = to;
        effect(instance);
      }
      const state = (name: State): Answer => ({ code: stateCodes[name], name });
      return { instanceId: instance.instanceId, currentState: state(to), previousState: state(previous) };
    }),
  };
}

const interfacesOf = (account: Account, { instanceId }: Instance) =>
  account.networkInterfaces.filter(({ attachment }) => attachment?.instanceId === instanceId);

/** A stop releases automatically assigned public addresses, but no Elastic IPs. */
export const stopInstances = ec2Change(
  { InstanceId: someOf(z.string()), Force: boolean.optional() },
  (account, { InstanceId }) =>
    pass(account, InstanceId, "stopped", ["running"], (instance) => {
      for (const eni of interfacesOf(account, instance))
        for (const privateIp of eni.privateIps) takeAutomatic(account, eni, privateIp);
    }),
);

export const startInstances = ec2Change({ InstanceId: someOf(z.string()) }, (account, { InstanceId }) =>
  pass(account, InstanceId, "running", ["stopped"], (instance) => {
    for (const eni of interfacesOf(account, instance)) giveAutomatic(account, eni);
  }),
);

/** Deletes the interfaces created with the instance; Elastic IPs stay allocated. */
export const terminateInstances = ec2Change({ InstanceId: someOf(z.string()) }, (account, { InstanceId }) =>
  pass(account, InstanceId, "terminated", ["pending", "running", "stopping", "stopped"], (instance) => {
    const gone = interfacesOf(account, instance);
    account.networkInterfaces = account.networkInterfaces.filter((other) => !gone.includes(other));
    for (const address of account.addresses)
      if (gone.some(({ networkInterfaceId }) => networkInterfaceId === address.association?.networkInterfaceId))
        delete address.association;
  }),
);
