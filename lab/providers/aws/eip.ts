/** aws.ec2.Eip without association: the calls of terraform-provider-aws internal/service/ec2/ec2_eip.go. */
import type { Address } from "@aws-sdk/client-ec2";
import { optionalText, PartlyCreated, type Properties, type ResourceType } from "../resource";
import { arn, ec2Client, ec2Sdk, eventually, isAwsError, region, unlessGone } from "./client";
import { fromList, tagProperties, tagSpecification, updateTags } from "./tags";

async function find(allocationId: string): Promise<Address | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(
    ec2Client().send(new sdk.DescribeAddressesCommand({ AllocationIds: [allocationId] })),
    "InvalidAllocationID.NotFound",
    "InvalidAddress.NotFound",
  );
  return answer?.Addresses?.[0];
}

/** The PTR record; empty if the service does not have the call. */
async function ptrRecord(allocationId: string): Promise<string> {
  const sdk = ec2Sdk();
  try {
    const answer = await ec2Client().send(
      new sdk.DescribeAddressesAttributeCommand({ AllocationIds: [allocationId], Attribute: "domain-name" }),
    );
    return answer.Addresses?.[0]?.PtrRecord ?? "";
  } catch (error) {
    if (isAwsError(error, "InvalidAction") && error.message.includes("not valid for this web service")) return "";
    throw error;
  }
}

async function read(allocationId: string): Promise<Properties | undefined> {
  if (!allocationId.startsWith("eipalloc-")) {
    throw new Error(
      `expected an allocation id of the form eipalloc-…, found ${allocationId}; with the retirement of EC2-Classic no other is supported`,
    );
  }
  const address = await find(allocationId);
  if (!address) return undefined;
  return {
    allocationId,
    arn: await arn("ec2", `elastic-ip/${allocationId}`),
    associationId: address.AssociationId ?? "",
    domain: address.Domain,
    instance: address.InstanceId ?? "",
    networkInterface: address.NetworkInterfaceId ?? "",
    networkBorderGroup: address.NetworkBorderGroup,
    privateIp: address.PrivateIpAddress ?? "",
    publicIp: address.PublicIp,
    publicIpv4Pool: address.PublicIpv4Pool,
    ptrRecord: await ptrRecord(allocationId),
    region: await region(),
    ...tagProperties(fromList(address.Tags)),
  };
}

export const eip: ResourceType = {
  inputs: ["domain", "networkBorderGroup", "publicIpv4Pool", "tags"],
  computed: [
    ...["allocationId", "arn", "associationId", "domain", "instance", "networkInterface", "networkBorderGroup"],
    ...["privateIp", "publicIp", "publicIpv4Pool", "ptrRecord", "region", "tagsAll"],
  ],
  recomputed: ["tagsAll"],
  replaceOn: ["domain", "networkBorderGroup", "publicIpv4Pool"],
  create: async (inputs, { signal }) => {
    const sdk = ec2Sdk();
    const answer = await ec2Client().send(
      new sdk.AllocateAddressCommand({
        ...(inputs["domain"] ? { Domain: "vpc" } : {}),
        NetworkBorderGroup: optionalText(inputs, "networkBorderGroup"),
        PublicIpv4Pool: optionalText(inputs, "publicIpv4Pool"),
        ...tagSpecification("elastic-ip", inputs),
      }),
    );
    const id = answer.AllocationId ?? "";
    try {
      await eventually(`the new address ${id}`, 20, signal, () => find(id));
      const outputs = await eventually(`the new address ${id}`, 20, signal, () => read(id));
      return { id, outputs: { ...inputs, ...outputs } };
    } catch (error) {
      const known = { ...inputs, allocationId: id, publicIp: answer.PublicIp };
      throw new PartlyCreated({ id, outputs: known }, (error as Error).message);
    }
  },
  read,
  update: async (id, olds, news) => {
    await updateTags(id, olds, news);
    return { ...olds, ...news, ...(await read(id)) };
  },
  delete: async (id, outputs) => {
    const sdk = ec2Sdk();
    const AssociationId = optionalText(outputs, "associationId");
    if (AssociationId) {
      await unlessGone(
        ec2Client().send(new sdk.DisassociateAddressCommand({ AssociationId })),
        "InvalidAssociationID.NotFound",
      );
    }
    const NetworkBorderGroup = optionalText(outputs, "networkBorderGroup");
    await unlessGone(
      ec2Client().send(new sdk.ReleaseAddressCommand({ AllocationId: id, NetworkBorderGroup })),
      "InvalidAllocationID.NotFound",
    );
  },
};
