import assert from "node:assert/strict";
import { elasticIpLimitFaults, groupFaults, limitFaults, type Needs } from "../../../components/aws/limits";
import type { Account, NetworkInterface } from "../../support/account";
import { onEndpoint, withEndpoint } from "../../support/endpoint";

const stack = "kops-secondary-ingress/prod";

/** The faults that the lab's node has after a change to the account. */
function faultsAfter(
  change: (account: Account, eni: NetworkInterface) => void,
  needs: Partial<Needs> = {},
): Promise<string[]> {
  return withEndpoint(({ account }) => {
    const [eni] = account.networkInterfaces;
    assert.ok(eni);
    change(account, eni);
    const { networkInterfaceId } = eni;
    return limitFaults({}, { networkInterfaceId, interfaceNamed: false, elasticIps: ["ingress"], stack, ...needs });
  });
}

const giveAddresses = (account: Account, count: number, tags: Record<string, string> = {}): void => {
  for (let index = 0; index < count; index++) {
    account.addresses.push({
      allocationId: `eipalloc-0123456789abcde${account.addresses.length}0`,
      publicIp: `203.0.113.${50 + account.addresses.length}`,
      networkBorderGroup: account.region,
      publicIpv4Pool: "amazon",
      tags,
    });
  }
};
const ours = { "kops-secondary-ingress:stack": stack };
const both = ["ingress", "api"] as const;

/** Ties the last of the Elastic IPs to an address of the node. */
function tieLast({ addresses }: Account, { networkInterfaceId }: NetworkInterface, privateIpAddress: string): void {
  const last = addresses.at(-1);
  assert.ok(last);
  const associationId = last.allocationId.replace("eipalloc", "eipassoc");
  last.association = { associationId, networkInterfaceId, privateIpAddress };
}

describe("limitFaults", function () {
  const one = async (faults: Promise<string[]>, says: RegExp): Promise<void> => {
    const found = await faults;
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", says);
  };

  it("finds none on a fresh node", async () => {
    assert.deepEqual(await faultsAfter(() => undefined), []);
  });

  const inZone = (zone: string) => (account: Account) => {
    for (const subnet of account.subnets) subnet.availabilityZone = zone;
  };

  it("finds a node in a Local Zone, where no Elastic IP of the Region can be tied", async () => {
    await one(
      faultsAfter(inZone("eu-central-1-ham-1a")),
      /found it in eu-central-1-ham-1a, .* border group eu-central-1-ham-1: .*--network-border-group eu-central-1-ham-1$/,
    );
    assert.deepEqual(await faultsAfter(inZone("eu-central-1-ham-1a"), { elasticIps: [] }), []);
    assert.deepEqual(await faultsAfter(inZone("us-gov-west-1b")), []);
  });

  describe("addresses of the instance type", () => {
    const full = (account: Account, eni: NetworkInterface): void => {
      const [instance] = account.instances;
      assert.ok(instance);
      instance.instanceType = "t3.nano";
      eni.privateIps.push({ privateIpAddress: "172.20.45.99", primary: false });
    };

    it("are counted", () =>
      one(
        faultsAfter(full),
        /found 2 of the 2 that a t3\.nano may have \(172\.20\.45\.37, 172\.20\.45\.99\): unassign/,
      ));

    it("do not matter for one that is there already", async () => {
      assert.deepEqual(await faultsAfter(full, { requestedIp: "172.20.45.99" }), []);
      assert.equal((await faultsAfter(full, { requestedIp: "172.20.45.98" })).length, 1);
    });
  });

  it("counts the addresses that are left in the subnet", async () => {
    // The node's address alone, and one more.
    const small = (account: Account, more: number): void => {
      for (const subnet of account.subnets) subnet.cidrBlock = "172.20.45.32/29";
      account.networkInterfaces = account.networkInterfaces.slice(0, 1);
      for (let last = 38; last > 38 - more; last -= 1)
        account.networkInterfaces[0]?.privateIps.push({ privateIpAddress: `172.20.45.${last}`, primary: false });
    };
    assert.deepEqual(await faultsAfter((account) => small(account, 1)), []);
    await one(
      faultsAfter((account) => {
        small(account, 1);
        account.networkInterfaces.push({
          ...structuredClone(account.networkInterfaces[0] ?? assert.fail()),
          networkInterfaceId: "eni-0a1b2c3d4e5f60009",
          attachment: undefined,
          privateIps: [{ privateIpAddress: "172.20.45.36", primary: true }],
        } as NetworkInterface);
      }),
      /expected a free address in subnet-\w+, found none left in 172\.20\.45\.32\/29: delete a network interface .*subnet-\w+ Name=status/,
    );
    assert.deepEqual(await faultsAfter((account) => small(account, 2), { requestedIp: "172.20.45.38" }), []);
  });

  describe("a principal that may not ask for subnets", () => {
    const aws = onEndpoint();
    it("is not told of a full one, and not refused", async () => {
      aws().faults.push({ action: "DescribeSubnets", kind: "unauthorized", times: 1 });
      const [eni] = aws().endpoint.account.networkInterfaces;
      const needs = { networkInterfaceId: eni?.networkInterfaceId ?? "", interfaceNamed: false, elasticIps: [], stack };
      assert.deepEqual(await limitFaults({}, needs), []);
      assert.equal(aws().calls.find(({ action }) => action === "DescribeSubnets")?.error, "UnauthorizedOperation");
    });
  });

  it("needs no room where a replaced node has the address already", async () => {
    const selfAssigned = (account: Account, eni: NetworkInterface): void => {
      const [instance] = account.instances;
      assert.ok(instance);
      instance.instanceType = "t3.nano";
      eni.privateIps.push({ privateIpAddress: "172.20.45.99", primary: false });
      giveAddresses(account, 1, ours);
      tieLast(account, eni, "172.20.45.99");
    };
    assert.deepEqual(await faultsAfter(selfAssigned), []);
  });

  it("needs no room where the user's Elastic IP is on a secondary address already, on the primary it is none", async () => {
    const full =
      (privateIpAddress: string) =>
      (account: Account, eni: NetworkInterface): void => {
        const [instance] = account.instances;
        assert.ok(instance);
        instance.instanceType = "t3.nano";
        eni.privateIps.push({ privateIpAddress: "172.20.45.99", primary: false });
        giveAddresses(account, 1);
        tieLast(account, eni, privateIpAddress);
      };
    const allocationId = "eipalloc-0123456789abcde00";
    assert.deepEqual(await faultsAfter(full("172.20.45.99"), { allocationId, elasticIps: [] }), []);
    await one(faultsAfter(full("172.20.45.99"), { elasticIps: [] }), /found 2 of the 2/);
    await one(faultsAfter(full("172.20.45.37"), { allocationId, elasticIps: [] }), /found 2 of the 2/);
  });

  describe("Elastic IPs", () => {
    it("fit up to the quota", async () => {
      assert.deepEqual(await faultsAfter((account) => giveAddresses(account, 4)), []);
    });

    it("that a service manages do not count", async () => {
      const managed = (ordinary: number) => (account: Account) => {
        giveAddresses(account, 4);
        for (const address of account.addresses) address.serviceManaged = "alb";
        giveAddresses(account, ordinary);
      };
      assert.deepEqual(await faultsAfter(managed(1)), []);
      await one(faultsAfter(managed(5)), /found 5 of 5 in use/);
    });

    it("over the quota are refused", () =>
      one(
        faultsAfter((account) => giveAddresses(account, 5)),
        /1 more Elastic IP .* found 5 of 5 in use: release one, .*--service-code ec2 --quota-code L-0263D0A3 --desired-value 6$/,
      ));

    it("are two with the primary's", () =>
      one(
        faultsAfter((account) => giveAddresses(account, 4), { elasticIps: both }),
        /2 more Elastic IPs .* found 4 of 5/,
      ));

    it("of the stack's own are there already", async () => {
      const change = (account: Account, eni: NetworkInterface): void => {
        giveAddresses(account, 4);
        giveAddresses(account, 1, ours);
        tieLast(account, eni, "172.20.45.99");
      };
      assert.deepEqual(await faultsAfter(change), []);
      await one(faultsAfter(change, { elasticIps: both }), /1 more Elastic IP .* found 5 of 5/);
    });

    it("that the stack does not need are not asked about", async () => {
      assert.deepEqual(await faultsAfter((account) => giveAddresses(account, 5), { elasticIps: [] }), []);
    });

    it("of the stack's own that lead nowhere are left over, and count as everybody's", () =>
      one(
        faultsAfter((account) => {
          giveAddresses(account, 4);
          giveAddresses(account, 1, ours);
        }),
        /1 more Elastic IP .* found 5 of 5/,
      ));

    it("that the API has had from an earlier run are the API's, and not the applications'", async () => {
      const change = (account: Account, eni: NetworkInterface): void => {
        giveAddresses(account, 4);
        giveAddresses(account, 1, ours);
        tieLast(account, eni, "172.20.45.37");
      };
      assert.deepEqual(await faultsAfter(change, { elasticIps: ["api"] }), []);
      await one(faultsAfter(change, { elasticIps: both }), /1 more Elastic IP .* found 5 of 5/);
    });

    it("are asked about alone where the rest is in place", async () => {
      const asked = (count: number, elasticIps: Needs["elasticIps"]): Promise<string[]> =>
        withEndpoint(({ account }) => {
          const [eni] = account.networkInterfaces;
          assert.ok(eni);
          giveAddresses(account, count);
          eni.tags["io.cilium/cilium-managed"] = "true";
          const { networkInterfaceId } = eni;
          return elasticIpLimitFaults({}, { networkInterfaceId, interfaceNamed: false, elasticIps, stack });
        });
      await one(asked(5, ["api"]), /1 more Elastic IP .* found 5 of 5/);
      assert.deepEqual(await asked(4, ["api"]), []);
      assert.deepEqual(await asked(5, []), []);
    });
  });

  describe("security groups", () => {
    const groups =
      (count: number, tags: Record<string, string> = {}) =>
      (account: Account, eni: NetworkInterface): void => {
        const { vpcId } = eni;
        while (eni.securityGroupIds.length < count) {
          const groupId = `sg-0123456789abcde${eni.securityGroupIds.length}0`;
          account.securityGroups.push({ groupId, groupName: groupId, description: "x", vpcId, tags });
          eni.securityGroupIds.push(groupId);
        }
      };

    it("fit up to the quota", async () => {
      assert.deepEqual(await faultsAfter(groups(4)), []);
    });

    it("over the quota are refused", () =>
      one(
        faultsAfter(groups(5)),
        /one more security group on eni-\w+, found 5 of 5: detach one, .*--service-code vpc --quota-code L-2AFB9258 --desired-value 6$/,
      ));

    it("are not asked about where there are fewer than AWS always allows", async () => {
      // Nobody answers there.
      const connection = { endpoints: { ec2: "http://127.0.0.1:9" } };
      const needs = { networkInterfaceId: "eni-1", stack };
      assert.deepEqual(await groupFaults(connection, needs, ["sg-1", "sg-2", "sg-3", "sg-4"]), []);
    });

    it("of the stack's own are there already", async () => {
      assert.deepEqual(
        await faultsAfter((account, eni) => {
          groups(4)(account, eni);
          groups(5, ours)(account, eni);
        }),
        [],
      );
    });
  });

  describe("the subnet's route", () => {
    const table = (account: Account, target: string | undefined, change: object = {}) => ({
      routeTableId: "rtb-1",
      vpcId: account.vpcs[0]?.vpcId ?? "",
      main: true,
      subnetIds: [] as string[],
      routes: (target === undefined ? {} : { "0.0.0.0/0": target }) as Record<string, string>,
      tags: {},
      ...change,
    });
    const to =
      (...targets: [string | undefined, object?][]) =>
      (account: Account): void => {
        account.routeTables = targets.map(([target, change]) => table(account, target, change));
      };

    for (const target of ["nat-1", "tgw-1", "eni-1"])
      it(`to ${target} keeps clients out`, () =>
        one(faultsAfter(to([target])), new RegExp(`found 0\\.0\\.0\\.0/0 to ${target} in rtb-1 for subnet-\\w+: `)));

    it("is missing", () => one(faultsAfter(to([undefined])), /found no route for 0\.0\.0\.0\/0 in rtb-1/));

    it("is that of the subnet's own table before the VPC's main one", async () => {
      const own = (account: Account) => ({
        routeTableId: "rtb-2",
        main: false,
        subnetIds: account.subnets.map((each) => each.subnetId),
      });
      const tables = (main: string, ofSubnet: string) => (account: Account) =>
        to([main], [ofSubnet, own(account)])(account);
      assert.deepEqual(await faultsAfter(tables("nat-1", "igw-1")), []);
      await one(faultsAfter(tables("igw-1", "nat-1")), /to nat-1 in rtb-2/);
    });

    it("may lead through a firewall's endpoint, or be in parts", async () => {
      assert.deepEqual(await faultsAfter(to(["vpce-1"])), []);
      const halves = { routes: { "0.0.0.0/1": "igw-1", "128.0.0.0/1": "igw-1" } };
      assert.deepEqual(await faultsAfter(to([undefined, halves])), []);
    });

    it("of another VPC is nothing to it", async () => {
      const elsewhere = { vpcId: "vpc-0", routeTableId: "rtb-0" };
      assert.deepEqual(await faultsAfter(to(["nat-1", elsewhere], ["igw-1"])), []);
    });
  });

  describe("a CNI that takes secondary addresses", () => {
    for (const [name, change] of Object.entries<(eni: NetworkInterface) => void>({
      "the AmazonVPC CNI": (eni) => (eni.tags["node.k8s.amazonaws.com/instance_id"] = "i-1"),
      "Cilium's ENI mode": (eni) => (eni.tags["io.cilium/cilium-managed"] = "true"),
    })) {
      it(`${name}, by its tags`, () =>
        one(
          faultsAfter((_account, eni) => change(eni)),
          new RegExp(`found ${name} on eni-`),
        ));
    }

    it("by what it calls its own interfaces on the same instance", () =>
      one(
        faultsAfter(
          (account, eni) => {
            account.networkInterfaces.push({
              ...structuredClone(eni),
              networkInterfaceId: "eni-0123456789abcdef0",
              description: "aws-K8S-i-0a1b2c3d4e5f60001",
              privateIps: [{ privateIpAddress: "172.20.45.50", primary: true }],
            });
          },
          { interfaceNamed: true },
        ),
        /found the AmazonVPC CNI on eni-0123456789abcdef0/,
      ));
  });

  describe("a second interface", () => {
    const second = (account: Account, eni: NetworkInterface): void => {
      account.networkInterfaces.push({
        ...structuredClone(eni),
        networkInterfaceId: "eni-0123456789abcdef0",
        attachment: { attachmentId: "eni-attach-2", instanceId: eni.attachment?.instanceId ?? "", deviceIndex: 1 },
        privateIps: [{ privateIpAddress: "172.20.45.50", primary: true }],
      });
    };

    it("is refused with the names of both", () =>
      one(
        faultsAfter(second),
        /expected one network interface on i-\w+, found eni-\w+, eni-0123456789abcdef0: .*networkInterfaceId/,
      ));

    it("is the user's to know about once one is named", async () => {
      assert.deepEqual(await faultsAfter(second, { interfaceNamed: true }), []);
    });
  });

  it("says when the interface is on no instance", () =>
    one(
      faultsAfter((_account, eni) => {
        delete eni.attachment;
      }),
      /expected eni-\w+ on a running instance, found it on none/,
    ));

  it("reports all at once", async () => {
    const faults = await faultsAfter((account, eni) => {
      giveAddresses(account, 5);
      eni.tags["io.cilium/cilium-managed"] = "true";
    });
    assert.equal(faults.length, 2);
  });
});
