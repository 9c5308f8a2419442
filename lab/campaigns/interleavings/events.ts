/** Events by users, AWS and the operator that change a stack, in any order. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { Account } from "../../aws/account";
import type { FaultKind } from "../../aws/fault";
import { tellCloud } from "../../network/cloudEvents";
import type { KeptLab } from "../../keptLab";
import { lab } from "../../lab";
import { labCluster } from "../../cloud/labAccount";
import { awsEndpoint } from "../../network/addresses";
import { nodeHostKey } from "../../node/machine";
import { inInternet, operatorKeyId } from "../../operator";
import { labPaths } from "../../paths";
import { run } from "../../process";

const settingsFile = join(labPaths.project, "Pulumi.prod.yaml");

/** Sets or deletes a setting of prod. */
export async function set(path: string[], value: unknown): Promise<void> {
  const document = parseDocument(await readFile(settingsFile, "utf8"));
  const [key = "", ...rest] = path;
  const place = ["config", `kops-secondary-ingress:${key}`, ...rest];
  if (value === undefined) document.deleteIn(place);
  else document.setIn(place, value);
  await writeFile(settingsFile, document.toString());
}

export async function setting(key: string): Promise<unknown> {
  return parseDocument(await readFile(settingsFile, "utf8")).getIn(["config", `kops-secondary-ingress:${key}`]);
}

export const account = async (): Promise<Account> => JSON.parse(await readFile(labPaths.account, "utf8")) as Account;

/** The node's network interface, and the stack's addresses and groups on it. */
async function found(): Promise<{ eni: string; secondaries: string[]; groups: string[]; ours: string[] }> {
  const { instances, networkInterfaces, securityGroups } = await account();
  const running = instances.find(({ state, tags }) => state === "running" && tags["KubernetesCluster"] === labCluster);
  const eni = networkInterfaces.find(({ attachment }) => attachment?.instanceId === running?.instanceId);
  if (!eni) throw new Error("the lab has no running node");
  const ours = securityGroups.filter(({ tags }) => tags["managed-by"]).map(({ groupId }) => groupId);
  return {
    eni: eni.networkInterfaceId,
    secondaries: eni.privateIps.filter(({ primary }) => !primary).map(({ privateIpAddress }) => privateIpAddress),
    groups: eni.securityGroupIds,
    ours,
  };
}

/** Identifies another owner's Elastic IP. */
const strangersTag = { Key: "Name", Value: "a stranger's" };

/** Another owner's Elastic IPs and their associations. */
export async function strangersElasticIps(): Promise<{ allocationId: string; at: string; associationId?: string }[]> {
  return (await account()).addresses
    .filter(({ tags }) => tags["Name"] === strangersTag.Value)
    .map(({ allocationId, association }) => ({
      allocationId,
      at: association?.privateIpAddress ?? "nowhere",
      ...(association ? { associationId: association.associationId } : {}),
    }));
}

/** Releases the other owner's Elastic IPs. */
export async function releaseStrangersElasticIps(kept: KeptLab): Promise<void> {
  for (const { allocationId, associationId } of await strangersElasticIps()) {
    if (associationId) await kept.aws("DisassociateAddressCommand", { AssociationId: associationId });
    await kept.aws("ReleaseAddressCommand", { AllocationId: allocationId });
  }
}

/** Sets faults through the endpoint's own path; `undefined` clears them. */
export async function faults(list: readonly object[] | undefined): Promise<void> {
  const url = `http://${awsEndpoint.host}:${awsEndpoint.port}/_lab/faults`;
  const how = list ? ["-d", JSON.stringify(list)] : ["-X", "DELETE"];
  const [program = "", ...args] = inInternet(["curl", "-sf", ...how, url]);
  await run(program, args);
}

/** The fault applies to the program only; other callers are unaffected. */
const fault = (kind: FaultKind, actions: readonly string[], times: number) => (number: number) =>
  faults([{ action: actions[number % actions.length], kind, times, principal: operatorKeyId }]);

/** Free addresses of the node's subnet that the operator may set. */
const wanted = ["172.20.45.99", "172.20.45.100", "172.20.50.7"];

export type Event = (kept: KeptLab, number: number) => Promise<unknown>;

export const events = {
  up: (kept) => kept.up("prod"),
  refresh: (kept) => kept.pulumi("refresh", "--yes", "--skip-preview", "--stack", "prod"),
  destroy: (kept) => kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod"),
  "mode switched": async () => set(["mode"], (await setting("mode")) === "dual-ip" ? "node-port" : "dual-ip"),
  "secondary address changed": (_kept, number) =>
    set(["secondaryPrivateIp"], number % 4 === 3 ? undefined : wanted[number % 4]),
  "address stolen": async () => {
    const [address] = (await found()).secondaries;
    if (address) await tellCloud("steal", { address });
  },
  "somebody's Elastic IP tied to the address": async (kept) => {
    const { eni, secondaries } = await found();
    const [address] = secondaries;
    if (!address) return;
    const TagSpecifications = [{ ResourceType: "elastic-ip", Tags: [strangersTag] }];
    const AllocationId =
      (await strangersElasticIps())[0]?.allocationId ??
      (await kept.aws("AllocateAddressCommand", { TagSpecifications }))["AllocationId"];
    await kept.aws("AssociateAddressCommand", {
      AllocationId,
      NetworkInterfaceId: eni,
      PrivateIpAddress: address,
    });
  },
  "address taken away": async (kept) => {
    const { eni, secondaries } = await found();
    const input = { NetworkInterfaceId: eni, PrivateIpAddresses: secondaries };
    if (secondaries.length > 0) await kept.aws("UnassignPrivateIpAddressesCommand", input);
  },
  "Elastic IP released": async (kept) => {
    for (const { allocationId, association } of (await account()).addresses) {
      if (association) await kept.aws("DisassociateAddressCommand", { AssociationId: association.associationId });
      await kept.aws("ReleaseAddressCommand", { AllocationId: allocationId });
    }
  },
  "security group detached": async (kept) => {
    const { eni, groups, ours } = await found();
    const Groups = groups.filter((group) => !ours.includes(group));
    await kept.aws("ModifyNetworkInterfaceAttributeCommand", { NetworkInterfaceId: eni, Groups });
  },
  "instance replaced": async () => {
    await lab.replaceNode();
    // The operator compares the new key and accepts it.
    await set(["ssh", "hostKey"], await nodeHostKey());
  },
  throttled: (_kept, number) =>
    fault(
      "throttled",
      ["DescribeNetworkInterfaces", "AssignPrivateIpAddresses", "AllocateAddress", "CreateSecurityGroup"],
      1 + (number % 4),
    )(number),
  "answer lost": (_kept, number) =>
    fault(
      "lost",
      // Idempotent calls only. The official provider also repeats creations and leaves two resources: see
      // docs/aws-endpoint.md.
      [
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
        "AssociateAddress",
        "ReleaseAddress",
        "DeleteSecurityGroup",
      ],
      1,
    )(number),
} satisfies Record<string, Event>;

export type EventName = keyof typeof events;
export const eventNames = Object.keys(events) as EventName[];
