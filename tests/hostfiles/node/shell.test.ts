import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { commandLine, quote } from "../../../hostfiles/node/shell";

/** What a shell hands to a program as its one argument. */
function throughShell(shell: string, words: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(shell, ["-c", `printf '%s\\0' ${commandLine(...words)}`], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\0").slice(0, -1);
}

const hostile = [
  "",
  " ",
  "'",
  '"',
  "$(reboot)",
  "`reboot`",
  "a\nb",
  "\\",
  "''",
  "-n",
  "*",
  "~",
  "!!",
  "é",
  "\u{1F600}",
  "a'b\"c$d`e\\f",
  "\r\n\t",
];

describe("quote", () => {
  for (const shell of ["/bin/sh", "/bin/bash"]) {
    it(`carries hostile text through ${shell}`, () => {
      assert.deepEqual(throughShell(shell, hostile), hostile);
    });

    it(`carries any text through ${shell}`, function () {
      const text = fc
        .string({ unit: "binary", maxLength: 60 })
        .filter((value) => !value.includes("\0") && Buffer.from(value).toString() === value);
      fc.assert(
        fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
          assert.deepEqual(throughShell(shell, words), words);
        }),
        { numRuns: 200 },
      );
    });
  }

  it("carries ten thousand characters", () => {
    const long = "'$(x)\n".repeat(1700);
    assert.deepEqual(throughShell("/bin/sh", [long]), [long]);
  });

  it("refuses a NUL byte, which no argument can hold", () => {
    assert.throws(() => quote("a\0b"), /NUL/);
  });

  it("leaves plain words readable", () => {
    assert.equal(quote("/etc/haproxy/haproxy.cfg"), "/etc/haproxy/haproxy.cfg");
  });
});
