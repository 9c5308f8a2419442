import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { utils } from "ssh2";
import { keyForSsh2 } from "../../settings/privateKeys";
import { readConfig, type Settings } from "../../settings/read";
import { IngressMode } from "../../settings/choices";
import { ed25519 } from "../support/ed25519";

const project = "kops-secondary-ingress";
const read = (sshPrivateKey: string): Settings =>
  readConfig(
    project,
    {
      [`${project}:mode`]: IngressMode.NodePort,
      [`${project}:clusterName`]: "k8s.example.com",
      [`${project}:sshPrivateKey`]: sshPrivateKey,
    },
    "prod",
  );

// Not made by ssh2, which now and then makes one that it cannot read itself.
const openSsh = readFileSync(join(__dirname, "../fixtures/upgrade/0.1.0/keys/id_ed25519"), "utf8");
const pem = (type: "pkcs1" | "pkcs8", passphrase?: string): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type, format: "pem", ...(passphrase ? { cipher: "aes-256-cbc", passphrase } : {}) })
    .toString();

describe("private keys", () => {
  for (const [kind, key] of [
    ["OpenSSH's form", openSsh],
    ["PEM", pem("pkcs1")],
    ["PKCS #8", pem("pkcs8")],
  ] as const) {
    it(`in ${kind} stay as they are`, () => {
      assert.equal(read(key).sshPrivateKey, key);
      assert.equal(read(key.trimEnd()).sshPrivateKey, key.trimEnd());
    });

    const forms: Record<string, string> = {
      "carriage returns": key.replaceAll("\n", "\r\n"),
      "\\n as two characters": key.trimEnd().replaceAll("\n", "\\n"),
      "\\r\\n as four": key.replaceAll("\n", "\\r\\n"),
      quotes: JSON.stringify(key),
      "spaces for line ends": key.trim().replaceAll("\n", " "),
      "an indentation, as in YAML": key.replaceAll("\n", "\n    "),
      "a byte order mark": `\ufeff${key}`,
      "UTF-16, as PowerShell writes it": Buffer.from(`\ufeff${key}`, "utf16le").toString(),
      "a curve's parameters before it": `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key}`,
      "a public key after it": `${key}ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm\n`,
      "JSON around it": JSON.stringify({ private_key: key, user: "ubuntu" }),
      "\\n as three characters": key.trimEnd().replaceAll("\n", "\\\\n"),
      "base64 around it": Buffer.from(key).toString("base64"),
    };
    for (const [form, text] of Object.entries(forms))
      it(`in ${kind} with ${form} are read`, () => {
        const wrapped = read(text).sshPrivateKey ?? "";
        assert.equal(wrapped.replace(/\s/g, ""), key.replace(/\s/g, ""));
        assert.match(wrapped, /^-----BEGIN [A-Z ]+-----\n(?:[\w+/=]{1,70}\n)+-----END [A-Z ]+-----\n$/);
        const parsed = utils.parseKey(keyForSsh2(wrapped));
        assert.ok(!(parsed instanceof Error), String(parsed));
      });
  }

  it("are one at a time", () => {
    assert.throws(
      () => read(JSON.stringify([openSsh, openSsh])),
      /found something else \(it is secret and not shown\)/,
    );
    assert.throws(() => read(" "), /found nothing\n/);
  });

  for (const [type, options] of [
    ["ed25519", {}],
    ["rsa", { modulusLength: 2048 }],
    ["ec", { namedCurve: "P-256" }],
    ["ec", { namedCurve: "P-521" }],
  ] as const)
    it(`in PKCS #8 are read by ssh2, too: ${type} ${Object.values(options).join("")}`, () => {
      // By many, for numbers that begin with zeros.
      for (let i = 0; i < (type === "rsa" ? 1 : 30); i += 1) {
        const { privateKey, publicKey } = generateKeyPairSync(type as "ec", options as { namedCurve: string });
        const parsed = utils.parseKey(keyForSsh2(privateKey.export({ type: "pkcs8", format: "pem" }).toString()));
        assert.ok(!(parsed instanceof Error), String(parsed));
        const digest = type === "ed25519" ? undefined : "sha512";
        const signature = parsed.sign("text", digest);
        assert.ok(Buffer.isBuffer(signature), String(signature));
        assert.ok(parsed.verify("text", signature, digest));
        if (type === "ed25519") assert.ok(verify(null, Buffer.from("text"), publicKey, signature));
        assert.equal(keyForSsh2(openSsh), openSsh);
      }
    });

  for (const [kind, key] of [
    ["OpenSSH's form", ed25519("secret").private],
    ["PEM", pem("pkcs1", "secret")],
    ["PKCS #8", pem("pkcs8", "secret")],
  ] as const)
    it(`with a passphrase in ${kind} are refused before anything is made, once`, () => {
      for (const text of [key, key.replaceAll("\n", "\r\n"), key.trim().replaceAll("\n", "\\n")])
        assert.throws(
          () => read(text),
          (error: Error) => {
            assert.match(
              error.message,
              /^1 setting .*\n {2}sshPrivateKey: expected a key without a passphrase, found one with/,
            );
            assert.match(
              error.message,
              /ssh-add\n {4}fix: pulumi config rm --stack prod kops-secondary-ingress:sshPrivateKey$/,
            );
            return true;
          },
        );
    });

  for (const [what, text] of [
    ["a public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm"],
    ["a path", "/home/jane/.ssh/id_rsa"],
    ["half a key", openSsh.slice(0, 200)],
  ] as const)
    it(`that are ${what} are refused with a fix for sh and PowerShell, and not shown`, () => {
      assert.throws(
        () => read(text),
        (error: Error) => {
          assert.match(error.message, /fix: cat ~\/\.ssh\/id_ed25519 \| pulumi config set --stack prod --secret \S+$/);
          return !error.message.includes(text.slice(40, 80) || text);
        },
      );
    });

  /** In OpenSSH's form, of a type that ssh2 does not make: PROTOCOL.key. */
  const ofType = (type: string): string => {
    const text = (value: string | Buffer): Buffer => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
    };
    const [none, one] = [text("none"), Buffer.from([0, 0, 0, 1])];
    const body = Buffer.concat([
      ...[Buffer.from("openssh-key-v1\0"), none, none, text(""), one],
      ...[text(Buffer.concat([text(type), text("x".repeat(64))])), text("y".repeat(96))],
    ]).toString("base64");
    return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
  };
  const pkcs8 = (type: "dsa" | "x25519" | "ec"): string =>
    (type === "dsa"
      ? generateKeyPairSync(type, { modulusLength: 1024, divisorLength: 160 })
      : type === "ec"
        ? generateKeyPairSync(type, { namedCurve: "secp256k1" })
        : generateKeyPairSync(type)
    ).privateKey
      .export({ type: "pkcs8", format: "pem" })
      .toString();
  for (const [what, text, says] of [
    [
      "PuTTY's",
      "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n",
      /found PuTTY's form: .*puttygen id\.ppk -O/,
    ],
    ["SSH2's", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nx\n", /found the form of SSH2: .*ssh-keygen -i -f/],
    ["a public one", `${ed25519().public}\n`, /found a public key: the private one is in the file without \.pub/],
    ["one for DSA", pkcs8("dsa"), /found a DSA key, which sshd no longer takes/],
    ["one for DSA in OpenSSH's form", ofType("ssh-dss"), /found a DSA key/],
    ["one for key exchange", pkcs8("x25519"), /found one of type 'x25519'/],
    ["one on another curve", pkcs8("ec"), /found one of type 'secp256k1'/],
    ["one cut short", openSsh.split("\n").toSpliced(3, 2).join("\n"), /cannot be read: is a part of it missing/],
    ["damaged PEM", pem("pkcs1").replace(/\n.{64}\n/, "\n"), /cannot be read: is a part of it missing/],
    [
      "a security key's",
      ofType("sk-ssh-ed25519@openssh.com"),
      /found the handle of a security key .*ssh-add\n {4}fix: pulumi config rm /,
    ],
  ] as const)
    it(`in ${what} are refused for what they are`, () => {
      assert.throws(
        () => read(text),
        (error: Error) => {
          assert.match(error.message, says);
          return true;
        },
      );
    });
});
