import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript } from "../../../components/reach/ssh";
import { loginKey, type SshServer, startLibraryServer } from "../../support/sshServer";

describe("a script over SSH", () => {
  const directory = mkdtempSync(join(tmpdir(), "login-"));
  const shell = join(directory, "shell");
  let server: SshServer;
  before(async () => {
    server = await startLibraryServer(shell);
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  /** @param startup what the login's shell runs before a command */
  const run = (startup: string, script: string): Promise<string> => {
    writeFileSync(shell, `#!/bin/sh\n${startup}\nexec /bin/sh "$@"\n`);
    chmodSync(shell, 0o755);
    const ssh = { host: "127.0.0.1", port: server.port, user: server.user, hostKey: server.hostKey("ed25519") };
    return runScript({ ssh, address: "", privateKey: loginKey.private }, "sh -s", script);
  };

  it("gives what it prints, and nothing that the login prints before", async () => {
    for (const startup of ["", "echo Welcome; echo", "printf 'Welcome: '"])
      assert.equal(await run(startup, "echo one; echo two\n"), "one\ntwo\n", startup);
  });

  it("gives nothing where the login runs none", async () => {
    assert.equal(await run("echo one; exit 0", "echo one\n"), "");
  });

  it("fails with the last line of what went wrong", async () => {
    await assert.rejects(run("", "echo one >&2; echo 'expected two' >&2; exit 1\n"), /^Error: expected two$/);
  });
});
