/** Host keys in the forms in which people have them. */
import assert from "node:assert/strict";
import { hostKey } from "../../settings/hostKey";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm";
const another = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfv7gLQIetkzFelszizv2Vizr5OQ6A6uajC7MosPX/0";
const ecdsa =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwEAAQ==";

describe("host keys", () => {
  for (const [form, text, read] of [
    ["with a comment", `${ed25519} root@node`, `${ed25519} root@node`],
    ["as ssh-keyscan prints them", `node.example.com ${ed25519}\n`, ed25519],
    ["with a port", `[node.example.com]:2222 ${ed25519}`, ed25519],
    ["of known_hosts, hashed", `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${ed25519}`, ed25519],
    ["with the server's banner", `# node:22 SSH-2.0-OpenSSH_9.2p1\nnode ${ed25519}`, ed25519],
    ["of all types of one node", `node ${rsa}\nnode ${ecdsa}\r\nnode ${ed25519}\n`, ed25519],
    ["in one line with \\n", `node ${rsa}\\nnode ${ecdsa}`, ecdsa],
    ["of a name and its address", `node ${ed25519}\n192.0.2.1 ${ed25519} root@node`, ed25519],
    ["in spaces", `  ${ed25519}\n`, ed25519],
    ["in quotes", `"${ed25519}"`, ed25519],
    ["in lines", ed25519.replace(" ", "\n"), ed25519],
    ["without its type, which the data names", ecdsa.split(" ")[1] ?? "", ecdsa],
    [
      "of ssh-keygen -e",
      `---- BEGIN SSH2 PUBLIC KEY ----\r\nComment: "256-bit ED25519"\r\n${ed25519.split(" ")[1]?.replace(/.{40}/, "$&\r\n")}\r\n---- END SSH2 PUBLIC KEY ----\r\n`,
      ed25519,
    ],
  ] as const)
    it(`${form} are read`, () => {
      assert.equal(hostKey.parse(text), read);
    });

  for (const [text, found] of [
    [`node ${ed25519}\nbastion ${another}`, /2 different keys, of which the node shows one/],
    ["SHA256:yIqQ9kDGKgxoRwWuVk7gkLUJQvGC7QDTvFyFZc0bCsk", /a fingerprint, which no key can be made from/],
    ["256 SHA256:yIqQ9kDGKgxoRwWuVk7gkLUJQvGC7QDTvFyFZc0bCsk root@node (ED25519)", /a fingerprint/],
    [`@cert-authority *.example.com ${ed25519}`, /a line of known_hosts marked @cert-authority/],
    [`node ${rsa}`, /an ssh-rsa key, which SSH servers no longer offer/],
    ["ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5", /a certificate \(ssh-ed25519-cert-v01@openssh.com\)/],
    [ed25519.slice(0, -9), /'ssh-ed25519 …' with an incomplete key/],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA", /found a private key, which is not the node's/],
    ["", /found nothing/],
    ["yes", /found 'yes …'/],
  ] as const)
    it(`are refused for what they are: ${text.slice(0, 40)}`, () => {
      const { error } = hostKey.safeParse(text);
      assert.match(error?.issues[0]?.message ?? "", found);
      assert.ok(!error?.message.includes("b3BlbnNzaC1r"));
    });
});
