/**
 * A secondary private address on an ENI that the stack does not own: no resource of the AWS provider assigns one, so this is the
 * one dynamic resource. Its provider is serialized into the state and run in a process of its own: the SDK is loaded inside the
 * methods, and everything that they need comes in as inputs.
 */
import type { EC2Client, NetworkInterface, NetworkInterfacePrivateIpAddress } from "@aws-sdk/client-ec2";
import * as pulumi from "@pulumi/pulumi";

export interface SecondaryPrivateIpInputs {
  networkInterfaceId: string;
  /** AWS chooses one unless given. */
  requestedIp?: string;
  region?: string;
  profile?: string;
}

export interface SecondaryPrivateIpState extends SecondaryPrivateIpInputs {
  privateIpAddress: string;
  /** The address was on the ENI before; it stays there when the resource goes. */
  adopted: boolean;
}

type Sdk = typeof import("@aws-sdk/client-ec2");

function connect(inputs: SecondaryPrivateIpInputs): { client: EC2Client; sdk: Sdk } {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded in the provider's process, not with the program
  const sdk = require("@aws-sdk/client-ec2") as Sdk;
  const client = new sdk.EC2Client({
    ...(inputs.region ? { region: inputs.region } : {}),
    ...(inputs.profile ? { profile: inputs.profile } : {}),
    // The official provider tries 25 times; ten cover a minute of throttling.
    maxAttempts: 10,
  });
  return { client, sdk };
}

/** The ENI, or undefined where it is gone. */
async function describe(inputs: SecondaryPrivateIpInputs): Promise<NetworkInterface | undefined> {
  const { client, sdk } = connect(inputs);
  try {
    const answer = await client.send(
      new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [inputs.networkInterfaceId] }),
    );
    return answer.NetworkInterfaces?.[0];
  } catch (error) {
    if ((error as Error).name === "InvalidNetworkInterfaceID.NotFound") return undefined;
    throw error;
  }
}

function find(eni: NetworkInterface | undefined, address: string): NetworkInterfacePrivateIpAddress | undefined {
  return eni?.PrivateIpAddresses?.find((each) => each.PrivateIpAddress === address && !each.Primary);
}

/** Nothing is ever stolen: an association that AWS would silently take over stops the run instead. */
function refuseForeignElasticIp(entry: NetworkInterfacePrivateIpAddress): void {
  const association = entry.Association;
  if (association?.AllocationId) {
    throw new Error(
      `expected ${entry.PrivateIpAddress} without an Elastic IP, found ${association.PublicIp} (${association.AllocationId}) on it, ` +
        `which is not this stack's: disassociate it, or choose another secondaryPrivateIp`,
    );
  }
}

async function assign(inputs: SecondaryPrivateIpInputs, eni: NetworkInterface): Promise<string> {
  const { client, sdk } = connect(inputs);
  const before = new Set(eni.PrivateIpAddresses?.map((each) => each.PrivateIpAddress));
  try {
    const answer = await client.send(
      new sdk.AssignPrivateIpAddressesCommand({
        NetworkInterfaceId: inputs.networkInterfaceId,
        ...(inputs.requestedIp ? { PrivateIpAddresses: [inputs.requestedIp] } : { SecondaryPrivateIpAddressCount: 1 }),
      }),
    );
    const assigned = answer.AssignedPrivateIpAddresses?.[0]?.PrivateIpAddress;
    if (assigned) return assigned;
    throw new Error("AWS assigned an address without naming it");
  } catch (error) {
    // The answer may be lost where the work was done: what is there now decides.
    const now = await describe(inputs);
    const added = now?.PrivateIpAddresses?.find((each) => !each.Primary && !before.has(each.PrivateIpAddress));
    const wanted = inputs.requestedIp ? find(now, inputs.requestedIp) : undefined;
    const got = (wanted ?? (inputs.requestedIp ? undefined : added))?.PrivateIpAddress;
    if (got) return got;
    throw error;
  }
}

async function create(inputs: SecondaryPrivateIpInputs): Promise<pulumi.dynamic.CreateResult<SecondaryPrivateIpState>> {
  const eni = await describe(inputs);
  if (!eni) throw new Error(`expected the network interface ${inputs.networkInterfaceId}, found none of that id`);
  const present = inputs.requestedIp ? find(eni, inputs.requestedIp) : undefined;
  if (present) refuseForeignElasticIp(present);
  const privateIpAddress = present?.PrivateIpAddress ?? (await assign(inputs, eni));
  return {
    id: `${inputs.networkInterfaceId}_${privateIpAddress}`,
    outs: { ...inputs, privateIpAddress, adopted: present !== undefined },
  };
}

async function read(
  id: string,
  state: SecondaryPrivateIpState,
): Promise<pulumi.dynamic.ReadResult<SecondaryPrivateIpState>> {
  const entry = find(await describe(state), state.privateIpAddress);
  // An empty id says that the resource is gone.
  return entry ? { id, props: state } : { id: "", props: state };
}

async function remove(state: SecondaryPrivateIpState): Promise<void> {
  if (state.adopted || !find(await describe(state), state.privateIpAddress)) return;
  const { client, sdk } = connect(state);
  await client.send(
    new sdk.UnassignPrivateIpAddressesCommand({
      NetworkInterfaceId: state.networkInterfaceId,
      PrivateIpAddresses: [state.privateIpAddress],
    }),
  );
}

/** What the engine calls, in a process of its own. */
export const secondaryPrivateIpProvider: pulumi.dynamic.ResourceProvider<
  SecondaryPrivateIpInputs,
  SecondaryPrivateIpState
> = {
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
    return Promise.resolve({ changes: replaces.length > 0, replaces, deleteBeforeReplace: true });
  },
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
      { privateIpAddress: undefined, adopted: undefined, ...inputs },
      options,
      "kops-secondary-ingress",
      "SecondaryPrivateIp",
    );
  }
}
