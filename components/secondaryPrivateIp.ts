/**
 * A secondary private address on an ENI that the stack does not own: no resource of the AWS provider assigns one, so this is a
 * dynamic resource. Its provider is serialized into the state and run in a process of its own: the SDK is loaded inside the
 * functions, and everything that they need comes in as inputs.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { checkCaller, type Connection } from "./aws/connection";
import { elasticIpFault } from "./aws/elasticIp";
import { type ElasticIps, elasticIpLimitFaults, limitFaults } from "./aws/limits";
import {
  addressFault,
  assign,
  carriesGiven,
  describe,
  find,
  findOwn,
  foreignElasticIp,
  holder,
  isLaunchedForStack,
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
  /** The user's Elastic IP, in the place of one that the stack allocates. */
  allocationId?: string;
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
  /** The user's Elastic IP was on it before the stack: it stays there when the stack goes. Absent in older states. */
  elasticIpFound?: boolean;
  /** Set once a refresh has found a foreign Elastic IP on it, or the user's elsewhere: why the next update refuses. */
  foreign?: string;
}

const placeOf = ({ connection, networkInterfaceId, stack, allocationId }: SecondaryPrivateIpInputs): Place => ({
  connection,
  networkInterfaceId,
  stack,
  allocationId,
});

/** Elastic IPs that the stack allocates. */
const allocated = ({ elasticIps = 0, allocationId }: Partial<SecondaryPrivateIpInputs>): ElasticIps => [
  ...(elasticIps > 0 && allocationId === undefined ? (["ingress"] as const) : []),
  ...(elasticIps > 1 ? (["api"] as const) : []),
];

/** In a preview, what another resource gives may be unknown. */
const isKnown = (allocationId: string | undefined): boolean =>
  allocationId === undefined || allocationId.startsWith("eipalloc-");
const isAddress = (requestedIp = ""): boolean => /^[\d.]+$/.test(requestedIp);

async function check(
  olds: Partial<SecondaryPrivateIpInputs>,
  news: SecondaryPrivateIpInputs,
): Promise<pulumi.dynamic.CheckResult<SecondaryPrivateIpInputs>> {
  const { networkInterfaceId, connection } = news;
  // What is in place is not asked again; in a preview the interface and the address may be unknown.
  const requestedIp = isAddress(news.requestedIp) ? news.requestedIp : undefined;
  const moved = olds.networkInterfaceId !== networkInterfaceId;
  const asked = requestedIp !== undefined && (moved || olds.requestedIp !== requestedIp);
  const before = allocated(olds);
  const elasticIps = allocated(news).filter((purpose) => !before.includes(purpose));
  const given = news.allocationId !== undefined && isKnown(news.allocationId);
  const named = given && (moved || asked || olds.allocationId !== news.allocationId);
  if (!networkInterfaceId.startsWith("eni-") || !(moved || asked || named || elasticIps.length > 0))
    return { inputs: news };
  await checkCaller(connection, news.caller, true);
  const needs = { ...news, requestedIp, elasticIps };
  const limits = await (moved ? limitFaults(connection, needs) : elasticIpLimitFaults(connection, needs));
  // An address that cannot be had is refused here: the old one is taken away before a new one is assigned.
  const fault = asked ? await addressFault(placeOf(news), requestedIp, olds.networkInterfaceId) : undefined;
  // On any address of the interface: the stack may have tied it to the one that it gives up, and unties it first.
  const unusable = named ? await elasticIpFault(placeOf(news)) : undefined;
  return {
    inputs: news,
    failures: [
      ...limits.map((reason) => ({ property: "networkInterfaceId", reason })),
      ...(fault === undefined ? [] : [{ property: "requestedIp", reason: fault }]),
      ...(unusable === undefined ? [] : [{ property: "allocationId", reason: unusable }]),
    ],
  };
}

/** @throws if the stack cannot use the user's Elastic IP for the address */
async function refuseElasticIp(place: Place, address: string | undefined): Promise<void> {
  const fault = await elasticIpFault(place, address);
  if (fault !== undefined) throw new Error(fault);
}

interface Taken {
  privateIpAddress: string;
  /** The stack did not put it there. */
  found: boolean;
  /** The user's Elastic IP is on it, and the stack did not tie it. */
  elasticIpFound: boolean;
}

/** Assigns the address, or adopts it if it is there already. */
async function take(inputs: SecondaryPrivateIpInputs, address: string | undefined): Promise<Taken> {
  const place = placeOf(inputs);
  const eni = await describe(place);
  if (!eni) throw new Error(`expected the network interface ${inputs.networkInterfaceId}, found none of that id`);
  const present = address ? find(eni, address) : await findOwn(place, eni);
  if (present) await refuseForeignElasticIp(place, present);
  await refuseElasticIp(place, present?.PrivateIpAddress ?? address);
  const given = present !== undefined && carriesGiven(place, present);
  // Where the stack's own Elastic IP is on it, the node has taken it for the stack.
  const byNode = isLaunchedForStack(eni);
  const ours = given ? byNode : present && (await findOwn(place, { PrivateIpAddresses: [present] }));
  return {
    privateIpAddress: present?.PrivateIpAddress ?? (await assign(place, eni, address)),
    found: present !== undefined && !ours,
    elasticIpFound: given && !byNode,
  };
}

/**
 * Another Elastic IP of the user's, or none any more, for the address that the stack has.
 * @returns whether it is on the address already
 * @throws if it leads elsewhere, or if the address carries one that is neither the stack's nor tied by the stack
 */
async function exchange(olds: SecondaryPrivateIpState, news: SecondaryPrivateIpInputs): Promise<boolean> {
  const place = placeOf(news);
  const present = find(await describe(place), olds.privateIpAddress);
  const tiedByUs = present !== undefined && carriesGiven(olds, present) && !olds.elasticIpFound;
  if (present && !tiedByUs) await refuseForeignElasticIp(place, present);
  await refuseElasticIp(place, olds.privateIpAddress);
  return present !== undefined && carriesGiven(place, present);
}

async function create(inputs: SecondaryPrivateIpInputs): Promise<pulumi.dynamic.CreateResult<SecondaryPrivateIpState>> {
  await checkCaller(inputs.connection, inputs.caller, true);
  const { privateIpAddress, found, elasticIpFound } = await take(inputs, inputs.requestedIp);
  return {
    id: `${inputs.networkInterfaceId}_${privateIpAddress}`,
    outs: { ...inputs, privateIpAddress, adopted: found, assigned: true, elasticIpFound },
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
  if (entry) {
    const foreign = await foreignElasticIp(placeOf(state), entry);
    return seen(true, foreign ?? (await elasticIpFault(placeOf(state), privateIpAddress)));
  }
  // One that AWS chose is as good as another; one that was asked for by name is worth a message at the next update.
  const elsewhere = state.requestedIp ? undefined : await holder(placeOf(state), eni, privateIpAddress);
  return elsewhere ? { id: "", props: state } : seen(false);
}

/**
 * Gives back an address that was taken away, and remembers how the provider is set up now. With a foreign Elastic IP on it, or the
 * user's elsewhere, the run ends here, before anything is tied to it again.
 */
async function update(
  olds: SecondaryPrivateIpState,
  news: SecondaryPrivateIpInputs,
): Promise<pulumi.dynamic.UpdateResult<SecondaryPrivateIpState>> {
  await checkCaller(news.connection, news.caller, true);
  const { privateIpAddress, adopted } = olds;
  const elasticIpFound =
    news.allocationId === olds.allocationId ? (olds.elasticIpFound ?? false) : await exchange(olds, news);
  if (!olds.assigned || olds.foreign !== undefined) await take(news, privateIpAddress);
  return { outs: { ...news, privateIpAddress, adopted, assigned: true, elasticIpFound } };
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
  diff: async (_id, olds, news) => {
    const moved = news.networkInterfaceId !== olds.networkInterfaceId;
    // An address that AWS once chose is as good as one that is asked for by name.
    const other = news.requestedIp !== undefined && news.requestedIp !== olds.privateIpAddress;
    const replaces = [...(moved ? ["networkInterfaceId"] : []), ...(other ? ["requestedIp"] : [])];
    const drifted =
      !olds.assigned ||
      olds.foreign !== undefined ||
      news.stack !== olds.stack ||
      news.allocationId !== olds.allocationId ||
      !isDeepStrictEqual(news.connection, olds.connection);
    // Refused in a preview too, which neither creates nor updates.
    if (isKnown(news.allocationId)) {
      if (replaces.length === 0 && news.allocationId !== olds.allocationId) await exchange(olds, news);
      // What the stack did not tie does not move along.
      if (other && olds.elasticIpFound && isAddress(news.requestedIp))
        await refuseElasticIp(placeOf(news), news.requestedIp);
    }
    return { changes: replaces.length > 0 || drifted, replaces, deleteBeforeReplace: true };
  },
  update: (_id, olds, news) => update(olds, news),
  delete: (_id, state) => remove(state),
};

export class SecondaryPrivateIp extends pulumi.dynamic.Resource {
  declare readonly privateIpAddress: pulumi.Output<string>;
  declare readonly elasticIpFound: pulumi.Output<boolean>;

  constructor(
    name: string,
    inputs: { [Key in keyof SecondaryPrivateIpInputs]: pulumi.Input<SecondaryPrivateIpInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(
      secondaryPrivateIpProvider,
      name,
      {
        ...{ privateIpAddress: undefined, adopted: undefined, assigned: undefined, elasticIpFound: undefined },
        ...inputs,
      },
      options,
      "kops-secondary-ingress",
      "SecondaryPrivateIp",
    );
  }
}
