import assert from "node:assert/strict";
import fc from "fast-check";
import { type PluginProcess, PluginProcess as Plugin, secret, unknown } from "../plugin";

const type = "random:index/randomPassword:RandomPassword";

/** The password, which must come as a secret. */
function resultOf(outputs: Record<string, unknown>): string {
  const { value } = outputs["result"] as { value: string };
  assert.deepEqual(outputs["result"], secret(value));
  return value;
}

describe("lab plugin random: RandomPassword", () => {
  let plugin: PluginProcess;
  before(async () => void (plugin = await Plugin.start("random")));
  after(() => plugin.stop());

  it("keeps to length, classes and minimums, whatever they are", async () => {
    const classes = {
      minLower: /[a-z]/g,
      minUpper: /[A-Z]/g,
      minNumeric: /[0-9]/g,
      minSpecial: /[-!@#$%&*()_=+[\]{}<>:?]/g,
    };
    const least = fc.nat({ max: 5 });
    const minimums = fc.record({ minLower: least, minUpper: least, minNumeric: least, minSpecial: least });
    await fc.assert(
      fc.asyncProperty(minimums, fc.integer({ min: 20, max: 64 }), async (asked, length) => {
        const result = resultOf((await plugin.create(type, { ...asked, length })).outputs);
        assert.equal(result.length, length);
        assert.match(result, /^[-a-zA-Z0-9!@#$%&*()_=+[\]{}<>:?]*$/);
        for (const [name, characters] of Object.entries(classes)) {
          const found = result.match(characters)?.length ?? 0;
          assert(found >= asked[name as keyof typeof asked], `${name}: ${found} in ${result}`);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("leaves out the classes that are switched off, and takes other special characters", async () => {
    const { outputs } = await plugin.create(type, { length: 200, special: false, upper: false });
    assert.match(resultOf(outputs), /^[a-z0-9]{200}$/);
    const other = await plugin.create(type, {
      length: 200,
      lower: false,
      upper: false,
      number: false,
      overrideSpecial: "_%",
    });
    assert.match(resultOf(other.outputs), /^[_%]{200}$/);
  });

  it("never gives the same password twice, under the id of the official plugin", async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => plugin.create(type, { length: 16 })));
    assert.equal(new Set(made.map(({ outputs }) => resultOf(outputs))).size, 20);
    assert.deepEqual(new Set(made.map(({ id }) => id)), new Set(["none"]));
  });

  it("shows in a preview that the password is not known, and that it is secret", async () => {
    const { id, outputs } = await plugin.create(type, { length: 16 }, { preview: true });
    assert.equal(id, "");
    assert.deepEqual(outputs["result"], secret(unknown));
  });

  it("is replaced when an input changes, for its password is made once", async () => {
    const change = await plugin.diff(type, { length: 16, special: true }, { length: 17, keepers: { a: "1" } });
    assert.deepEqual(change, {
      changed: true,
      replaces: ["length", "special", "keepers"],
      detailed: { length: "UPDATE_REPLACE", special: "DELETE_REPLACE", keepers: "ADD_REPLACE" },
    });
    assert.equal((await plugin.diff(type, { length: 16 }, { length: 16 })).changed, false);
  });

  it("refuses what no password can satisfy", async () => {
    const refused = async (inputs: Record<string, unknown>): Promise<string[]> =>
      Object.keys((await plugin.check(type, inputs)).failures);
    assert.deepEqual(await refused({ length: 0 }), ["length"]);
    assert.deepEqual(await refused({ length: 3, minLower: 2, minUpper: 2 }), ["length"]);
    assert.deepEqual(await refused({ length: 4, minLower: 2, minUpper: 2 }), []);
    assert.deepEqual(await refused({ length: 8, lower: false, minLower: 1 }), ["length"]);
    assert.deepEqual(await refused({ length: 8, lower: false, upper: false, special: false, number: false }), [
      "length",
    ]);
    assert.deepEqual(await refused({ length: unknown }), []);
  });

  it("keeps its state in a refresh", async () => {
    const { id, outputs } = await plugin.create(type, { length: 16 });
    const read = await plugin.read(type, id, { ...outputs, result: resultOf(outputs) }, { length: 16 });
    assert.equal(read.id, "none");
    assert.deepEqual(read.inputs, { length: 16 });
    assert.equal(resultOf(read.outputs), resultOf(outputs));
  });
});
