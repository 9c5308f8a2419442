/**
 * The stack's security group on an ENI that may have it from its launch template: the `aws` provider's attachment refuses a group
 * that is there already, and without a resource of its own it would never be taken off, which AWS requires before the group's deletion.
 * A dynamic resource as in secondaryPrivateIp.ts.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { checkCaller } from "./aws/connection";
import { isMember, join, leave, type Membership } from "./aws/interfaceGroups";

export interface SecurityGroupMembershipInputs extends Membership {
  /** ARN of the provider's user or role; calls as another principal are refused. */
  caller: string;
}

export interface SecurityGroupMembershipState extends SecurityGroupMembershipInputs {
  /** False once a refresh has found the group gone: the next update puts it back. */
  member: boolean;
}

/** Puts the group there, or finds it there. */
async function take(inputs: SecurityGroupMembershipInputs): Promise<SecurityGroupMembershipState> {
  await checkCaller(inputs.connection, inputs.caller, true);
  await join(inputs);
  return { ...inputs, member: true };
}

async function read(
  id: string,
  state: SecurityGroupMembershipState,
): Promise<pulumi.dynamic.ReadResult<SecurityGroupMembershipState>> {
  await checkCaller(state.connection, state.caller, false);
  const member = await isMember(state);
  return member === undefined ? { id: "", props: state } : { id, props: { ...state, member } };
}

/** What the engine calls, in a process of its own. */
export const securityGroupMembershipProvider: pulumi.dynamic.ResourceProvider<
  SecurityGroupMembershipInputs,
  SecurityGroupMembershipState
> = {
  create: async (inputs) => ({
    id: `${inputs.networkInterfaceId}_${inputs.securityGroupId}`,
    outs: await take(inputs),
  }),
  read: (id, state) => {
    if (!state) throw new Error(`cannot import ${id}: the stack finds the group on the interface by itself`);
    return read(id, state);
  },
  diff: (_id, olds, news) => {
    const replaces = (["networkInterfaceId", "securityGroupId"] as const).filter((key) => news[key] !== olds[key]);
    const changes = replaces.length > 0 || !olds.member || !isDeepStrictEqual(news.connection, olds.connection);
    return Promise.resolve({ changes, replaces });
  },
  update: async (_id, _olds, news) => ({ outs: await take(news) }),
  delete: async (_id, state) => {
    await checkCaller(state.connection, state.caller, false);
    await leave(state);
  },
};

export class SecurityGroupMembership extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [Key in keyof SecurityGroupMembershipInputs]: pulumi.Input<SecurityGroupMembershipInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(
      securityGroupMembershipProvider,
      name,
      { member: undefined, ...inputs },
      options,
      "kops-secondary-ingress",
      "SecurityGroupMembership",
    );
  }
}
