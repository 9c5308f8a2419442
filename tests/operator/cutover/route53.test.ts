import assert from "node:assert/strict";
import { ChangeResourceRecordSetsCommand, Route53Client, type ResourceRecordSet } from "@aws-sdk/client-route-53";
import { ChangedMeanwhile } from "../../../operator/cutover/authority";
import { route53Authority } from "../../../operator/cutover/route53";
import { changesTo, inverse } from "../../../dns/recordSets";
import type { DnsRecord } from "../../../outputs/records";
import { labZoneId as zoneId } from "../../support/account";
import { onEndpoint } from "../../support/endpoint";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] };
const shop: DnsRecord = { ...app, name: "shop.example.com." };

describe("a hosted zone of Route 53", function () {
  const aws = onEndpoint();
  let client: Route53Client;
  beforeEach(() => (client = new Route53Client({ maxAttempts: 1 })));
  afterEach(() => client.destroy());
  const authority = (id = zoneId) => route53Authority(id, client);
  const upsert = (...sets: ResourceRecordSet[]): Promise<unknown> =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        ChangeBatch: { Changes: sets.map((ResourceRecordSet) => ({ Action: "UPSERT", ResourceRecordSet })) },
      }),
    );
  const old: ResourceRecordSet = {
    Name: app.name,
    Type: "A",
    TTL: 3600,
    ResourceRecords: [{ Value: "192.0.2.9" }, { Value: "192.0.2.10" }],
  };
  const balancer: ResourceRecordSet = {
    Name: shop.name,
    Type: "A",
    AliasTarget: {
      HostedZoneId: "Z215JYRZR1TBD5",
      DNSName: "apps-1.elb.eu-central-1.amazonaws.com.",
      EvaluateTargetHealth: true,
    },
  };

  it("leads names from addresses, a load balancer's alias and nowhere to the stack's address, and back", async () => {
    await upsert(old, balancer);
    const zone = authority(`/hostedzone/${zoneId}`);
    const fresh: DnsRecord = { ...app, name: "new.example.com." };
    const names = [app.name, shop.name, fresh.name];
    const atFirst = await zone.read(names);
    assert.deepEqual(atFirst, [
      { name: app.name, type: "A", ttl: 3600, values: ["192.0.2.10", "192.0.2.9"] },
      {
        name: shop.name,
        type: "A",
        ttl: 60,
        values: ["apps-1.elb.eu-central-1.amazonaws.com."],
        alias: { hostedZoneId: "Z215JYRZR1TBD5", evaluateTargetHealth: true },
      },
    ]);
    const changes = changesTo([app, shop, fresh], atFirst);
    await zone.change(changes);
    assert.deepEqual(await zone.read(names), [app, shop, fresh]);
    await zone.change(inverse(changes));
    assert.deepEqual(await zone.read(names), atFirst);
  });

  it("leads a wildcard there and back, which Route 53 writes with an octal code", async () => {
    const wildcard: DnsRecord = { ...app, name: "*.apps.example.com." };
    await upsert({ ...old, Name: wildcard.name });
    const zone = authority();
    const atFirst = await zone.read([wildcard.name]);
    assert.deepEqual(atFirst, [{ ...wildcard, ttl: 3600, values: ["192.0.2.10", "192.0.2.9"] }]);
    const changes = changesTo([wildcard], atFirst);
    await zone.change(changes);
    assert.deepEqual(await zone.read([wildcard.name]), [wildcard]);
    await zone.change(inverse(changes));
    assert.deepEqual(await zone.read([wildcard.name]), atFirst);
  });

  it("changes nothing where somebody was faster, nor the names beside", async () => {
    await upsert(old);
    const zone = authority();
    const changes = changesTo([app, shop], await zone.read([app.name, shop.name]));
    await upsert({ ...old, ResourceRecords: [{ Value: "192.0.2.77" }] });
    await assert.rejects(zone.change(changes), ChangedMeanwhile);
    assert.deepEqual(
      (await zone.read([app.name, shop.name])).map(({ values }) => values),
      [["192.0.2.77"]],
    );
  });

  it("leaves alone what Route 53 chooses between", async () => {
    await upsert({ ...old, SetIdentifier: "blue", Weight: 1 });
    await assert.rejects(authority().read([app.name]), /app\.example\.com\. A: expected one record set .* found blue/);
  });

  it("says where to ask on when it cannot see a change through", async () => {
    aws().faults.push({ action: "GetChange", kind: "unauthorized", times: 1 });
    const change = authority().change([{ after: app }]);
    await assert.rejects(change, /took the change .*ask 'aws route53 get-change --id/);
    assert.deepEqual(await authority().read([app.name]), [app]);
  });

  it("says that there is no such zone", async () => {
    await assert.rejects(authority("Z0000000000000").read([app.name]), /No hosted zone found with ID: Z0000000000000/);
  });
});
