import assert from "node:assert/strict";
import type { ListResourceRecordSetsCommandInput } from "@aws-sdk/client-route-53";
import { refuses } from "../harness";
import { a, useZone } from "./zone";

describe("lab Route 53: ListResourceRecordSets with identifiers", () => {
  const zone = useZone();
  const name = "app.example.com.";
  const set = (SetIdentifier: string) => a(name, { SetIdentifier, Weight: 1 });
  const app = { StartRecordName: name, StartRecordType: "A" } as const;
  const identifiers = async (input: Partial<ListResourceRecordSetsCommandInput>): Promise<unknown[]> => {
    const { ResourceRecordSets } = await zone.list(input);
    return (ResourceRecordSets ?? []).filter(({ Name }) => Name === name).map(({ SetIdentifier }) => SetIdentifier);
  };

  beforeEach(() => zone.batch("CREATE", set("red"), set("blue"), set("green")));

  it("in their order, from one of them on", async () => {
    assert.deepEqual(await identifiers(app), ["blue", "green", "red"]);
    assert.deepEqual(await identifiers({ ...app, StartRecordIdentifier: "blue" }), ["blue", "green", "red"]);
    assert.deepEqual(await identifiers({ ...app, StartRecordIdentifier: "c" }), ["green", "red"]);
    assert.deepEqual(await identifiers({ ...app, StartRecordIdentifier: "green" }), ["green", "red"]);
    assert.deepEqual(await identifiers({ ...app, StartRecordIdentifier: "s" }), []);
    assert.deepEqual(await identifiers({ ...app, StartRecordType: "AAAA" }), []);
  });

  it("by pages, which name the next one", async () => {
    const first = await zone.list({ ...app, MaxItems: 2 });
    assert.deepEqual(
      first.ResourceRecordSets?.map(({ SetIdentifier }) => SetIdentifier),
      ["blue", "green"],
    );
    assert.deepEqual(
      [first.IsTruncated, first.NextRecordName, first.NextRecordType, first.NextRecordIdentifier, first.MaxItems],
      [true, name, "A", "red", 2],
    );
    const last = await zone.list({ ...app, StartRecordIdentifier: "red", MaxItems: 1 });
    assert.deepEqual(last.ResourceRecordSets, [set("red")]);
    assert.deepEqual([last.NextRecordName, last.NextRecordIdentifier], ["api.k8s.example.com.", undefined]);
  });

  it("300 at most", async () => {
    const all = await zone.list({ MaxItems: 1000 });
    assert.deepEqual([all.MaxItems, all.IsTruncated, all.NextRecordName], [300, false, undefined]);
    await refuses(zone.list({ MaxItems: 0 }), "InvalidInput", "maxitems");
  });

  it("a start needs what comes before it", async () => {
    await refuses(
      zone.list({ StartRecordName: name, StartRecordIdentifier: "blue" }),
      "InvalidInput",
      "The resource record set identifier was specified without a type.",
    );
    await refuses(
      zone.list({ StartRecordType: "A" }),
      "InvalidInput",
      "The resource record set type was specified without a name.",
    );
  });
});
