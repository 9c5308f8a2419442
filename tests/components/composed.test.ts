/** The component in a program that makes what it passes: a preview that knows none of it yet, and the update. By the real engine. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labCluster, labDomain, labZoneId } from "../support/account";
import { repositoryRoot } from "../support/paths";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";

/** Everything that `made` gives is unknown in a preview. */
const program = (args: string, options = "{}"): string => `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const { outputsOf, SecondaryIngressIp } = require(${JSON.stringify(join(repositoryRoot, "components"))});

class Made extends pulumi.dynamic.Resource {
  declare readonly value: pulumi.Output<any>;
  constructor(name: string, value: unknown) {
    super({ create: async () => ({ id: name, outs: { value } }) }, name, { value: undefined });
  }
}
const made = (name: string, value: unknown) => new Made(name, value).value;
export = outputsOf(new SecondaryIngressIp("ingress", { clusterName: "${labCluster}", ${args} }, ${options}));
`;

describe("SecondaryIngressIp, composed", function () {
  let engine: LoopbackEngine;
  before(async function () {
    engine = await needsEngine(this);
    await engine.addStack("composed");
    for (const { groupId } of engine.endpoint.account.securityGroups) groups.add(groupId);
  });
  after(() => engine?.stop());

  const pulumi = (command: string, ...more: string[]): Promise<string> =>
    engine.pulumi([command, "--stack", "composed", ...more]);
  const write = (text: string): Promise<void> => writeFile(join(engine.project, "index.ts"), text);
  const groups = new Set<string>();
  /** Ranges that security groups of the stack's own let in. */
  const ranges = (): string[] =>
    engine.endpoint.account.securityGroupRules
      .filter(({ isEgress, groupId }) => !isEgress && !groups.has(groupId))
      .flatMap(({ cidrIpv4 }) => cidrIpv4 ?? [])
      .sort();

  it("takes a zone, a list and an interface that the same program makes", async () => {
    const [eni] = engine.endpoint.account.networkInterfaces;
    await write(
      program(`
        mode: "load-balancer", appDomains: ["${labDomain}"], tags: { team: made("team", "platform") }, dnsTtl: made("ttl", 30),
        route53ZoneId: made("zone", "${labZoneId}"), allowedCidrs: made("list", ["192.0.2.0/24", "198.51.100.0/24"]),
        networkInterfaceId: made("interface", "${eni?.networkInterfaceId}"),`),
    );
    assert.match(await pulumi("preview"), /aws:route53:Record/, "what can be known is shown");
    await pulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(ranges(), ["192.0.2.0/24", "192.0.2.0/24", "198.51.100.0/24", "198.51.100.0/24"]);
    await pulumi("preview", "--expect-no-changes");
    // The same list, plain: its rules have the same names, so nothing is made or deleted.
    await write(
      program(`
        mode: "load-balancer", appDomains: ["${labDomain}"], tags: { team: made("team", "platform") }, dnsTtl: made("ttl", 30),
        route53ZoneId: made("zone", "${labZoneId}"), allowedCidrs: ["192.0.2.0/24", made("range", "198.51.100.0/24")],
        networkInterfaceId: "${eni?.networkInterfaceId}",`),
    );
    const calls = engine.calls.length;
    await pulumi("up", "--yes", "--skip-preview");
    const changed = engine.calls.slice(calls).filter(({ action }) => /^(Authorize|Revoke|Create|Delete)/.test(action));
    assert.deepEqual(changed, []);
    await pulumi("destroy", "--yes", "--skip-preview");
  });

  it("makes nothing while somebody else has a say in a name, in a preview and in an update", async () => {
    await write(program(`mode: "load-balancer", appDomains: ["${labDomain}"], route53ZoneId: "${labZoneId}",`));
    const zone = engine.endpoint.account.hostedZones.find(({ zoneId }) => zoneId === labZoneId);
    assert.ok(zone);
    const before = [...zone.records];
    zone.records.push({ name: `${labDomain}.`, type: "CNAME", ttl: 300, values: ["old.example.net."] });
    const calls = engine.calls.length;
    for (const [command, ...more] of [["preview"], ["up", "--yes", "--skip-preview"]])
      await assert.rejects(pulumi(command ?? "", ...more), (error: Error) => {
        assert.match(
          error.message,
          /app\.example\.com: found CNAME old\.example\.net\.: delete it, aws route53 .*'Changes=/,
        );
        assert.match(error.message, /Nothing was changed/);
        return true;
      });
    const made = engine.calls.slice(calls).filter(({ action }) => /^(Allocate|Authorize|Create|Change)/.test(action));
    assert.deepEqual(made, []);
    zone.records = before;
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("preview", "--expect-no-changes");
    await pulumi("destroy", "--yes", "--skip-preview");
  });

  it("calls AWS as an explicit provider does, and refuses one that it cannot follow", async () => {
    const provider = (more: string): string => `
      { provider: new aws.Provider("explicit", { region: "eu-central-1", ${more}
        endpoints: [{ ec2: "${engine.endpoint.url}", sts: "${engine.endpoint.url}" }] }) }`;
    // Where nothing answers: what the program calls by itself goes to the provider's endpoint or nowhere.
    const nowhere = `process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"; process.env["AWS_MAX_ATTEMPTS"] = "1";\n`;
    await write(program(`mode: "load-balancer",`, provider("")) + nowhere);
    assert.match(await pulumi("preview"), /aws:ec2:Eip /, "the nodes' zones are known before the provider is made");
    await pulumi("up", "--yes", "--skip-preview");
    await write(program(`mode: "load-balancer",`, provider(`accessKey: "AKIAEXAMPLE", secretKey: "secret",`)));
    await assert.rejects(
      pulumi("preview"),
      /provider: expected an aws provider with region.*found accessKey, secretKey/,
    );
    await write(program(`mode: "load-balancer",`, provider("")));
    await pulumi("destroy", "--yes", "--skip-preview");
  });
});
