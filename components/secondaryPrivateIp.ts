/**
 * A secondary private address on an ENI that the stack does not own: no resource of the AWS provider assigns one, so this is a
 * dynamic resource. Its provider is serialized into the state and run in a process of its own: the SDK is loaded inside the
 * functions, and everything that they need comes in as inputs.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { checkCaller, type Connection } from "./aws/connection";
import { elasticIpLimitFaults, limitFaults } from "./aws/limits";
import {
  addressFault,
  assign,
  describe,
  find,
  findOwn,
  foreignElasticIp,
  holder,
  type Place,
  refuseForeignElasticIp,
  unassign,
} from "./aws/secondaryAddress";

export interface SecondaryPrivateIpInputs {
  networkInterfaceId: string;
  /** AWS chooses one unless given. */
  requestedIp?: string;
  /** The user named the interface, instead of leaving it to kOps' tags. */
  interfaceNamed: boolean;
  /** Elastic IPs that the stack is to have, for the account's quota: 1 or 2. */
  elasticIps: number;
  /** `<project>/<stack>`, as in the tags of what the stack owns. */
  stack: string;
  /** How the `aws` provider is set up. */
  connection: Connection;
  /** ARN of the provider's user or role; calls as another principal are refused. */
  caller: string;
}

export interface SecondaryPrivateIpState extends SecondaryPrivateIpInputs {
  privateIpAddress: string;
  /** The address was on the ENI before; it stays there when the resource goes. */
  adopted: boolean;
  /** False once a refresh has found it gone: the next update assigns it again. */
  assigned: boolean;
  /** Set once a refresh has found a foreign Elastic IP on it: why the next update refuses. */
  foreign?: string;
}

const placeOf = ({ connection, networkInterfaceId, stack }: SecondaryPrivateIpInputs): Place => ({
  connection,
  networkInterfaceId,
  stack,
});

async function check(
  olds: Partial<SecondaryPrivateIpInputs>,
  news: SecondaryPrivateIpInputs,
): Promise<pulumi.dynamic.CheckResult<SecondaryPrivateIpInputs>> {
  const { networkInterfaceId, connection } = news;
  // What is in place is not asked again; in a preview the interface and the address may be unknown.
  const requestedIp = /^[\d.]+$/.test(news.requestedIp ?? "") ? news.requestedIp : undefined;
  const moved = olds.networkInterfaceId !== networkInterfaceId;
  const asked = requestedIp !== undefined && (moved || olds.requestedIp !== requestedIp);
  const elasticIps = (["ingress", "api"] as const).slice(olds.elasticIps ?? 0, news.elasticIps);
  if (!networkInterfaceId.startsWith("eni-") || !(moved || asked || elasticIps.length > 0)) return { inputs: news };
  await checkCaller(connection, news.caller, true);
  const needs = { ...news, requestedIp, elasticIps };
  const limits = await (moved ? limitFaults(connection, needs) : elasticIpLimitFaults(connection, needs));
  // An address that cannot be had is refused here: the old one is taken away before a new one is assigned.
  const fault = asked ? await addressFault(placeOf(news), requestedIp, olds.networkInterfaceId) : undefined;
  return {
    inputs: news,
    failures: [
      ...limits.map((reason) => ({ property: "networkInterfaceId", reason })),
      ...(fault === undefined ? [] : [{ property: "requestedIp", reason: fault }]),
    ],
  };
}

/** Assigns the address, or adopts it if it is there already; `found` if the stack did not put it there. */
async function take(
  inputs: SecondaryPrivateIpInputs,
  address: string | undefined,
): Promise<{ privateIpAddress: string; found: boolean }> {
  const place = placeOf(inputs);
  const eni = await describe(place);
  if (!eni) throw new Error(`expected the network interface ${inputs.networkInterfaceId}, found none of that id`);
  const present = address ? find(eni, address) : await findOwn(place, eni);
  if (present) await refuseForeignElasticIp(place, present);
  // Where the stack's own Elastic IP is on it, the node has taken it for the stack.
  const ours = present && (await findOwn(place, { PrivateIpAddresses: [present] }));
  return {
    privateIpAddress: present?.PrivateIpAddress ?? (await assign(place, eni, address)),
    found: present !== undefined && !ours,
  };
}

async function create(inputs: SecondaryPrivateIpInputs): Promise<pulumi.dynamic.CreateResult<SecondaryPrivateIpState>> {
  await checkCaller(inputs.connection, inputs.caller, true);
  const { privateIpAddress, found } = await take(inputs, inputs.requestedIp);
  return {
    id: `${inputs.networkInterfaceId}_${privateIpAddress}`,
    outs: { ...inputs, privateIpAddress, adopted: found && inputs.requestedIp !== undefined, assigned: true },
  };
}

async function read(
  id: string,
  state: SecondaryPrivateIpState,
): Promise<pulumi.dynamic.ReadResult<SecondaryPrivateIpState>> {
  const { privateIpAddress } = state;
  const seen = (assigned: boolean, foreign?: string) => {
    const props: SecondaryPrivateIpState = { ...state, assigned };
    delete props.foreign;
    return { id, props: foreign === undefined ? props : { ...props, foreign } };
  };
  await checkCaller(state.connection, state.caller, false);
  const eni = await describe(placeOf(state));
  // With its interface gone, it is still what the next interface's address replaces.
  if (!eni) return seen(false);
  const entry = find(eni, privateIpAddress);
  if (entry) return seen(true, await foreignElasticIp(placeOf(state), entry));
  // One that AWS chose is as good as another; one that was asked for by name is worth a message at the next update.
  const elsewhere = state.requestedIp ? undefined : await holder(placeOf(state), eni, privateIpAddress);
  return elsewhere ? { id: "", props: state } : seen(false);
}

/**
 * Gives back an address that was taken away, and remembers how the provider is set up now. With a foreign Elastic IP on it the
 * run ends here, before the stack's own is tied to it again.
 */
async function update(
  olds: SecondaryPrivateIpState,
  news: SecondaryPrivateIpInputs,
): Promise<pulumi.dynamic.UpdateResult<SecondaryPrivateIpState>> {
  await checkCaller(news.connection, news.caller, true);
  const { privateIpAddress, adopted } = olds;
  if (!olds.assigned || olds.foreign !== undefined) await take(news, privateIpAddress);
  return { outs: { ...news, privateIpAddress, adopted, assigned: true } };
}

async function remove(state: SecondaryPrivateIpState): Promise<void> {
  await checkCaller(state.connection, state.caller, false);
  if (!state.adopted) await unassign(placeOf(state), state.privateIpAddress);
}

/** What the engine calls, in a process of its own. */
export const secondaryPrivateIpProvider: pulumi.dynamic.ResourceProvider<
  SecondaryPrivateIpInputs,
  SecondaryPrivateIpState
> = {
  check: (olds, news) => check(olds, news),
  create: (inputs) => create(inputs),
  read: (id, state) => {
    if (!state) throw new Error(`cannot import ${id}: let the stack adopt the address with secondaryPrivateIp`);
    return read(id, state);
  },
  diff: (_id, olds, news) => {
    const moved = news.networkInterfaceId !== olds.networkInterfaceId;
    // An address that AWS once chose is as good as one that is asked for by name.
    const other = news.requestedIp !== undefined && news.requestedIp !== olds.privateIpAddress;
    const replaces = [...(moved ? ["networkInterfaceId"] : []), ...(other ? ["requestedIp"] : [])];
    const drifted =
      !olds.assigned ||
      olds.foreign !== undefined ||
      news.stack !== olds.stack ||
      !isDeepStrictEqual(news.connection, olds.connection);
    return Promise.resolve({ changes: replaces.length > 0 || drifted, replaces, deleteBeforeReplace: true });
  },
  update: (_id, olds, news) => update(olds, news),
  delete: (_id, state) => remove(state),
};

export class SecondaryPrivateIp extends pulumi.dynamic.Resource {
  declare readonly privateIpAddress: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { [Key in keyof SecondaryPrivateIpInputs]: pulumi.Input<SecondaryPrivateIpInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(
      secondaryPrivateIpProvider,
      name,
      { privateIpAddress: undefined, adopted: undefined, assigned: undefined, ...inputs },
      options,
      "kops-secondary-ingress",
      "SecondaryPrivateIp",
    );
  }
}
