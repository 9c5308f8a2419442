import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DisassociateAddressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { refuses, useEndpoint } from "../harness";

describe("lab EC2: instances stopped, started and terminated", () => {
  const lab = useEndpoint();
  const id = (): string => lab.account.instances[0]?.instanceId ?? "";
  const stop = (InstanceIds = [id()]) => lab.ec2.send(new StopInstancesCommand({ InstanceIds }));
  const start = () => lab.ec2.send(new StartInstancesCommand({ InstanceIds: [id()] }));
  const primary = (): { autoPublicIp?: string } => lab.eni.privateIps[0] ?? {};
  const tie = async (PrivateIpAddress: string): Promise<void> => {
    const { AllocationId } = await lab.ec2.send(new AllocateAddressCommand({}));
    await lab.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: lab.eniId, PrivateIpAddress }));
  };
  const assign = async (): Promise<string> => {
    const { AssignedPrivateIpAddresses } = await lab.ec2.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, SecondaryPrivateIpAddressCount: 1 }),
    );
    return AssignedPrivateIpAddresses?.[0]?.PrivateIpAddress ?? "";
  };

  it("say where they come from and where they are", async () => {
    const { StoppingInstances } = await stop();
    assert.deepEqual(StoppingInstances, [
      {
        InstanceId: id(),
        CurrentState: { Code: 80, Name: "stopped" },
        PreviousState: { Code: 16, Name: "running" },
      },
    ]);
    const { StoppingInstances: again } = await stop();
    assert.equal(again?.[0]?.PreviousState?.Name, "stopped");
    const { StartingInstances } = await start();
    assert.equal(StartingInstances?.[0]?.CurrentState?.Name, "running");
  });

  it("a stop takes the public address that AWS gave, and a start gives another", async () => {
    const before = primary().autoPublicIp;
    assert.ok(before);
    await stop();
    assert.equal(primary().autoPublicIp, undefined);
    await start();
    const after = primary().autoPublicIp;
    assert.ok(after && after !== before);
  });

  it("a start gives no new public address where the secondary has an Elastic IP", async () => {
    await tie(await assign());
    await stop();
    await start();
    assert.equal(primary().autoPublicIp, undefined);
    const { NetworkInterfaces } = await lab.ec2.send(new DescribeNetworkInterfacesCommand({}));
    assert.equal(NetworkInterfaces?.[0]?.Association, undefined);
    assert.ok(NetworkInterfaces?.[0]?.PrivateIpAddresses?.[1]?.Association?.PublicIp);
  });

  it("an Elastic IP on the primary address stays through both", async () => {
    const { privateIpAddress = "" } = lab.eni.privateIps[0] ?? {};
    await tie(privateIpAddress);
    await stop();
    await start();
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
    assert.equal(Addresses?.[0]?.PrivateIpAddress, privateIpAddress);
  });

  it("a termination takes the interface, and leaves the Elastic IP to the account", async () => {
    await tie(await assign());
    await lab.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id()] }));
    assert.deepEqual(lab.account.networkInterfaces, []);
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
    assert.deepEqual([Addresses?.length, Addresses?.[0]?.AssociationId], [1, undefined]);
    await refuses(start(), "IncorrectInstanceState");
    await refuses(stop(), "IncorrectInstanceState");
  });

  describe("the address that AWS gives by itself", () => {
    const disassociate = async (): Promise<void> => {
      const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
      await lab.ec2.send(new DisassociateAddressCommand({ AssociationId: Addresses?.[0]?.AssociationId }));
    };
    const primaryIp = (): string => lab.eni.privateIps[0]?.privateIpAddress ?? "";

    it("makes room for an Elastic IP, and another comes when that goes", async () => {
      const before = primary().autoPublicIp;
      await tie(primaryIp());
      assert.equal(primary().autoPublicIp, undefined);
      await disassociate();
      assert.ok(primary().autoPublicIp && primary().autoPublicIp !== before);
    });

    it("does not come while the secondary has an Elastic IP, and comes when that goes too", async () => {
      await tie(primaryIp());
      await tie(await assign());
      await disassociate();
      assert.equal(primary().autoPublicIp, undefined);
      const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
      const AssociationId = Addresses?.find((each) => each.AssociationId)?.AssociationId;
      await lab.ec2.send(new DisassociateAddressCommand({ AssociationId }));
      assert.ok(primary().autoPublicIp);
    });

    it("never comes again where it made room while the secondary had one", async () => {
      await tie(await assign());
      const { privateIpAddress = "" } = lab.eni.privateIps[0] ?? {};
      await tie(privateIpAddress);
      const { Addresses = [] } = await lab.ec2.send(new DescribeAddressesCommand({}));
      for (const { AssociationId } of Addresses) await lab.ec2.send(new DisassociateAddressCommand({ AssociationId }));
      assert.equal(primary().autoPublicIp, undefined);
    });
  });

  it("that are not there are named", () => refuses(stop(["i-00000000000000000"]), "InvalidInstanceID.NotFound"));
});
