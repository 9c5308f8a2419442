import assert from "node:assert/strict";
import fc from "fast-check";
import { formats } from "../../dns/formats";
import { dnsOutput } from "../../outputs/records";
import { changesTo, findRecordSet, inverse, type RecordChange, type RecordSet } from "../../dns/recordSets";
import { cutOvers } from "./support";

/** What an authority does with a change, or nothing where `before` is not what is there. */
function applied(zone: readonly RecordSet[], changes: readonly RecordChange[]): RecordSet[] {
  const touched = changes.flatMap(({ before, after }) => after ?? before ?? []);
  for (const { before, after } of changes)
    assert.deepEqual(findRecordSet(zone, after ?? before ?? assert.fail()), before, "the prerequisite");
  const sorted = (sets: readonly RecordSet[]): RecordSet[] =>
    sets.toSorted((a, b) => (`${a.name} ${a.type}` < `${b.name} ${b.type}` ? -1 : 1));
  return sorted([
    ...zone.filter((set) => !findRecordSet(touched, set)),
    ...changes.flatMap(({ after }) => after ?? []),
  ]);
}

describe("changes of records", () => {
  it("lead every name to the wanted addresses alone, touch no other, and can be taken back", () => {
    fc.assert(
      fc.property(cutOvers, ({ wanted, zone }) => {
        const changes = changesTo(wanted, zone);
        const after = applied(zone, changes);
        for (const record of wanted)
          assert.deepEqual(
            after.filter(({ name }) => name === record.name),
            [record],
          );
        const others = (sets: readonly RecordSet[]): RecordSet[] =>
          sets.filter(({ name }) => !wanted.some((record) => record.name === name));
        assert.deepEqual(others(after), others(applied(zone, [])));
        assert.deepEqual(applied(after, inverse(changes)), applied(zone, []));
        assert.deepEqual(changesTo(wanted, after), []);
      }),
    );
  });

  it("of 500 stacks are rendered for every tool and compared within two seconds of a processor", () => {
    const wanted = Array.from({ length: 500 }, (_, stack) =>
      dnsOutput([`app-${stack}.example.com`, `www-${stack}.example.com`], [`203.0.113.${stack % 250}`], 60, true),
    ).flatMap(({ records }) => records);
    const current = wanted.map((record, index) => (index % 2 ? record : { ...record, values: ["192.0.2.1"] }));
    const start = process.cpuUsage();
    for (const format of Object.values(formats))
      assert.ok(format(wanted, { zone: "example.com", current }).length > 1000);
    assert.equal(changesTo(wanted, current).length, 500);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 2_000_000, `${user + system} µs`);
  });
});
