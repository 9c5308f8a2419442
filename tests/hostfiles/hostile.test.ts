/** Hostile values in every string that reaches a shell or a configuration file: refused, or carried through intact. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { ConfigError, readConfig } from "../../settings/read";
import type { HostSettings } from "../../hostfiles/hostSettings";
import { checked } from "../../hostfiles/checkedSettings";
import { commandLine } from "../../hostfiles/node/shell";
import { allSteps, hostSettings } from "./settings";

const nasty = [
  "'",
  '"',
  "\\",
  "\n",
  "\r",
  "$(id)",
  "`id`",
  "${HOME}",
  ";",
  "&&",
  "|",
  "*",
  "~",
  "\t",
  "\u0000",
  "\ud800",
  "é",
  "\u202e",
  "-",
  "--",
  "#",
];
/** Pieces that shells, units and parsers read as their own, between ordinary text; some of 10 000 characters. */
const hostile = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 12 })
    .map((parts) => parts.join("")),
  fc.constantFrom(...nasty, "x".repeat(10_000), "'".repeat(10_000), "$(".repeat(5000)),
);

describe("hostile values", function () {
  it("go through the real shell intact, or are refused", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (words) => {
        let line: string;
        try {
          line = commandLine("printf", "%s\\0", ...words);
        } catch (error) {
          assert.match((error as Error).message, /NUL byte|surrogate/);
          return;
        }
        const { status, stdout } = spawnSync("/bin/bash", ["-c", line], { encoding: "utf8" });
        assert.equal(status, 0);
        assert.deepEqual(stdout.split("\0").slice(0, -1), words);
      }),
      { numRuns: 1000 },
    );
  });

  const texts = [
    "owner",
    "instanceId",
    "clusterName",
    "healthName",
    "primaryPrivateIp",
    "secondaryPrivateIp",
    "statsPassword",
    "reinstall",
  ] as const;
  const lists = ["apiAllowedCidrs", "vpcCidrs", "podCidrs"] as const;

  it("never come into a host file or a command: only what cannot be mistaken does", () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts, ...lists), hostile, (key, value) => {
        const change = (lists.includes(key as never) ? { [key]: [value] } : { [key]: value }) as Partial<HostSettings>;
        try {
          checked(change);
        } catch (error) {
          if (key === "statsPassword") assert.ok(value.length < 4 || !(error as Error).message.includes(value));
          return;
        }
        assert.match(value, /^[\w./-]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("would come through every command as one argument, even if they were not refused", () => {
    const options = {
      owner: "--owner",
      formerOwner: "--former-owner",
      instanceId: "--instance",
      reinstall: "--reinstall",
    };
    const text = hostile.filter((value) => value !== "" && !/\0|\p{Surrogate}/u.test(value));
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(options) as (keyof typeof options)[])), text, (key, value) => {
        const settings = hostSettings({ [key]: value });
        const commands = allSteps(settings).map(({ create }) => create(settings));
        // What the programs would be given: each word ends with a NUL byte.
        const { stdout } = spawnSync("/bin/bash", ["-s"], {
          // As on a node with host-file.
          input: `test() { :; }\nsudo() { printf '%s\\0' "$@"; }\nbash() { sudo "$@"; }\n${commands.join("\n")}\n`,
          encoding: "utf8",
        });
        const words = stdout.split("\0");
        const given = words.flatMap((word, index) => (word === options[key] ? [words[index + 1]] : []));
        // One of the commands calls host-file several times.
        assert.ok(given.length > commands.length);
        assert.deepEqual(given, Array(given.length).fill(value));
      }),
      { numRuns: 100 },
    );
  });

  it("are refused where the secondary address is the node's own, before any rule is made for it", () => {
    const settings = hostSettings({ secondaryPrivateIp: hostSettings().primaryPrivateIp });
    const rules = allSteps(settings).find(({ name }) => name === "nat-rules");
    const read = Object.fromEntries((rules?.needs ?? []).map((key) => [key, settings[key]]));
    assert.throws(() => checked(read), /secondaryPrivateIp: expected another address than the node's primary one/);
  });

  it("are refused by the settings, or read as the plain word that is in them", () => {
    const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, "");
    const namespace = "kops-secondary-ingress";
    const keys = [
      "clusterName",
      "networkInterfaceId",
      "secondaryPrivateIp",
      "route53ZoneId",
      "reinstall",
      "mode",
      "apiForwarder",
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...keys), hostile, (key, value) => {
        const all = {
          [`${namespace}:mode`]: "node-port",
          [`${namespace}:clusterName`]: "k8s.example.com",
          [`${namespace}:appDomains`]: '["app.example.com"]',
          [`${namespace}:${key}`]: value,
        };
        try {
          const read = String(readConfig(namespace, all, "prod")[key]);
          assert.match(read, /^[\w.:+-]*$/);
          assert.ok(plain(value).includes(plain(read)), read);
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
