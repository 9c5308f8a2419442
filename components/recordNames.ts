/**
 * The names that a stack writes into a hosted zone of Route 53. Whatever else has a say in a name is found when the stack takes it, before
 * anything is made; the engine's own check comes at the end of an update, and sees records of the same name and type alone.
 * A dynamic resource as in secondaryPrivateIp.ts: what the stack has taken is remembered in its state.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { checkCaller, type Connection, ec2Client, ec2Sdk } from "./aws/connection";
import { ownerInWords, type RecordOwner, recordOwners } from "./aws/recordOwners";
import { route53Client } from "./aws/route53";
import { stackTag } from "../settings/tagNames";

export interface RecordNamesInputs {
  zoneId: string;
  /** Lower case, with trailing dot, sorted. */
  names: string[];
  /** A records of others are taken over. */
  overwrite: boolean;
  /** `<project>/<stack>`, and what the stack was called before, as in tags. */
  stacks: string[];
  /** How the `aws` provider is set up. */
  connection: Connection;
  /** ARN of the provider's user or role; calls as another principal are refused. */
  caller: string;
}

/** Public addresses of the stack: a state of an earlier release has records that lead there, and no resource of this type. */
async function ownAddresses({ connection, stacks }: RecordNamesInputs): Promise<string[]> {
  const { Addresses = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeAddressesCommand)({ Filters: [{ Name: `tag:${stackTag}`, Values: stacks }] }),
  );
  return Addresses.flatMap(({ PublicIp }) => PublicIp ?? []);
}

const setting = (stacks: readonly string[], value: string): string => {
  const [project, stack] = (stacks[0] ?? "").split("/");
  return `pulumi config set --stack ${stack} ${project}:${value}`;
};

/** One message for all names. */
function refusal({ zoneId, stacks }: RecordNamesInputs, owners: readonly RecordOwner[]): string {
  const line = (owner: RecordOwner): string =>
    owner.kind === "address"
      ? `  ${owner.name.replace(/\.$/, "")}: found ${owner.found}: take it over, ${setting(stacks, "overwriteRecords true")}`
      : `  ${ownerInWords(owner)}`;
  return [
    `appDomains: expected names that nothing else answers for or writes in the hosted zone ${zoneId} (route53ZoneId):`,
    ...owners.map(line),
    "Nothing was changed. To move names that are in use without a gap: docs/dns.md, Cutting over.",
  ].join("\n");
}

async function check(
  olds: Partial<RecordNamesInputs>,
  news: RecordNamesInputs,
): Promise<pulumi.dynamic.CheckResult<RecordNamesInputs>> {
  // In a preview the zone may be unknown, which is no id.
  const known = /^(\/hostedzone\/)?[A-Z0-9]+$/.test(news.zoneId);
  const before = olds.zoneId === news.zoneId ? (olds.names ?? []) : [];
  const names = news.names.filter((name) => !before.includes(name));
  if (!known || names.length === 0) return { inputs: news };
  await checkCaller(news.connection, news.caller, true);
  const owners = await recordOwners(route53Client(news.connection), news.zoneId, names, await ownAddresses(news));
  const others = owners.filter(({ kind }) => kind !== "address" || !news.overwrite);
  return {
    inputs: news,
    failures: others.length === 0 ? [] : [{ property: "names", reason: refusal(news, others) }],
  };
}

/** What the engine calls, in a process of its own. */
export const recordNamesProvider: pulumi.dynamic.ResourceProvider<RecordNamesInputs, RecordNamesInputs> = {
  check: (olds, news) => check(olds, news),
  create: (inputs) => Promise.resolve({ id: inputs.zoneId, outs: inputs }),
  diff: (_id, olds, news) => {
    const keys = ["zoneId", "names", "overwrite", "stacks", "connection"] as const;
    return Promise.resolve({ changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) });
  },
  update: (_id, _olds, news) => Promise.resolve({ outs: news }),
};

export class RecordNames extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [Key in keyof RecordNamesInputs]: pulumi.Input<RecordNamesInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(recordNamesProvider, name, inputs, options, "kops-secondary-ingress", "RecordNames");
  }
}
