import assert from "node:assert/strict";
import { askAccount } from "../../../operator/adopt/account";
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { policyFor } from "../../../operator/iam/policy";
import { stackTag } from "../../../settings/tagNames";
import { labCluster, node } from "../../support/account";
import { onEndpoint } from "../../support/endpoint";
import { settings } from "./support";

const { instanceId, autoPublicIp, primaryPrivateIp } = node;

describe("adopt's look at AWS", () => {
  const endpoint = onEndpoint();
  const look = (change: object = {}) => askAccount({}, { clusterName: labCluster, ...change });

  it("finds the node by kOps' tags, with describing calls only", async () => {
    const { openPorts, ...found } = await look();
    const networkInterfaceId = endpoint().endpoint.account.networkInterfaces[0]?.networkInterfaceId;
    assert.deepEqual(found, {
      ...{ instanceId, networkInterfaceId, primaryPrivateIp, publicIp: autoPublicIp },
      secondaries: [],
    });
    assert.deepEqual(
      openPorts.map(({ port, cidr }) => `${port} ${cidr}`),
      ["443 0.0.0.0/0"],
    );
    const allowed = policyFor({ ...settings, region: "eu-central-1", accountId: "*" }).Statement.flatMap(
      ({ Action }) => Action,
    );
    for (const { action } of endpoint().calls) {
      assert.match(action, /^Describe/);
      assert.ok(allowed.includes(`ec2:${action}`), action);
    }
    assert.ok(endpoint().calls.length >= 4);
    assert.deepEqual(await look({ networkInterfaceId }), { ...found, openPorts });
  });

  it("finds the secondary addresses with their Elastic IPs, and the stack that made one", async () => {
    const client = new EC2Client({});
    const networkInterfaceId = (await look()).networkInterfaceId;
    const addresses = ["172.20.45.38", "172.20.45.39", "172.20.45.40"];
    await client.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: networkInterfaceId, PrivateIpAddresses: addresses }),
    );
    const tied: unknown[] = [];
    for (const [index, stack] of ["", "p/other"].entries()) {
      const tags = stack === "" ? [] : [{ Key: stackTag, Value: stack }];
      const { AllocationId: allocationId, PublicIp: publicIp } = await client.send(
        new AllocateAddressCommand({
          Domain: "vpc",
          ...(tags.length > 0 ? { TagSpecifications: [{ ResourceType: "elastic-ip", Tags: tags }] } : {}),
        }),
      );
      const privateIp = addresses[index] ?? "";
      const { AssociationId: associationId } = await client.send(
        new AssociateAddressCommand({
          AllocationId: allocationId,
          NetworkInterfaceId: networkInterfaceId,
          PrivateIpAddress: privateIp,
        }),
      );
      tied.push({ privateIp, elasticIp: { publicIp, allocationId, associationId, stack } });
    }
    assert.deepEqual((await look()).secondaries, [...tied, { privateIp: addresses[2] }]);
  });

  it("leaves rules of this program's own out", async () => {
    const { account } = endpoint().endpoint;
    assert.equal((await look()).openPorts.length, 1);
    for (const rule of account.securityGroupRules) rule.tags[stackTag] = "p/prod";
    assert.deepEqual((await look()).openPorts, []);
  });

  it("says what it expected where there is no such node", async () => {
    await assert.rejects(
      look({ clusterName: "none.example.com" }),
      /exactly one running .*, found none: check clusterName/,
    );
    await assert.rejects(look({ networkInterfaceId: "eni-0123456789abcdef0" }), /eni-0123456789abcdef0/);
  });
});
