import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { AwsError } from "../../../lab/aws/errors";
import {
  boolean,
  checkParameters,
  flatten,
  integer,
  list,
  type Parameters,
  readForm,
  someOf,
} from "../../../lab/aws/parameters";

describe("parameters of AWS calls", () => {
  const name = fc.oneof(fc.constantFrom("__proto__", "constructor", "1"), fc.stringMatching(/^[A-Za-z0-9]{1,8}$/));
  const tree = fc.letrec<{ tree: Parameters; value: Parameters | string }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, fc.string(), tie("tree")),
    tree: fc
      .uniqueArray(fc.tuple(name, tie("value")), { minLength: 1, maxLength: 4, selector: ([key]) => key })
      .map((members) => Object.fromEntries(members)),
  })).tree;

  it("flatten and readForm are each other's inverse", () => {
    fc.assert(fc.property(tree, (parameters) => assert.deepEqual(readForm(flatten(parameters)), parameters)));
  });

  it("reads lists in the order of their numbers, whatever the order in the form", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 12 }), (values) => {
        const pairs = values.map((value, index): [string, string] => [`Id.${index + 1}`, value]).reverse();
        assert.deepEqual(checkParameters(z.strictObject({ Id: list(z.string()) }), readForm(pairs)), { Id: values });
      }),
    );
  });

  it("refuses a name that is both a value and a structure, or comes twice", () => {
    for (const pairs of [
      ["A", "A"],
      ["A", "A.1"],
      ["A.1", "A"],
    ])
      assert.throws(() => readForm(pairs.map((pair): [string, string] => [pair, "x"])), {
        code: "MalformedQueryString",
      });
  });

  it("tells an unknown parameter before a missing one before a wrong one", () => {
    const schema = z.strictObject({ Id: z.string(), Size: integer, Force: boolean, Name: someOf(z.string()) });
    const refused = (parameters: Parameters, code: string, text: string): void =>
      assert.throws(
        () => checkParameters(schema, parameters),
        (error) => error instanceof AwsError && error.code === code && error.message.includes(text),
      );
    refused({ Size: "x", Colour: "red" }, "UnknownParameter", "Colour");
    refused({ Size: "x", Force: "true", Name: { "1": "n" } }, "MissingParameter", "Id");
    refused(
      { Id: "i", Size: "x", Force: "true", Name: { "1": "n" } },
      "InvalidParameterValue",
      "Value (x) for parameter Size",
    );
    refused({ Id: "i", Size: "1", Force: "yes", Name: { "1": "n" } }, "InvalidParameterValue", "Force");
    refused({ Id: "i", Size: "1", Force: "true" }, "MissingParameter", "Name");
    refused({ Id: "i", Size: "1", Force: "true", Name: { first: "n" } }, "UnknownParameter", "Name.first");
    assert.deepEqual(checkParameters(schema, { Id: "i", Size: "-1", Force: "false", Name: { "1": "n" } }), {
      Id: "i",
      Size: -1,
      Force: false,
      Name: ["n"],
    });
  });
});
