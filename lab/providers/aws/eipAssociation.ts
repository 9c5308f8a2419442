/** aws.ec2.EipAssociation: ec2_eip_association.go. `allowReassociation: false` is never sent, as in the original. */
import { optionalText, PartlyCreated, type Properties, type ResourceType } from "../resource";
import { ec2Client, ec2Sdk, eventually, region, unlessGone } from "./client";

const places = ["allocationId", "networkInterfaceId", "privateIpAddress", "instanceId", "publicIp"] as const;

async function read(associationId: string): Promise<Properties | undefined> {
  if (!associationId.startsWith("eipassoc-")) {
    throw new Error(
      `expected an association id of the form eipassoc-…, found ${associationId}; with the retirement of EC2-Classic no other is supported`,
    );
  }
  const sdk = ec2Sdk();
  const answer = await ec2Client().send(
    new sdk.DescribeAddressesCommand({ Filters: [{ Name: "association-id", Values: [associationId] }] }),
  );
  const [address, another] = answer.Addresses ?? [];
  if (another) throw new Error("too many results: wanted 1, got 2");
  return (
    address && {
      allocationId: address.AllocationId,
      instanceId: address.InstanceId ?? "",
      networkInterfaceId: address.NetworkInterfaceId,
      privateIpAddress: address.PrivateIpAddress,
      publicIp: address.PublicIp,
      region: await region(),
    }
  );
}

export const eipAssociation: ResourceType = {
  inputs: [...places, "allowReassociation"],
  writeOnly: ["allowReassociation"],
  computed: [...places, "region"],
  replaceOn: [...places, "allowReassociation"],
  create: async (inputs, { signal }) => {
    const sdk = ec2Sdk();
    const answer = await ec2Client().send(
      new sdk.AssociateAddressCommand({
        AllocationId: optionalText(inputs, "allocationId"),
        NetworkInterfaceId: optionalText(inputs, "networkInterfaceId"),
        PrivateIpAddress: optionalText(inputs, "privateIpAddress"),
        InstanceId: optionalText(inputs, "instanceId"),
        PublicIp: optionalText(inputs, "publicIp"),
        ...(inputs["allowReassociation"] === true ? { AllowReassociation: true } : {}),
      }),
    );
    const id = answer.AssociationId ?? "";
    try {
      await eventually(`the new association ${id}`, 5, signal, () => read(id));
      const outputs = await eventually(`the new association ${id}`, 5, signal, () => read(id));
      return { id, outputs: { ...inputs, ...outputs } };
    } catch (error) {
      throw new PartlyCreated({ id, outputs: inputs }, (error as Error).message);
    }
  },
  read,
  delete: async (id) => {
    const sdk = ec2Sdk();
    await unlessGone(
      ec2Client().send(new sdk.DisassociateAddressCommand({ AssociationId: id })),
      "InvalidAssociationID.NotFound",
    );
  },
};
