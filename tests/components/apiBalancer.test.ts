/** A cluster whose API is behind kOps' load balancer is said to be that, and no more: everything works on it. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { IngressMode, SecondaryIngressIp, type SecondaryIngressIpArgs } from "../../components";
import { warnOfApiBalancer } from "../../components/apiBalancer";
import { record, valueOf, type World, world } from "./mocks";

async function warningsOf(work: () => Promise<void>): Promise<string> {
  const said: string[] = [];
  const { warn } = pulumi.log;
  Object.assign(pulumi.log, { warn: (text: string) => Promise.resolve(void said.push(text)) });
  try {
    await work();
  } finally {
    Object.assign(pulumi.log, { warn });
  }
  return said.join();
}

describe("a load balancer of kOps in front of the API", () => {
  const group = "api-elb.k8s.example.com";
  const behind = world({ kopsGroups: [group], interfacesOf: { [group]: ["eni-of-the-balancer"] } });
  const warned = async (answers: World, change: { publicIp?: string; filtersApi?: boolean } = {}): Promise<string> => {
    await record(answers);
    const given = { clusterName: "k8s.example.com", publicIp: "198.51.100.37", filtersApi: false, ...change };
    return warningsOf(() => warnOfApiBalancer(given, {}));
  };

  it("is named with what apiPublicIp is then, and with who reaches port 443 of the node", async () => {
    assert.match(
      await warned(behind),
      /^the API of k8s\.example\.com is behind a load balancer of kOps, .*own address, 198\.51\.100\.37\. kOps lets .*set apiAllowedCidrs/,
    );
    assert.match(await warned(behind, { publicIp: "" }), /own address\. kOps/);
    assert.match(await warned(behind, { filtersApi: true }), /apiAllowedCidrs applies to clients that come through/);
  });

  it("is named in mode dual-ip alone, which pays for a way in beside it; a gossip cluster has one like any other", async () => {
    const clusterName = "gossip.k8s.local";
    const ofGossip = `api-elb.${clusterName}`;
    const said = async (args: SecondaryIngressIpArgs): Promise<string> =>
      warningsOf(async () => {
        await record(
          world({ kopsGroups: [ofGossip], clusterName, interfacesOf: { [ofGossip]: ["eni-of-the-balancer"] } }),
        );
        await valueOf(new SecondaryIngressIp("ingress", args).ready);
      });
    const ssh = { user: "ubuntu", hostKey: "ssh-ed25519 AAAA" };
    assert.match(await said({ mode: IngressMode.DualIp, clusterName, ssh }), /the API of gossip\.k8s\.local is behind/);
    assert.doesNotMatch(await said({ mode: IngressMode.NodePort, clusterName }), /behind/);
  });

  it("is not taken for one when its group is left over, is another cluster's, or nobody says", async () => {
    for (const change of [
      {},
      { kopsGroups: [group] },
      { kopsGroups: ["api-elb.other.example.com"], interfacesOf: { "api-elb.other.example.com": ["eni-1"] } },
      { kopsGroups: [group], interfacesOf: undefined },
    ])
      assert.equal(await warned(world(change)), "");
  });
});
