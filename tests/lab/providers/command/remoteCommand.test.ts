import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Properties } from "../../../../lab/providers/resource";
import { failureOf, PluginProcess, secret, unknown, urn } from "../plugin";
import { startAgent } from "./agent";
import { foreignKey, freePort, loginKey, type SshServer, sshServers } from "../../../support/sshServer";

const type = "command:remote:Command";

for (const [server, startServer] of Object.entries(sshServers())) {
  describe(`lab plugin command: remote.Command against ${server}`, () => {
    let plugin: PluginProcess;
    let ssh: SshServer;
    before(async () => {
      ssh = await startServer();
      plugin = await PluginProcess.start("command", { SSH_AUTH_SOCK: "" });
    });
    beforeEach(() => void (plugin.log.length = 0));
    after(async () => {
      await plugin.stop();
      await ssh.stop();
    });

    const connection = (more: Properties = {}): Properties => ({
      host: "127.0.0.1",
      port: ssh.port,
      user: ssh.user,
      privateKey: loginKey.private,
      hostKey: ssh.hostKey("ed25519"),
      dialErrorLimit: 1,
      ...more,
    });
    const create = (inputs: Properties): Promise<{ id: string; outputs: Properties }> =>
      plugin.create(type, { connection: connection(), ...inputs });
    const created = async (inputs: Properties): Promise<Properties> => (await create(inputs)).outputs;
    const refused = async (inputs: Properties): Promise<string> => (await failureOf(create(inputs))).details;

    it("pipes stdin to the command and trims one newline of what it writes", async () => {
      const outputs = await created({ create: "cat; echo; echo mistake >&2", stdin: "one\ntwo\n" });
      assert.deepEqual([outputs["stdout"], outputs["stderr"]], ["one\ntwo\n", "mistake"]);
      assert.equal((await created({ create: "wc -c" }))["stdout"], "0");
    });

    it("brings back long lines and characters of several bytes whole", async () => {
      const text = "ä€𝄞".repeat(20_000);
      assert.equal((await created({ create: "cat", stdin: text, logging: "none" }))["stdout"], text);
    });

    it("keeps the connection secret, whatever the program says", async () => {
      const outputs = await created({ create: "true" });
      assert.deepEqual(outputs["connection"], secret(connection()));
      assert.equal(JSON.stringify(plugin.log).includes("PRIVATE KEY"), false);
    });

    it("fails with the whole command and all that it wrote", async () => {
      assert.equal(
        await refused({ create: `echo "out"\necho err >&2; exit 7` }),
        'Process exited with status 7: running "echo \\"out\\"\\necho err >&2; exit 7":\nout\nerr\n',
      );
      assert.equal(
        await refused({ create: "kill -TERM $$" }),
        'Process exited with status 143 from signal TERM: running "kill -TERM $$":\n',
      );
    });

    it("updates with the new inputs, by create where there is no update", async () => {
      const inputs = { connection: connection(), create: "cat", stdin: "old" };
      const { id, outputs } = await plugin.create(type, inputs);
      const again = await plugin.update(type, id, { inputs, outputs }, { ...inputs, stdin: "new" });
      assert.equal(again["stdout"], "new");
      const updated = await plugin.update(type, id, { inputs, outputs }, { ...inputs, update: "echo updated" });
      assert.equal(updated["stdout"], "updated");
      const without = { connection: inputs.connection, stdin: inputs.stdin };
      assert.equal((await plugin.update(type, id, { inputs, outputs }, without))["stdout"], "old");
    });

    it("deletes with the inputs in the state, or not at all", async () => {
      const { id, outputs } = await create({
        create: "true",
        delete: "echo $LC_KIND; exit 3",
        environment: { LC_KIND: "old" },
      });
      const { details } = await failureOf(plugin.delete(type, id, outputs));
      assert.equal(
        details,
        'Process exited with status 3: running "echo $LC_KIND; exit 3":\n' + (server === "OpenSSH" ? "old\n" : "\n"),
      );
      const dials = ssh.connections();
      await plugin.delete(type, id, { ...outputs, delete: undefined });
      assert.equal(ssh.connections(), dials);
    });

    it("does not dial when there is nothing to run", async () => {
      const dials = ssh.connections();
      assert.deepEqual((await created({ delete: "true" }))["stdout"], "");
      await plugin.create(type, { connection: connection(), create: "true" }, { preview: true });
      const read = await plugin.read(type, "id", { stdout: "kept" }, { create: "true" });
      assert.deepEqual([read.outputs["stdout"], read.inputs], ["kept", { create: "true" }]);
      assert.equal(ssh.connections(), dials);
    });

    it("accepts the node's own key of each type that has a name of its own", async () => {
      for (const key of ["ed25519", "ecdsa"] as const) {
        const outputs = await created({ connection: connection({ hostKey: ssh.hostKey(key) }), create: "echo in" });
        assert.equal(outputs["stdout"], "in");
      }
    });

    it("refuses another key without showing it, after as many dials as always", async () => {
      const dials = ssh.connections();
      assert.equal(
        await refused({ connection: connection({ hostKey: foreignKey.public, dialErrorLimit: 2 }), create: "true" }),
        "after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
      // The server logs them later.
      for (let tries = 0; tries < 200 && ssh.connections() - dials < 3; tries++) await sleep(50);
      assert.equal(ssh.connections() - dials, 3);
      assert.deepEqual(
        plugin.log.map(({ message, passing }) => [message, passing]),
        [
          ["Dial 1/2 failed: retrying", true],
          ["Dial 2/2 failed: retrying", true],
        ],
      );
    });

    it("finds no algorithm for an RSA host key", async () => {
      const details = await refused({ connection: connection({ hostKey: ssh.hostKey("rsa") }), create: "true" });
      const [before, offers = ""] = details.split("peer offered: ");
      assert.equal(
        before,
        "after 1 failed attempts: ssh: handshake failed: ssh: no common algorithm for host key; we offered: [ssh-rsa], ",
      );
      assert.deepEqual(offers.slice(1, -1).split(" ").sort(), [...ssh.hostKeyAlgorithms].sort());
    });

    it("accepts any key where none is expected", async () => {
      const outputs = await created({ connection: connection({ hostKey: undefined }), create: "echo in" });
      assert.equal(outputs["stdout"], "in");
    });

    it("says what is wrong with a key at once, and shows none", async () => {
      const dials = ssh.connections();
      assert.equal(
        await refused({ connection: connection({ hostKey: "no key" }), create: "true" }),
        "failed to parse host key: ssh: no key found",
      );
      const details = await refused({ connection: connection({ privateKey: "very secret" }), create: "true" });
      assert.equal(details, "ssh: the private key cannot be read");
      assert.equal(ssh.connections(), dials);
    });

    it("is not let in with a foreign key", async () => {
      assert.equal(
        await refused({ connection: connection({ privateKey: foreignKey.private }), create: "true" }),
        "after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
      );
    });

    it("logs in by the agent where there is no key", async () => {
      const agent = await startAgent(loginKey.private);
      try {
        const inputs = {
          create: "echo in",
          connection: connection({ privateKey: undefined, agentSocketPath: agent.socket }),
        };
        assert.equal((await created(inputs))["stdout"], "in");
      } finally {
        await agent.stop();
      }
      const gone = { connection: connection({ privateKey: undefined, agentSocketPath: agent.socket }), create: "true" };
      assert.equal(await refused(gone), `dial unix ${agent.socket}: connect: no such file or directory`);
    });

    it("logs in by the agent of its own session, also through a proxy, where the connection names none", async () => {
      const agentless = { privateKey: undefined };
      const inputs = {
        create: "echo in",
        delete: "true",
        connection: connection({ ...agentless, proxy: connection(agentless) }),
      };
      const within = async <T>(work: (own: PluginProcess) => Promise<T>): Promise<T> => {
        const agent = await startAgent(loginKey.private);
        const own = await PluginProcess.start("command", { SSH_AUTH_SOCK: agent.socket });
        try {
          return await work(own);
        } finally {
          await own.stop();
          await agent.stop();
        }
      };
      const created = await within((own) => own.create(type, inputs));
      assert.ok(!JSON.stringify(created).includes("agentSocketPath"));
      await within((own) => own.delete(type, created.id, created.outputs));
    });

    it("goes through a proxy, and says where on the way it failed", async () => {
      const proxied = connection({ proxy: connection() });
      assert.equal((await created({ connection: proxied, create: "cat", stdin: "there" }))["stdout"], "there");
      assert.equal(
        await refused({
          connection: connection({ proxy: connection({ hostKey: foreignKey.public }) }),
          create: "true",
        }),
        "proxy: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
      assert.equal(
        await refused({ connection: connection({ hostKey: foreignKey.public, proxy: connection() }), create: "true" }),
        "proxy: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
    });

    it("says in Go's words that nobody listens", async () => {
      const port = await freePort();
      assert.equal(
        await refused({ connection: connection({ port }), create: "true" }),
        `after 1 failed attempts: dial tcp 127.0.0.1:${port}: connect: connection refused`,
      );
    });

    it("fails on a variable that a stock sshd does not take", async () => {
      assert.equal(
        await refused({ create: "true", environment: { FOO: "1" } }),
        'could not set environment variable "FOO": ssh: setenv failed',
      );
      assert.match(plugin.log[0]?.message ?? "", /^Unable to set 'FOO'\. This only works if .*AcceptEnv/s);
      assert.equal(plugin.log[0]?.severity, "error");
    });

    it("warns on update and delete that the previous output cannot be handed on, unless told not to", async () => {
      const inputs = { connection: connection(), create: "true", delete: "true", logging: "none" };
      const state = { ...inputs, stdout: "a", stderr: "b" };
      const warned = async (run: () => Promise<unknown>): Promise<(string | undefined)[]> => {
        plugin.log.length = 0;
        await run();
        assert(plugin.log.every(({ severity, urn: of }) => severity === "warning" && of === urn(type)));
        return plugin.log.map(({ message }) => /^Unable to set '(\w+)'/.exec(message)?.[1]);
      };
      const both = ["PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"];
      const old = { inputs, outputs: state };
      assert.deepEqual(await warned(() => plugin.update(type, "id", old, inputs)), both);
      assert.deepEqual(await warned(() => plugin.delete(type, "id", state)), both);
      assert.deepEqual(await warned(() => plugin.delete(type, "id", { ...state, stderr: "" })), both.slice(0, 1));
      const quiet = { addPreviousOutputInEnv: false };
      assert.deepEqual(await warned(() => plugin.update(type, "id", old, { ...inputs, ...quiet })), []);
      assert.deepEqual(await warned(() => plugin.delete(type, "id", { ...state, ...quiet })), []);
      assert.deepEqual(await warned(() => create({ ...inputs })), []);
    });

    it("shows what the command writes, as far as asked", async () => {
      const shown = async (logging?: string): Promise<string[]> => {
        plugin.log.length = 0;
        await created({ create: "echo a; printf b; sleep 0.2; echo c >&2", ...(logging ? { logging } : {}) });
        assert(plugin.log.every(({ severity, passing }) => severity === "info" && passing));
        return plugin.log.map(({ message }) => message);
      };
      assert.deepEqual(await shown(), ["a", "bc"]);
      assert.deepEqual(await shown("stdout"), ["a", "b"]);
      assert.deepEqual(await shown("stderr"), ["c"]);
      assert.deepEqual(await shown("none"), []);
    });

    it("stops dialling when its time is over", async () => {
      const inputs = { connection: connection({ port: await freePort(), dialErrorLimit: -1 }), create: "true" };
      const { details } = await failureOf(plugin.create(type, inputs, { timeout: 3 }));
      assert.equal(details, "context deadline exceeded");
      assert.match(plugin.log[0]?.message ?? "", /^Dial 1\/inf failed/);
    });

    it("stops a running command when the engine cancels", async () => {
      const own = await PluginProcess.start("command", { SSH_AUTH_SOCK: "" });
      try {
        const begun = Date.now();
        const failure = failureOf(own.create(type, { connection: connection(), create: "echo begun; sleep 30" }));
        while (own.log.length === 0) await sleep(20);
        await own.cancel();
        assert.equal((await failure).details, "context canceled");
        assert(Date.now() - begun < 30_000, "before the command ends by itself");
      } finally {
        await own.stop();
      }
    });
  });
}

describe("lab plugin command: remote.Command before anything runs", () => {
  let plugin: PluginProcess;
  before(async () => void (plugin = await PluginProcess.start("command", { SSH_AUTH_SOCK: "" })));
  after(() => plugin.stop());

  const connection = { host: "node", hostKey: "ssh-ed25519 AAAA" };

  it("changes everything in place but triggers", async () => {
    const olds = { connection, create: "a", stdin: "a", update: "a", delete: "a", environment: { A: "1" } };
    const change = await plugin.diff(type, olds, { connection: { ...connection, host: "b" }, create: "b", stdin: "b" });
    assert.deepEqual(change, {
      changed: true,
      replaces: [],
      detailed: {
        connection: "UPDATE",
        create: "UPDATE",
        stdin: "UPDATE",
        update: "DELETE",
        delete: "DELETE",
        environment: "DELETE",
      },
    });
    assert.deepEqual((await plugin.diff(type, { create: "a" }, { create: "a" })).changed, false);
    for (const [before, after] of [
      [{}, { triggers: ["1"] }],
      [{ triggers: ["1"] }, { triggers: ["2"] }],
      [{ triggers: ["1"] }, {}],
    ]) {
      assert.deepEqual((await plugin.diff(type, before ?? {}, after ?? {})).replaces, ["triggers"]);
    }
  });

  it("fills in the defaults of the connection and its proxy", async () => {
    const { inputs, failures } = await plugin.check(type, {
      create: "a",
      connection: { ...connection, proxy: { host: "p" } },
    });
    const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
    assert.deepEqual(failures, {});
    assert.deepEqual(inputs, {
      create: "a",
      connection: { ...connection, ...defaults, proxy: { host: "p", ...defaults } },
    });
  });

  it("names the unknown field of a connection, and nothing that stands beside it", async () => {
    const faulty = {
      ...connection,
      privateKey: "very secret",
      hostkey: "typo",
      proxy: { host: "p", key: "very secret" },
    };
    const { failures } = await plugin.check(type, { connection: faulty, create: "a", created: "typo" });
    assert.deepEqual(Object.keys(failures).sort(), ["connection.hostkey", "connection.proxy.key", "created"]);
    assert(!JSON.stringify(failures).includes("very secret"));
  });

  it("wants a connection with a host, unless that is not known yet", async () => {
    const faults = async (inputs: Properties): Promise<string[]> =>
      Object.keys((await plugin.check(type, inputs)).failures);
    assert.deepEqual(await faults({}), ["connection"]);
    assert.deepEqual(await faults({ connection: { user: "a" } }), ["connection.host"]);
    assert.deepEqual(await faults({ connection: unknown }), []);
    assert.deepEqual(await faults({ connection: { host: unknown } }), []);
  });

  it("does not know in a preview what a command will write", async () => {
    const inputs = { connection, create: "a" };
    const { outputs } = await plugin.create(type, inputs, { preview: true });
    assert.deepEqual(outputs, { ...inputs, connection: secret(connection), stdout: unknown, stderr: unknown });
    const state = { ...inputs, delete: "d", stdout: "out", stderr: "err" };
    const updated = await plugin.update(
      type,
      "id",
      { inputs: { ...inputs, delete: "d" }, outputs: state },
      { ...inputs, create: "b" },
      { preview: true },
    );
    assert.deepEqual(updated, { ...outputs, create: "b" });
  });
});
