import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { PrimaryAddress } from "../../settings/choices";
import { findNode, type NodeSearch } from "../../components/node";
import { checkSecondaryAddress } from "../../components/secondaryAddressCheck";
import { record, type World, world } from "./mocks";

const search = { clusterName: "k8s.example.com" };

async function refusal(wanted: NodeSearch, answers: World, secondaryPrivateIp?: string): Promise<string> {
  await record(answers);
  const found = findNode(wanted, {}).then((node) =>
    secondaryPrivateIp === undefined ? undefined : checkSecondaryAddress(secondaryPrivateIp, node, {}),
  );
  const error: unknown = await found.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(pulumi.RunError.isInstance(error), String(error));
  return error.message;
}

describe("node look-up", () => {
  it("finds the one node", async () => {
    await record(world());
    assert.deepEqual(await findNode(search, {}), {
      instanceId: "i-0a1b2c3d4e5f60001",
      networkInterfaceId: "eni-0123456789abcdef0",
      primaryPrivateIp: "172.20.45.37",
      publicIp: "198.51.100.37",
      vpcId: "vpc-1",
      subnetId: "subnet-1",
      securityGroupIds: ["sg-masters"],
      bringsGroup: false,
    });
  });

  it("knows a node that kOps has launched with a stack's pieces, whatever that stack was called then", async () => {
    for (const stack of ["kops-secondary-ingress/prod", "kops-secondary-ingress/former"]) {
      await record(world({ tags: { "kops-secondary-ingress:stack": stack } }));
      assert.equal((await findNode(search, {})).bringsGroup, true, stack);
    }
  });

  it("names the cluster and what to check when there is none", async () => {
    assert.match(
      await refusal(search, world({ running: [] })),
      /KubernetesCluster=k8s\.example\.com.*found none: check clusterName/,
    );
  });

  it("names the instances that do not run", async () => {
    assert.match(
      await refusal(search, world({ running: [], others: ["i-2"] })),
      /found none that runs, but i-2: start it/,
    );
  });

  it("names all of several and the setting that decides", async () => {
    assert.match(await refusal(search, world({ running: ["i-1", "i-2"] })), /found i-1, i-2: .*networkInterfaceId/);
  });

  it("does not search by tag when the interface is given", async () => {
    const recording = await record(world({ running: [] }));
    await findNode({ ...search, networkInterfaceId: "eni-0123456789abcdef0" }, {});
    assert.deepEqual(recording.calls, ["aws:ec2/getNetworkInterface:getNetworkInterface"]);
  });

  it("refuses a node without an IPv4 address", async () => {
    assert.match(await refusal(search, world({ privateIp: "" })), /expected an IPv4 address on eni-.*IPv6-only/);
  });

  describe("with an Elastic IP on the primary address", () => {
    const elastic = world({ allocationId: "eipalloc-1" });
    const own = world({ allocationId: "eipalloc-1", ownAllocations: ["eipalloc-1"] });
    const wanted = { ...search, primaryAddress: PrimaryAddress.ElasticIp };

    it("says so", async () => {
      await record(elastic);
      assert.equal((await findNode(search, {})).elasticIp?.allocationId, "eipalloc-1");
    });

    it("refuses to replace somebody else's", async () => {
      assert.match(
        await refusal(wanted, elastic),
        /primaryAddress: expected .* found 198\.51\.100\.37 \(eipalloc-1\), which is somebody else's/,
      );
    });

    it("takes the program's own", async () => {
      await record(own);
      await assert.doesNotReject(findNode(wanted, {}));
    });

    it("is not asked about it where the address stays as it is", async () => {
      const { calls } = await record(elastic);
      await findNode({ ...search, primaryAddress: PrimaryAddress.Keep }, {});
      assert.ok(!calls.includes("aws:ec2/getEips:getEips"));
    });
  });

  const refused: Record<string, RegExp> = {
    "172.20.45.37": /primary address/,
    "172.20.64.0": /outside 172\.20\.32\.0\/19/,
    "10.0.0.9": /outside/,
    "172.20.32.0": /reserved/,
    "172.20.32.3": /reserved/,
    "172.20.63.255": /reserved/,
  };
  for (const [secondaryPrivateIp, says] of Object.entries(refused)) {
    it(`refuses ${secondaryPrivateIp} as secondary address`, async () => {
      assert.match(await refusal(search, world(), secondaryPrivateIp), says);
    });
  }

  for (const secondaryPrivateIp of ["172.20.32.4", "172.20.63.254"]) {
    it(`takes ${secondaryPrivateIp}`, async () => {
      await record(world());
      await assert.doesNotReject(checkSecondaryAddress(secondaryPrivateIp, await findNode(search, {}), {}));
    });
  }
});
