/** Printed commands as shells take them: what a pasted line makes `pulumi` be called with. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One call of `pulumi`: its arguments, and the file that it reads. */
export interface Call {
  args: string[];
  file?: string;
}

const singleQuotes = "'\u2018\u2019\u201a\u201b";
const doubleQuotes = '"\u201c\u201d\u201e';
/** What ends or changes a bare word, at any place or at its start. */
const special = new RegExp(`[\\s;|&(){}<>,\`$${singleQuotes}${doubleQuotes}]`);
const specialFirst = /^[@#%~*?[\]!-]/;

/**
 * The calls of a line that is pasted into PowerShell, by its rules for arguments of programs:
 * - `;` ends a command, and `|` hands its output on (about_Pipelines); a bare word ends at a space or one of `; | & ( ) { } < > , ' " $` and the
 *   backtick, and some characters at its start mean something else (about_Parsing)
 * - each of ' ‘ ’ ‚ ‛ begins and ends text that stays as it is, and two of them inside are one; in text between " “ ” „ a backtick and `$` are
 *   not themselves (about_Quoting_Rules). A word that begins with a quote ends with it: `'a'b` are two words
 * - from release 7.3 on, programs get the words as they are (about_Preference_Variables: $PSNativeCommandArgumentPassing). Before, `"` in a
 *   word is lost
 * @throws for what is not one plain command after another
 */
export function inPowerShell(line: string): Call[] {
  let rest = line;
  const calls: Call[] = [{ args: [] }];
  let file: string | undefined;
  while (rest !== "") {
    const call = calls.at(-1) ?? assert.fail();
    const first = rest[0] ?? "";
    if (/[ \t]/.test(first)) rest = rest.slice(1);
    else if (first === ";") {
      calls.push({ args: [] });
      rest = rest.slice(1);
    } else if (first === "|") {
      assert.equal(call.args[0], "cat", "only a file is handed on");
      file = call.args[1];
      call.args = [];
      rest = rest.slice(1);
    } else if (singleQuotes.includes(first) || doubleQuotes.includes(first)) {
      const quotes = singleQuotes.includes(first) ? singleQuotes : doubleQuotes;
      const [whole, inside = ""] =
        new RegExp(`^[${quotes}]((?:[^${quotes}]|[${quotes}]{2})*)[${quotes}]`).exec(rest) ??
        assert.fail(`a quote without its end: ${rest}`);
      if (quotes === doubleQuotes) assert.doesNotMatch(inside, /[`$]/, line);
      call.args.push(inside.replace(new RegExp(`([${quotes}])[${quotes}]`, "g"), "$1"));
      rest = rest.slice(whole.length);
      assert.match(rest, /^(?:$|[ ;|])/, `more after a quote: ${line}`);
    } else {
      const end = rest.search(special);
      const word = end < 0 ? rest : rest.slice(0, end);
      assert.ok(word !== "" && !specialFirst.test(word.replace(/^(?:--[a-z]|~\/)/, "")), `no plain word: ${rest}`);
      call.args.push(word);
      rest = rest.slice(word.length);
    }
  }
  return calls.map(({ args: [program, ...args] }) => {
    assert.equal(program, "pulumi", line);
    return { args, ...(file === undefined ? {} : { file }) };
  });
}

/** Calls that one line made, between marks that no argument holds. */
const standIn = `#!/bin/sh
{
  printf 'call\\0'
  for word; do printf '=%s\\0' "$word"; done
  case " $* " in *' --secret '*) [ "$(cat)" != key ] || printf 'key\\0' ;; esac
} >>"$CALLS"
`;

/** The calls of lines that are pasted into sh, which runs them: `pulumi` on PATH writes down its arguments. */
export function inShell(lines: readonly string[], keyFile: string): Call[][] {
  const home = mkdtempSync(join(tmpdir(), "pasted-"));
  try {
    const calls = join(home, "calls");
    mkdirSync(join(home, ".ssh"));
    mkdirSync(join(home, "bin"));
    writeFileSync(join(home, keyFile.replace(/^~\//, "")), "key");
    writeFileSync(join(home, "bin/pulumi"), standIn);
    chmodSync(join(home, "bin/pulumi"), 0o755);
    writeFileSync(calls, "");
    const script = lines.map((line) => `${line}\nprintf 'line\\0' >>"$CALLS"\n`).join("");
    const { status, stderr } = spawnSync("/bin/sh", [], {
      input: script,
      encoding: "utf8",
      env: { HOME: home, CALLS: calls, PATH: `${join(home, "bin")}:/usr/bin:/bin` },
    });
    assert.deepEqual([status, stderr], [0, ""]);
    const made: Call[][] = [[]];
    for (const item of readFileSync(calls, "utf8").split("\0").slice(0, -1)) {
      const call = made.at(-1)?.at(-1);
      if (item === "line") made.push([]);
      else if (item === "call") made.at(-1)?.push({ args: [] });
      else if (item === "key") Object.assign(call ?? {}, { file: keyFile });
      else call?.args.push(item.slice(1));
    }
    return made.slice(0, -1);
  } finally {
    rmSync(home, { recursive: true });
  }
}
