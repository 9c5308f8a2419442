import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { z } from "zod";
import { defaults } from "../../settings/defaults";
import { settings, table } from "../../settings/table";
import { repositoryRoot } from "../support/paths";
import { projectFile, readme } from "./pages";

const read = (page: string): string => readFileSync(join(repositoryRoot, page), "utf8");

describe("table of settings", () => {
  for (const [page, render] of [
    ["Pulumi.yaml", projectFile],
    ["README.md", readme],
  ] as const)
    it(`is in ${page}; UPDATE_GOLDEN=1 writes it anew`, async () => {
      const text = await render(read(page), settings);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(join(repositoryRoot, page), text);
      assert.equal(read(page), text);
      const { mode, clusterName } = table;
      assert.notEqual(await render(text, { mode, clusterName }), text, "the page has no place for the table");
    });

  it("has examples that work, except for keys of a host or a person", () => {
    for (const [key, { check, example, secret }] of Object.entries(settings)) {
      if (secret || key === "ssh") continue;
      if (example === undefined) assert.ok(check.safeParse(undefined).success, `${key} has no example`);
      else assert.ok(check.safeParse(example).success, key);
    }
    const { hostKey, ...fields } = table.ssh.example;
    assert.match(hostKey, /^ssh-ed25519 /);
    const faults = table.ssh.check.safeParse(fields).error?.issues.map(({ path }) => path.join("."));
    assert.deepEqual(faults, ["hostKey", "proxy.hostKey"]);
  });

  it("says what happens without each optional key", () => {
    const optional = Object.values(settings).filter(({ check }) => check instanceof z.ZodOptional);
    assert.ok(optional.length > 0);
    for (const { text, unset } of optional) assert.ok(unset, text);
  });
});

describe("the component's arguments", () => {
  const file = ts.createSourceFile("args.ts", read("components/args.ts"), ts.ScriptTarget.Latest, true);
  const members = (name: string): ts.PropertySignature[] =>
    file.statements
      .filter(ts.isInterfaceDeclaration)
      .filter((each) => each.name.text === name)
      .flatMap((each) => each.members.filter(ts.isPropertySignature));
  const optionalKeys = (name: string): Record<string, boolean> =>
    Object.fromEntries(
      members(name).map((each) => [each.name.getText().replaceAll('"', ""), each.questionToken !== undefined]),
    );
  const optionalIn = (shape: Record<string, z.ZodType>): Record<string, boolean> =>
    Object.fromEntries(Object.entries(shape).map(([key, check]) => [key, check.safeParse(undefined).success]));

  it("have the keys of the table, and no other", () => {
    const checks = Object.entries(settings).map(([key, { check }]) => [key, check] as const);
    assert.deepEqual(optionalKeys("SecondaryIngressIpArgs"), optionalIn(Object.fromEntries(checks)));
  });

  it("have the fields of ssh, and no other", () => {
    const { shape } = table.ssh.check.unwrap();
    assert.deepEqual(optionalKeys("SshArgs"), optionalIn(shape));
    assert.deepEqual(optionalKeys("SshProxyArgs"), optionalIn(shape.proxy.unwrap().shape));
  });

  it("are documented with the defaults of the table", () => {
    const words: Record<string, readonly string[]> = { "[]": ["none", "everyone"], '""': ["empty"], "{}": ["none"] };
    const named = members("SecondaryIngressIpArgs").flatMap((each) => {
      const key = each.name.getText();
      const [, word] = /\bdefault `?([\w-]+)/i.exec(each.getFullText()) ?? [];
      return word === undefined ? [] : [[key, word] as const];
    });
    assert.ok(named.length > 10);
    for (const [key, word] of named) {
      const value: unknown = defaults[key as keyof typeof defaults];
      const everyone = JSON.stringify(value) === JSON.stringify(["0.0.0.0/0"]) ? ["everyone"] : [];
      assert.ok(
        [String(value), ...everyone, ...(words[JSON.stringify(value)] ?? [])].includes(word),
        `${key}: ${word}`,
      );
    }
  });
});
