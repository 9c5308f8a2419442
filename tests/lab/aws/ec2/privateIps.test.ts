import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  type AssignPrivateIpAddressesCommandInput,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  UnassignPrivateIpAddressesCommand,
} from "@aws-sdk/client-ec2";
import type { NetworkInterface } from "../../../../lab/aws/account";
import { primaryIp, refuses, useEndpoint } from "../harness";

describe("lab EC2: secondary private addresses", () => {
  const lab = useEndpoint();

  const assign = async (input: Partial<AssignPrivateIpAddressesCommandInput>): Promise<(string | undefined)[]> => {
    const answer = await lab.ec2.send(new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, ...input }));
    assert.equal(answer.NetworkInterfaceId, input.NetworkInterfaceId ?? lab.eniId);
    return (answer.AssignedPrivateIpAddresses ?? []).map((ip) => ip.PrivateIpAddress);
  };
  const unassign = (...PrivateIpAddresses: string[]): Promise<unknown> =>
    lab.ec2.send(new UnassignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, PrivateIpAddresses }));
  const addresses = (): string[] => lab.eni.privateIps.map(({ privateIpAddress }) => privateIpAddress);
  /** Somebody else's interface in the same subnet. */
  const neighbour = (): NetworkInterface => {
    const other: NetworkInterface = {
      ...structuredClone(lab.eni),
      networkInterfaceId: "eni-0000000000000000f",
      privateIps: ["172.20.50.1", "172.20.50.2"].map((privateIpAddress, index) => ({
        privateIpAddress,
        primary: index === 0,
      })),
    };
    delete other.attachment;
    lab.account.networkInterfaces.push(other);
    return other;
  };

  it("AssignPrivateIpAddresses: the answer lists only the newly assigned", async () => {
    assert.deepEqual(await assign({ PrivateIpAddresses: ["172.20.45.80"] }), ["172.20.45.80"]);
    assert.deepEqual(await assign({ PrivateIpAddresses: ["172.20.45.80", "172.20.45.81"] }), ["172.20.45.81"]);
    assert.deepEqual(addresses(), [primaryIp, "172.20.45.80", "172.20.45.81"]);
  });

  it("AssignPrivateIpAddresses: with a count, free addresses of the subnet", async () => {
    assert.deepEqual(await assign({ SecondaryPrivateIpAddressCount: 2 }), ["172.20.32.4", "172.20.32.5"]);
    assert.deepEqual(await assign({ SecondaryPrivateIpAddressCount: 1 }), ["172.20.32.6"]);
  });

  for (const [what, address] of [
    ["outside the subnet", "172.20.64.1"],
    ["the network's address", "172.20.32.0"],
    ["the router's", "172.20.32.1"],
    ["the fourth", "172.20.32.3"],
    ["the last", "172.20.63.255"],
    ["no address", "172.20.45"],
  ] as const)
    it(`AssignPrivateIpAddresses: ${what} is InvalidParameterValue`, async () => {
      await refuses(assign({ PrivateIpAddresses: ["172.20.45.80", address] }), "InvalidParameterValue", address);
      assert.deepEqual(addresses(), [primaryIp]);
    });

  it("AssignPrivateIpAddresses: one that another interface has is refused, unless AllowReassignment moves it with its EIP", async () => {
    const other = neighbour();
    const PrivateIpAddresses = ["172.20.50.2"];
    const { AllocationId } = await lab.ec2.send(new AllocateAddressCommand({}));
    await lab.ec2.send(
      new AssociateAddressCommand({
        AllocationId,
        NetworkInterfaceId: other.networkInterfaceId,
        PrivateIpAddress: "172.20.50.2",
      }),
    );
    await refuses(
      assign({ PrivateIpAddresses }),
      "InvalidParameterValue",
      "[172.20.50.2] assigned, but move is not allowed.",
    );
    await refuses(
      assign({ PrivateIpAddresses: ["172.20.50.1"], AllowReassignment: true }),
      "InvalidParameterValue",
      "primary",
    );
    assert.deepEqual(await assign({ PrivateIpAddresses, AllowReassignment: true }), PrivateIpAddresses);
    assert.deepEqual(addresses(), [primaryIp, "172.20.50.2"]);
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
    assert.equal(Addresses?.[0]?.NetworkInterfaceId, lab.eniId);
  });

  it("AssignPrivateIpAddresses: over the limit of t3.medium, 6, is PrivateIpAddressLimitExceeded", async () => {
    assert.equal((await assign({ SecondaryPrivateIpAddressCount: 5 })).length, 5);
    await refuses(assign({ SecondaryPrivateIpAddressCount: 1 }), "PrivateIpAddressLimitExceeded");
    await refuses(assign({ PrivateIpAddresses: ["172.20.45.80"] }), "PrivateIpAddressLimitExceeded");
    assert.equal(addresses().length, 6);
  });

  it("AssignPrivateIpAddresses: unknown interface, both forms, neither form", async () => {
    await refuses(
      assign({ NetworkInterfaceId: "eni-0", SecondaryPrivateIpAddressCount: 1 }),
      "InvalidNetworkInterfaceID.NotFound",
    );
    await refuses(
      assign({ PrivateIpAddresses: ["172.20.45.80"], SecondaryPrivateIpAddressCount: 1 }),
      "InvalidParameterCombination",
    );
    await refuses(assign({}), "MissingParameter");
  });

  it("DryRun: DryRunOperation with the permission, UnauthorizedOperation without it, and nothing changes", async () => {
    // The SDK's type of this call has no DryRun: it is added to the form.
    lab.ec2.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { body: string; headers: Record<string, string> };
        request.body += "&DryRun=true";
        request.headers["content-length"] = String(request.body.length);
        return next(args);
      },
      { step: "build", name: "dryRun", priority: "low" },
    );
    const before = structuredClone(lab.account);
    await refuses(assign({ PrivateIpAddresses: ["172.20.45.80"] }), "DryRunOperation", "Request would have succeeded");
    await refuses(unassign(primaryIp), "DryRunOperation");
    lab.faults.push({ action: "AssignPrivateIpAddresses", kind: "unauthorized", times: 1 });
    await refuses(assign({ PrivateIpAddresses: ["172.20.45.80"] }), "UnauthorizedOperation");
    assert.deepEqual(lab.account, before);
    assert.deepEqual(lab.changes, []);
  });

  it("UnassignPrivateIpAddresses: unknown and primary addresses are refused, all or nothing", async () => {
    await assign({ PrivateIpAddresses: ["172.20.45.80"] });
    await refuses(unassign("172.20.45.80", "172.20.45.99"), "InvalidParameterValue", "172.20.45.99");
    await refuses(unassign(primaryIp), "InvalidParameterValue", "primary");
    assert.deepEqual(addresses(), [primaryIp, "172.20.45.80"]);
  });

  it("UnassignPrivateIpAddresses: an EIP on the address is disassociated and stays allocated", async () => {
    await assign({ PrivateIpAddresses: ["172.20.45.80"] });
    const { AllocationId } = await lab.ec2.send(new AllocateAddressCommand({}));
    await lab.ec2.send(
      new AssociateAddressCommand({
        AllocationId,
        NetworkInterfaceId: lab.eniId,
        PrivateIpAddress: "172.20.45.80",
      }),
    );
    await unassign("172.20.45.80");
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({}));
    assert.equal(Addresses?.[0]?.AllocationId, AllocationId);
    assert.equal(Addresses?.[0]?.AssociationId, undefined);
    assert.deepEqual(addresses(), [primaryIp]);
  });
});

describe("lab EC2: IPv4 addresses for each ENI", () => {
  for (const [instanceType, limit] of [
    ["t3.nano", 2],
    ["t3.micro", 2],
    ["t3.small", 4],
    ["t3.medium", 6],
    ["t3.large", 12],
    ["m5.large", 10],
    ["m6i.large", 10],
  ] as const)
    describe(instanceType, () => {
      const lab = useEndpoint(instanceType);
      it(`has ${limit}`, async () => {
        const add = (SecondaryPrivateIpAddressCount: number): Promise<unknown> =>
          lab.ec2.send(
            new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, SecondaryPrivateIpAddressCount }),
          );
        await refuses(add(limit), "PrivateIpAddressLimitExceeded");
        await add(limit - 1);
        assert.equal(lab.eni.privateIps.length, limit);
      });
    });
});
