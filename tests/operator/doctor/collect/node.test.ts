import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFacts, reasonOf, renderScript } from "../../../../operator/doctor/collect/node";
import { outputs } from "../../../dns/support";
import { certificateFor } from "../../../support/certificate";
import { onFakeNode } from "../../../support/fakeNode";
import { serveNamed } from "../../../support/namedController";
import { installValidators, needsProgram } from "../../../support/needs";

const question = {
  outputs: outputs(),
  healthName: "app.example.com",
  httpsNodePort: 30443,
  httpNodePort: 30080,
  proxyProtocol: false,
};

describe("doctor's look at the node", () => {
  it("is a script that bash takes and that changes nothing", () => {
    const script = renderScript(question);
    const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(
      // The one connection that is written to, for a GET.
      script.replace("7<>/dev/tcp/127.0.0.1/", ""),
      /systemctl (?:re)?start|systemctl stop|nft (?:add|delete|-f)|ip addr (?:add|del|replace)|\brm\b|\bmv\b|>>|[^2&-]>(?!&|\/dev\/null)/,
    );
  });

  it("asks what may not answer side by side", () => {
    const directory = mkdtempSync(join(tmpdir(), "asked-"));
    const program = (name: string, text: string): void =>
      writeFileSync(join(directory, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    // Ends once the four that ask wait for each other.
    const ask = `mktemp ${directory}/asks.XXXXXX >/dev/null; for _ in {1..600}; do set -- ${directory}/asks.*; [ $# -lt 4 ] || exit 1; sleep 0.05; done; : >${directory}/alone`;
    program("timeout", 'shift; exec "$@"');
    program("curl", ask);
    program("openssl", `[ "$1" = s_client ] || exit 1\n${ask}`);
    try {
      const script = renderScript(question).replace(" PATH=", ` PATH=${directory}:`);
      spawnSync("bash", ["-s"], { input: script });
      const asked = readdirSync(directory).filter((name) => /^(asks|alone)/.test(name));
      assert.equal(asked.length, 4);
      assert.ok(!asked.includes("alone"));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("gives every fact also on a machine that has nothing of ours", function () {
    const { stdout, stderr } = spawnSync("bash", ["-s"], { input: renderScript(question), encoding: "utf8" });
    const facts = parseFacts(stdout);
    assert.equal(facts.onLoopback, false, stderr);
    assert.equal(facts.owner, "");
    assert.deepEqual(facts.haproxy.active, false);
    assert.deepEqual(facts.history, []);
  });

  describe("at an ingress controller that answers to named clients alone", () => {
    before(async function () {
      await installValidators();
      for (const program of ["haproxy", "curl"]) needsProgram(this, program);
    });
    const node = onFakeNode((fresh) => {
      fresh.succeed(`ip addr add ${question.outputs.primaryPrivateIp}/32 dev lo`);
    });
    const status = (healthName: string): string | undefined =>
      /^nodePortHttps (.*)$/m.exec(
        node().run("exec bash -s", { input: renderScript({ ...question, healthName }) }).stdout,
      )?.[1];

    for (const [refusal, unnamed] of [
      ["by a TLS alert", "1"],
      ["by closing the connection", "0"],
    ] as const)
      it(`finds it by name, and without one where it refuses others ${refusal}: ${unnamed}`, async () => {
        assert.equal(status("app.example.com"), "0");
        await serveNamed(node(), `${question.outputs.primaryPrivateIp}:30443`, refusal);
        assert.deepEqual([status("app.example.com"), status("")], ["404", unnamed]);
      });
  });

  describe("at an ingress controller that is set up for something else", () => {
    before(async function () {
      await installValidators();
      for (const program of ["haproxy", "curl"]) needsProgram(this, program);
    });
    const at = question.outputs.primaryPrivateIp;
    const node = onFakeNode((fresh) => fresh.succeed(`ip addr add ${at}/32 dev lo`));

    for (const [what, https, http, proxyProtocol, instead] of [
      ["without TLS", "", "", false, ["plain", ""]],
      ["with the PROXY protocol", "ssl crt /tmp/own.pem accept-proxy", "accept-proxy", false, ["proxied", "proxied"]],
      // Over HTTP it takes the header for a request, and answers that.
      ["without the PROXY protocol", "ssl crt /tmp/own.pem", "", true, ["unproxied", ""]],
      ["as it should be", "ssl crt /tmp/own.pem accept-proxy", "accept-proxy", true, ["", ""]],
    ] as const)
      it(`says that it answers ${what}`, async () => {
        const { key, cert } = await certificateFor("app.example.com");
        node().write("/tmp/own.pem", key + cert);
        node().write(
          "/tmp/own.cfg",
          `defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n` +
            `frontend own\n  bind ${at}:30443 ${https}\n  bind ${at}:30080 ${http}\n  http-request return status 404\n`,
        );
        node().succeed("haproxy -D -f /tmp/own.cfg >/dev/null 2>&1");
        const { stdout } = node().run("exec bash -s", { input: renderScript({ ...question, proxyProtocol }) });
        const facts = parseFacts(stdout);
        assert.deepEqual([facts.nodePortHttpsInstead, facts.nodePortHttpInstead], instead);
        assert.deepEqual([facts.nodePortHttps > 0, facts.nodePortHttp > 0], [instead[0] === "", instead[1] === ""]);
      });
  });

  it("is refused when it was cut short", () => {
    assert.throws(() => parseFacts("owner x\nmissing \n"));
  });

  it("knows by what ssh2 and sudo say how far a login got", () => {
    for (const [error, reason] of [
      [new Error("connect ECONNREFUSED 192.0.2.1:22"), "unreachable"],
      [new Error("no answer within 20 s"), "unreachable"],
      [Object.assign(new Error("another host key than the settings have"), { name: "HostKeyDiffers" }), "host key"],
      [new Error("Handshake failed: no matching host key format"), "host key"],
      [new Error("All configured authentication methods failed"), "no login"],
      [
        new Error("Cannot parse privateKey: Encrypted private OpenSSH key detected, but no passphrase given"),
        "no login",
      ],
      [new Error("sudo: a password is required"), "sudo"],
    ] as const)
      assert.equal(reasonOf(error), reason, error.message);
  });
});
