/** aws.ec2.EipAssociation: ec2_eip_association.go. `allowReassociation: false` is never sent, as in the original. */
import { optionalText, type Properties, type ResourceType } from "../resource";
import { ec2Client, ec2Sdk, unlessGone } from "./client";

const inputNames = ["allocationId", "networkInterfaceId", "privateIpAddress", "instanceId", "publicIp"] as const;

async function describe(associationId: string): Promise<Properties | undefined> {
  const sdk = ec2Sdk();
  const answer = await ec2Client().send(
    new sdk.DescribeAddressesCommand({ Filters: [{ Name: "association-id", Values: [associationId] }] }),
  );
  const [address] = answer.Addresses ?? [];
  return (
    address && {
      allocationId: address.AllocationId,
      instanceId: address.InstanceId ?? "",
      networkInterfaceId: address.NetworkInterfaceId,
      privateIpAddress: address.PrivateIpAddress,
      publicIp: address.PublicIp,
    }
  );
}

export const eipAssociation: ResourceType = {
  replaceOn: [...inputNames, "allowReassociation"],
  create: async (inputs) => {
    const sdk = ec2Sdk();
    const [AllocationId, NetworkInterfaceId, PrivateIpAddress, InstanceId, PublicIp] = inputNames.map((name) =>
      optionalText(inputs, name),
    );
    const answer = await ec2Client().send(
      new sdk.AssociateAddressCommand({
        AllocationId,
        NetworkInterfaceId,
        PrivateIpAddress,
        InstanceId,
        PublicIp,
        ...(inputs["allowReassociation"] === true ? { AllowReassociation: true } : {}),
      }),
    );
    const id = answer.AssociationId ?? "";
    return { id, outputs: { ...inputs, ...(await describe(id)) } };
  },
  read: async (id, _outputs, inputs) => {
    const found = await describe(id);
    // Every input is also read back: a difference shows as drift.
    return found && { outputs: { ...inputs, ...found }, inputs: { ...inputs, ...pick(found, Object.keys(inputs)) } };
  },
  delete: async (id) => {
    const sdk = ec2Sdk();
    await unlessGone(
      ec2Client().send(new sdk.DisassociateAddressCommand({ AssociationId: id })),
      "InvalidAssociationID.NotFound",
    );
  },
};

function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}
