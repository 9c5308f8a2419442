/** aws.ec2.Eip: the calls of terraform-provider-aws internal/service/ec2/ec2_eip.go. */
import type { Address } from "@aws-sdk/client-ec2";
import { PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { arn, ec2Client, ec2Sdk, isAwsError, unlessGone } from "./client";
import { tagProperties, tagSpecification, updateTags } from "./tags";

async function find(allocationId: string): Promise<Address | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(
    ec2Client().send(new sdk.DescribeAddressesCommand({ AllocationIds: [allocationId] })),
    "InvalidAllocationID.NotFound",
    "InvalidAddress.NotFound",
  );
  return answer?.Addresses?.[0];
}

async function describe(allocationId: string): Promise<Properties | undefined> {
  const address = await find(allocationId);
  if (!address) return undefined;
  const sdk = ec2Sdk();
  const attributes = await ec2Client().send(
    new sdk.DescribeAddressesAttributeCommand({ AllocationIds: [allocationId], Attribute: "domain-name" }),
  );
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
    ptrRecord: attributes.Addresses?.[0]?.PtrRecord ?? "",
    ...tagProperties(address.Tags),
  };
}

export const eip: ResourceType = {
  replaceOn: ["domain", "address", "networkBorderGroup", "publicIpv4Pool"],
  create: async (inputs) => {
    const sdk = ec2Sdk();
    const answer = await ec2Client().send(
      new sdk.AllocateAddressCommand({
        ...(inputs["domain"] ? { Domain: "vpc" } : {}),
        ...tagSpecification("elastic-ip", inputs),
      }),
    );
    const id = answer.AllocationId ?? "";
    try {
      const outputs = await describe(id);
      if (!outputs) throw new Error(`the new address ${id} is not to be found`);
      return { id, outputs: { ...inputs, ...outputs } };
    } catch (error) {
      throw new PartlyCreated(
        { id, outputs: { ...inputs, allocationId: id, publicIp: answer.PublicIp } },
        (error as Error).message,
      );
    }
  },
  read: async (id, _outputs, inputs) => {
    const outputs = await describe(id);
    return (
      outputs && {
        outputs: { ...inputs, ...outputs },
        inputs: { ...inputs, ...("tags" in outputs ? { tags: outputs["tags"] } : {}) },
      }
    );
  },
  update: async (id, olds, news) => {
    await updateTags(id, olds, news);
    return { ...news, ...(await describe(id)) };
  },
  delete: async (id, outputs) => {
    const sdk = ec2Sdk();
    if (outputs["associationId"]) {
      await unlessGone(
        ec2Client().send(new sdk.DisassociateAddressCommand({ AssociationId: text(outputs, "associationId") })),
        "InvalidAssociationID.NotFound",
      );
    }
    try {
      await ec2Client().send(
        new sdk.ReleaseAddressCommand({
          AllocationId: id,
          ...(outputs["networkBorderGroup"] ? { NetworkBorderGroup: text(outputs, "networkBorderGroup") } : {}),
        }),
      );
    } catch (error) {
      if (!isAwsError(error, "InvalidAllocationID.NotFound")) throw error;
    }
  },
};
