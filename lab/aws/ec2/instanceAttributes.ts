/** Single attributes of an instance, including the user data with kOps' bootstrap script. */
import { z } from "zod";
import type { Account, Instance } from "../account";
import type { Answer } from "../action";
import { notFound } from "../errors";
import { ec2Read } from "./ec2Action";
import { rootDeviceName } from "./volumes";

const userData = Buffer.from("#!/bin/bash\n# Here kOps starts nodeup, with the cluster's secrets.\n").toString(
  "base64",
);

const attributes = {
  disableApiStop: () => false,
  disableApiTermination: () => false,
  instanceType: ({ instanceType }: Instance) => instanceType,
  rootDeviceName: () => rootDeviceName,
  sourceDestCheck: () => true,
  userData: () => userData,
} as const;
type Attribute = keyof typeof attributes;

/** @throws AwsError if there is none */
function findInstance(account: Account, id: string): Instance {
  const found = account.instances.find(({ instanceId }) => instanceId === id);
  if (!found) throw notFound("instance", id);
  return found;
}

/** The official provider reads `value` without a null check. */
export const describeInstanceAttribute = ec2Read(
  { InstanceId: z.string(), Attribute: z.enum(Object.keys(attributes) as [Attribute, ...Attribute[]]) },
  (account, { InstanceId, Attribute: name }): Answer => ({
    instanceId: InstanceId,
    [name]: { value: attributes[name](findInstance(account, InstanceId)) },
  }),
);
