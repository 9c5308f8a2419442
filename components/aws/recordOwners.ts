/** Who else has a say in the names that a stack writes into a hosted zone: other records, delegations, controllers. */
import type { ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";
import { nameOf, plainZoneId, recordSetsAt } from "./route53";

export interface RecordOwner {
  /** Of the stack's records, with trailing dot. */
  name: string;
  /**
   * `address`: an A record, which the stack's can replace. `beside`: another that answers for the name and that `dns cutover` takes away.
   * `fixed`: one that neither takes away. `hidden`: the zone has given the name away. `controller`: external-dns writes the name.
   */
  kind: "address" | "beside" | "fixed" | "hidden" | "controller";
  found: string;
  /** What to do, by the command. */
  fix: string;
  /** Arguments of `aws`. */
  command: string;
}

/** For messages. */
export const ownerInWords = ({ name, found, fix, command }: RecordOwner): string =>
  `${name.replace(/\.$/, "")}: found ${found}: ${fix}, aws ${command}`;

/**
 * A value as the AWS CLI's shorthand has it: without double quotes, which PowerShell takes away inside single ones, unless the value needs
 * them (https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html).
 */
function shorthand(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shorthand).join(",")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => `${key}=${shorthand(each)}`)
      .join(",")}}`;
  const text = String(value);
  return /^[\w.:*/-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Arguments of `aws` that delete a record set. */
function deletion(zoneId: string, set: ResourceRecordSet): string {
  const batch = shorthand([{ Action: "DELETE", ResourceRecordSet: { ...set, Name: nameOf(set) } }]);
  return `route53 change-resource-record-sets --hosted-zone-id ${plainZoneId(zoneId)} --change-batch 'Changes=${batch}'`;
}

const valuesOf = ({ ResourceRecords = [] }: ResourceRecordSet): string[] =>
  ResourceRecords.map(({ Value = "" }) => Value);

/** `CNAME old.example.net`, `AAAA alias of …`, `A 192.0.2.1 (set blue)`. */
function inWords(set: ResourceRecordSet): string {
  const leadsTo = set.AliasTarget ? `alias of ${set.AliasTarget.DNSName}` : valuesOf(set).join(", ");
  const chosen = set.SetIdentifier ?? set.TrafficPolicyInstanceId;
  return `${set.Type} ${leadsTo}${chosen === undefined ? "" : ` (set ${chosen}, one of those that Route 53 chooses from)`}`;
}

/** `1 . alpn=h2` says how to connect to the name itself; another target or an address leads elsewhere (RFC 9460). */
function leadsElsewhere(set: ResourceRecordSet, name: string): boolean {
  return valuesOf(set).some((value) => {
    const [priority = "", target = "", ...parameters] = value.split(/\s+/);
    const same = target === "." || `${target.replace(/\.$/, "")}.` === name;
    return priority === "0" || !same || parameters.some((each) => /^ipv[46]hint=/.test(each));
  });
}

/** What a record set at the name itself is to a stack that writes an A record there; undefined if it is nothing to it. */
function kindAt(set: ResourceRecordSet, name: string): RecordOwner["kind"] | undefined {
  const chosen = set.SetIdentifier !== undefined || set.TrafficPolicyInstanceId !== undefined;
  switch (set.Type) {
    case "A":
      return chosen ? "fixed" : "address";
    case "AAAA":
    case "CNAME":
      return chosen ? "fixed" : "beside";
    case "HTTPS":
    case "SVCB":
      return leadsElsewhere(set, name) ? "fixed" : undefined;
    default:
      return undefined;
  }
}

/**
 * external-dns marks what it writes by TXT records, at the name or at one with the record's type before it
 * (https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/). A mark with a prefix of the user's own is not found.
 */
const marks = ["", "a-", "aaaa-", "cname-"] as const;
const isMark = (set: ResourceRecordSet): boolean =>
  set.Type === "TXT" && valuesOf(set).some((value) => value.includes("heritage=external-dns"));

function controller(zoneId: string, name: string, mark: ResourceRecordSet): RecordOwner {
  const text = valuesOf(mark).join();
  const part = (key: string): string | undefined => new RegExp(`external-dns/${key}=([^,"]+)`).exec(text)?.[1];
  const of = [part("resource"), part("owner") && `owner ${part("owner")}`].filter(Boolean).join(", ");
  return {
    name,
    kind: "controller",
    found: `external-dns, which writes it${of ? ` for ${of}` : ""} (TXT ${nameOf(mark)})`,
    fix: "take the name out of what external-dns reads there, and delete its mark",
    command: deletion(zoneId, mark),
  };
}

const isOwn = (set: ResourceRecordSet, own: readonly string[]): boolean =>
  set.AliasTarget === undefined && valuesOf(set).every((value) => own.includes(value));

/** Record sets of a traffic policy go with its instance. */
const removal = (zoneId: string, set: ResourceRecordSet): string =>
  set.TrafficPolicyInstanceId === undefined
    ? deletion(zoneId, set)
    : `route53 delete-traffic-policy-instance --id ${set.TrafficPolicyInstanceId}`;

/** The names from this one up to the last but one, each with what is above it. */
function upwards(name: string): string[] {
  const labels = name.replace(/\.$/, "").split(".");
  return labels.map((_, index) => `${labels.slice(index).join(".")}.`);
}

/**
 * @param names with trailing dot, in lower case
 * @param own addresses that an A record may have
 * @throws when AWS refuses `route53:ListResourceRecordSets`
 */
export async function recordOwners(
  client: Route53Client,
  zoneId: string,
  names: readonly string[],
  own: readonly string[] = [],
): Promise<RecordOwner[]> {
  const asked: Record<string, Promise<ResourceRecordSet[]>> = {};
  const setsAt = (name: string): Promise<ResourceRecordSet[]> => (asked[name] ??= recordSetsAt(client, zoneId, name));

  const ownersOf = async (name: string): Promise<RecordOwner[]> => {
    const owners: RecordOwner[] = [];
    for (const above of upwards(name)) {
      const sets = await setsAt(above);
      // The zone's own name has an SOA record, and there alone its NS records are its own.
      if (sets.some(({ Type }) => Type === "SOA")) break;
      const delegation = sets.find(({ Type }) => Type === "NS");
      if (delegation)
        owners.push({
          name,
          kind: "hidden",
          found: `${above} given to another zone (${inWords(delegation)}), so that resolvers never see a record here`,
          fix: "name that zone with route53ZoneId; its id is shown by",
          command: `route53 list-hosted-zones-by-name --max-items 1 --dns-name ${above}`,
        });
    }
    for (const set of await setsAt(name)) {
      const kind = kindAt(set, name);
      if (kind === undefined || (kind === "address" && isOwn(set, own))) continue;
      owners.push({ name, kind, found: inWords(set), fix: "delete it", command: removal(zoneId, set) });
    }
    const marked = await Promise.all(marks.map((mark) => setsAt(`${mark}${name}`)));
    owners.push(
      ...marked
        .flat()
        .filter(isMark)
        .slice(0, 1)
        .map((mark) => controller(zoneId, name, mark)),
    );
    return owners;
  };
  return (await Promise.all(names.map(ownersOf))).flat();
}
