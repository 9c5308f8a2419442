import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { Secret } from "../../automation";
import { redacted, redactor, secretsOf } from "../../automation/redact";
import { loginKey } from "../support/sshServer";

describe("automation: redaction", () => {
  // No secret is a part of what stands in its place.
  const secret = fc
    .string({ minLength: 4, maxLength: 40 })
    .filter((text) => text.trim().length >= 4 && !redacted.includes(text.trim()));

  it("leaves no secret in any text, whole, escaped or beside others", () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const redact = redactor(secrets);
          for (const each of secrets) {
            const shown = redact(`«${before}»${each}«${JSON.stringify(each)}»${after}`);
            assert.ok(!shown.includes(each), shown);
            const escaped = JSON.stringify(each).slice(1, -1);
            assert.ok(!shown.includes(escaped), shown);
          }
        },
      ),
    );
  });

  it("changes nothing where there is no secret", () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(redactor([])(text), text)));
  });

  it("takes each line of a key, and a key that nobody told it of, even cut off", () => {
    const [, line = ""] = loginKey.private.split("\n");
    assert.equal(redactor([loginKey.private])(`ssh: ${line}`), `ssh: ${redacted}`);
    assert.equal(redactor([])(`key ${loginKey.private.trim()}.`), `key ${redacted}.`);
    assert.ok(!redactor([])(JSON.stringify(loginKey.private)).includes(line));
    assert.ok(!redactor([])(loginKey.private.slice(0, 120)).includes(line));
  });

  it("takes the parts of a secret object", () => {
    assert.equal(redactor(['{"token":"abcdefgh"}'])("got abcdefgh"), `got ${redacted}`);
  });

  it("knows secret variables by their names", () => {
    const env = {
      AWS_SECRET_ACCESS_KEY: "aaaa",
      AWS_SESSION_TOKEN: "bbbb",
      PULUMI_CONFIG_PASSPHRASE: "cccc",
      HOME: "/root",
      EMPTY_SECRET: "",
    };
    assert.deepEqual(secretsOf(env), ["aaaa", "bbbb", "cccc"]);
  });

  it("shows a secret output only when asked", () => {
    const value = new Secret("hunter22");
    assert.equal(value.reveal(), "hunter22");
    for (const shown of [
      String(value),
      JSON.stringify({ value }),
      inspect({ value }),
      inspect(value, { showHidden: true }),
    ]) {
      assert.ok(shown.includes(redacted) && !shown.includes("hunter22"), shown);
    }
  });
});
