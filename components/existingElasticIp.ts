/**
 * The user's Elastic IP on the secondary address, tied there by the user or by the stack, which unties only what it tied. The `aws`
 * provider's association would move it without a word from wherever it leads, and untie it when it goes.
 * A dynamic resource as in secondaryPrivateIp.ts.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { checkCaller } from "./aws/connection";
import { associationOf, type ElasticIpPlace, tie, untie } from "./aws/elasticIp";

export interface ExistingElasticIpInputs extends ElasticIpPlace {
  /** It was on the address before the stack: it stays there when the resource goes. */
  found: boolean;
  /** ARN of the provider's user or role; calls as another principal are refused. */
  caller: string;
}

export interface ExistingElasticIpState extends ExistingElasticIpInputs {
  publicIp: string;
  /** `""` once a refresh has found it gone from the address: the next update ties it again, or says why not. */
  associationId: string;
}

/** Ties it, or finds it tied. */
async function take(inputs: ExistingElasticIpInputs): Promise<ExistingElasticIpState> {
  await checkCaller(inputs.connection, inputs.caller, true);
  return { ...inputs, ...(await tie(inputs)) };
}

async function read(
  id: string,
  state: ExistingElasticIpState,
): Promise<pulumi.dynamic.ReadResult<ExistingElasticIpState>> {
  await checkCaller(state.connection, state.caller, false);
  return { id, props: { ...state, associationId: await associationOf(state) } };
}

/** What the engine calls, in a process of its own. */
export const existingElasticIpProvider: pulumi.dynamic.ResourceProvider<
  ExistingElasticIpInputs,
  ExistingElasticIpState
> = {
  create: async (inputs) => ({
    id: `${inputs.allocationId}_${inputs.privateIpAddress}`,
    outs: await take(inputs),
  }),
  read: (id, state) => {
    if (!state) throw new Error(`cannot import ${id}: name the Elastic IP with allocationId`);
    return read(id, state);
  },
  diff: (_id, olds, news) => {
    const keys = ["allocationId", "networkInterfaceId", "privateIpAddress"] as const;
    const replaces = keys.filter((key) => news[key] !== olds[key]);
    const drifted =
      olds.associationId === "" ||
      news.found !== olds.found ||
      news.stack !== olds.stack ||
      !isDeepStrictEqual(news.connection, olds.connection);
    // It is untied from one address before it is tied to another, and before that address is given back.
    return Promise.resolve({ changes: replaces.length > 0 || drifted, replaces, deleteBeforeReplace: true });
  },
  update: async (_id, _olds, news) => ({ outs: await take(news) }),
  delete: async (_id, state) => {
    await checkCaller(state.connection, state.caller, false);
    if (!state.found) await untie(state);
  },
};

export class ExistingElasticIp extends pulumi.dynamic.Resource {
  declare readonly publicIp: pulumi.Output<string>;
  declare readonly allocationId: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { [Key in keyof ExistingElasticIpInputs]: pulumi.Input<ExistingElasticIpInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(
      existingElasticIpProvider,
      name,
      { publicIp: undefined, associationId: undefined, ...inputs },
      options,
      "kops-secondary-ingress",
      "ExistingElasticIp",
    );
  }
}
