import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import dns from "node:dns";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import {
  checkAgent,
  compareHostKey,
  nodeHostKeyProvider as provider,
  type NodeHostKeyInputs,
} from "../../components/nodeHostKey";
import { freePort, type SshServer, sshServers } from "../support/sshServer";

const instanceId = "i-0a1b2c3d4e5f60001";
const another = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfv7gLQIetkzFelszizv2Vizr5OQ6A6uajC7MosPX/0";
const fingerprint = (key: string): string =>
  `SHA256:${createHash("sha256")
    .update(Buffer.from(key.split(" ")[1] ?? "", "base64"))
    .digest("base64")
    .replace(/=+$/, "")}`;

describe("NodeHostKey", function () {
  const inputs = (port: number, hostKey: string): NodeHostKeyInputs => ({
    instanceId,
    host: "127.0.0.1",
    port,
    hostKey,
    setting: "ssh.hostKey",
    project: "kops-secondary-ingress",
    stack: "prod",
  });

  for (const [name, start] of Object.entries(sshServers())) {
    describe(name, () => {
      let server: SshServer;
      before(async () => {
        server = await start();
      });
      after(() => server.stop());

      for (const type of ["ed25519", "ecdsa"] as const) {
        it(`takes the expected ${type} key, whatever stands after it`, async () => {
          await compareHostKey(inputs(server.port, server.hostKey(type)), 0);
          await compareHostKey(inputs(server.port, `${server.hostKey(type)} root@node`), 0);
        });
      }

      it("stops at another one, with both fingerprints and the command that accepts it", async () => {
        const shown = server.hostKey("ed25519").split(" ").slice(0, 2).join(" ");
        const error: unknown = await compareHostKey(inputs(server.port, another), 0).catch((reason: unknown) => reason);
        assert.ok(error instanceof Error);
        for (const part of [
          `expected 127.0.0.1:${server.port} to show the key ${fingerprint(another)} (ssh-ed25519)`,
          `found ${fingerprint(shown)} (ssh-ed25519)`,
          "nothing was changed",
          `aws ec2 get-console-output --latest --output text --instance-id ${instanceId}`,
          `pulumi config set --stack prod --path 'kops-secondary-ingress:ssh.hostKey' '${shown}'`,
        ])
          assert.ok(error.message.includes(part), `${part}\n${error.message}`);
      });
    });
  }

  it("says without waiting that a name does not resolve, by the setting that has it", async () => {
    const asked = mock.method(dns, "lookup", (name: string, ...[, done]: [object, (error: Error) => void]) =>
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" })),
    );
    try {
      const bastion = { ...inputs(22, another), host: "my-alias", setting: "ssh.proxy.hostKey" };
      await assert.rejects(
        compareHostKey(bastion, 3_600_000),
        /^Error: ssh\.proxy\.host: expected a name that resolves, .*found 'my-alias'.*nothing was changed\. .*'ssh -G my-alias' shows/,
      );
      assert.equal(asked.mock.callCount(), 1);
    } finally {
      mock.restoreAll();
    }
  });

  it("says when nobody answers", async () => {
    await assert.rejects(
      compareHostKey(inputs(await freePort(), another), 0),
      /expected an SSH server at 127\.0\.0\.1:\d+, found none .*ECONNREFUSED.*security group/,
    );
  });

  it("says when something else answers", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    try {
      await assert.rejects(compareHostKey(inputs(port, another), 0), /expected an SSH server at/);
    } finally {
      server.close();
    }
  });

  it("waits for a node that boots", async () => {
    const port = await freePort();
    const comparison = compareHostKey(inputs(port, another), 10_000);
    // Whatever listens later is asked; it is no SSH server, and that is what the message is about in the end.
    const late = createServer((socket) => socket.destroy());
    setTimeout(() => late.listen(port, "127.0.0.1"), 1000);
    let asked = 0;
    late.on("connection", () => (asked += 1));
    await assert.rejects(comparison, /expected an SSH server/);
    late.close();
    assert.ok(asked > 0);
  });

  describe("the agent", () => {
    const directory = mkdtempSync(join(tmpdir(), "agent-"));
    const socket = join(directory, "socket");
    const before = process.env["SSH_AUTH_SOCK"];
    const told = async (hasPrivateKey: boolean, at: string | undefined, patience = 200): Promise<string> => {
      if (at === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = at;
      const failed = checkAgent({ ...inputs(22, another), hasPrivateKey }, patience);
      return failed.then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
    };
    afterEach(() => {
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
    });
    after(() => rmSync(directory, { recursive: true }));

    it("that is gone is refused beside a key too, for the plugin dials it", async () => {
      assert.match(
        await told(true, socket),
        /expected an SSH agent at .*socket, found none .*ENOENT.*Run unset SSH_AUTH_SOCK/,
      );
      assert.match(
        await told(false, socket),
        /found none .*unset SSH_AUTH_SOCK; cat ~\/\.ssh\/id_ed25519 \| pulumi config set/,
      );
    });

    it("is not needed beside a key, and expected without one", async () => {
      assert.equal(await told(true, undefined), "");
      assert.match(
        await told(false, undefined),
        /^sshPrivateKey: expected a key, or an SSH agent at SSH_AUTH_SOCK, found neither/,
      );
    });

    for (const [what, answer, said] of [
      ["does not answer", undefined, /found no answer within 0\.2 s/],
      ["has no keys", Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]), /found one without keys/],
    ] as const)
      it(`that ${what} is refused, unless there is a key`, async () => {
        const agent = createServer((client) => client.on("data", () => answer && client.write(answer)));
        agent.listen(socket);
        await new Promise((resolve) => agent.once("listening", resolve));
        try {
          assert.match(await told(false, socket, answer ? 10_000 : 200), said);
          assert.equal(await told(true, socket), "");
        } finally {
          agent.close();
        }
      });
  });

  it("looks again at another instance, address or key, and at nothing else", async () => {
    const before = inputs(22, another);
    const changes = async (change: Partial<NodeHostKeyInputs>): Promise<boolean | undefined> =>
      (await provider.diff?.("id", before, { ...before, ...change }))?.changes;
    assert.equal(await changes({}), false);
    assert.equal(await changes({ stack: "live" }), false);
    for (const change of [{ instanceId: "i-2" }, { host: "192.0.2.1" }, { port: 2222 }, { hostKey: "ssh-ed25519 B" }])
      assert.equal(await changes(change), true);
  });
});
