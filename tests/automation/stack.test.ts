/** Stacks by the automation API, with the real engine on loopback. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  AutomationError,
  AwsDenied,
  ConfigInvalid,
  EngineMissing,
  HostKeyMismatch,
  type IngressStack,
  NodeUnreachable,
  openStack,
  type OpenStackOptions,
  PreflightFailed,
  type ProgressEvent,
  StackLocked,
  StackNotFound,
  UpdateFailed,
} from "../../automation";
import { labCluster, labInstanceId, node, otherCluster } from "../support/account";
import { foreignKey, freePort, loginKey, type SshServer, startLibraryServer } from "../support/sshServer";
import { run } from "../support/process";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";

const rejection = async <T extends Error>(
  work: Promise<unknown>,
  type: abstract new (...args: never[]) => T,
): Promise<T> => {
  const error: unknown = await work.then(
    () => assert.fail(`expected ${type.name}, found success`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof type, `expected ${type.name}, found ${String(error)}`);
  return error;
};

describe("automation: a stack", function () {
  let engine: LoopbackEngine;
  let serial = 0;

  before(async function () {
    engine = await needsEngine(this);
  });
  after(() => engine?.stop());
  afterEach(() => engine.faults.splice(0));

  const options = (stack: string): OpenStackOptions => ({
    stack,
    workDir: engine.project,
    backendUrl: engine.backendUrl,
    env: engine.env,
    pulumiHome: engine.pulumiHome,
    pulumiRoot: engine.pulumiRoot,
  });
  /** A new stack of mode node-port. */
  const fresh = async (settings?: Record<string, unknown>): Promise<IngressStack> => {
    const name = `stack-${(serial += 1)}`;
    await engine.addStack(name, settings);
    return openStack(options(name));
  };
  const locks = (stack: string): string[] => {
    const directory = join(
      fileURLToPath(engine.backendUrl),
      ".pulumi/locks/organization/kops-secondary-ingress",
      stack,
    );
    return existsSync(directory) ? readdirSync(directory).map((file) => join(directory, file)) : [];
  };
  /** Waits for the first event of that kind during a run. */
  const during = (run: (onEvent: (event: ProgressEvent) => void) => void, wanted: (event: ProgressEvent) => boolean) =>
    new Promise<void>((resolve) => run((event) => wanted(event) && resolve()));
  const isGroup = (phase: string) => (event: ProgressEvent) =>
    event.kind === "resource" && event.phase === phase && event.type === "aws:ec2/securityGroup:SecurityGroup";

  it("is previewed, brought up, changed, refreshed and destroyed, each with its changes by name", async () => {
    const stack = await fresh();
    const first = await stack.preview();
    assert.deepEqual(first.created.map(({ name }) => name).sort(), [
      "ingress",
      "ingress-ingress",
      "ingress-ingress",
      "ingress-ingress-30080-from-0.0.0.0/0",
      "ingress-ingress-30443-from-0.0.0.0/0",
    ]);
    assert.deepEqual(first.ingressAddressChanges, []);

    const events: ProgressEvent[] = [];
    const { outputs, created } = await stack.up({ onEvent: (event) => events.push(event) });
    assert.deepEqual(created, first.created);
    const { statsPassword, ...plain } = outputs;
    assert.equal(statsPassword.reveal(), "");
    const [group] = engine.endpoint.account.securityGroups.filter(({ tags }) => tags["managed-by"] !== undefined);
    assert.deepEqual(plain, {
      mode: "node-port",
      ready: true,
      clusterName: labCluster,
      instanceId: labInstanceId,
      networkInterfaceId: outputs.networkInterfaceId,
      primaryPrivateIp: node.primaryPrivateIp,
      apiPublicIp: node.autoPublicIp,
      secondaryPrivateIp: "",
      ingressPublicIp: node.autoPublicIp,
      ingressPort: 30443,
      ingressHttpPort: 30080,
      ingressUrls: [`https://${node.autoPublicIp}:30443`],
      allocationId: "",
      securityGroupId: group?.groupId,
      dns: { schemaVersion: 1, ready: true, records: [] },
    });
    assert.ok(events.some(isGroup("started")) && events.some(isGroup("done")));
    assert.deepEqual(
      events.filter(({ kind }) => kind === "summary").map((event) => event.kind === "summary" && event.changes),
      [{ create: 6 }],
    );
    assert.deepEqual(
      events.filter(({ kind }) => kind === "message"),
      [],
      "the engine's debug messages are nobody's business",
    );
    assert.equal((await stack.up()).unchanged, 5);

    await engine.pulumi(["config", "set", "--stack", stack.name, "kops-secondary-ingress:httpsNodePort", "30444"]);
    const change = await stack.preview();
    assert.deepEqual(
      [change.created, change.deleted].map((changes) => changes.map(({ name }) => name)),
      [["ingress-ingress-30444-from-0.0.0.0/0"], ["ingress-ingress-30443-from-0.0.0.0/0"]],
    );
    await stack.up();

    const { securityGroupRules } = engine.endpoint.account;
    const drifted = securityGroupRules.findIndex(({ fromPort }) => fromPort === 30444);
    securityGroupRules.splice(drifted, 1);
    assert.deepEqual(
      (await stack.refresh()).deleted.map(({ name }) => name),
      ["ingress-ingress-30444-from-0.0.0.0/0"],
    );
    assert.equal((await stack.destroy()).deleted.length, 4);
    await rejection(stack.outputs(), UpdateFailed);
  });

  it("runs beside another one of the same process", async () => {
    const stacks = [await fresh(), await fresh({ clusterName: otherCluster })];
    const results = await Promise.all(stacks.map((stack) => stack.up()));
    assert.deepEqual(
      results.map(({ outputs }) => outputs.clusterName),
      [labCluster, otherCluster],
    );
    await Promise.all(stacks.map((stack) => stack.destroy()));
  });

  it("leaves the selected stack selected", async () => {
    await engine.addStack("selected");
    await engine.pulumi(["stack", "select", "selected"]);
    const stack = await fresh();
    await stack.up();
    await stack.outputs();
    await stack.destroy();
    const stacks = JSON.parse(await engine.pulumi(["stack", "ls", "--json"])) as { name: string; current: boolean }[];
    assert.deepEqual(
      stacks.filter(({ current }) => current).map(({ name }) => name),
      ["selected"],
    );
  });

  it("is interrupted between two steps, keeps what was done, is not locked, and the next up completes it", async () => {
    const stack = await fresh();
    const abort = new AbortController();
    const reason = new Error("the user left");
    const up = stack.up({
      signal: abort.signal,
      onEvent: (event) => isGroup("done")(event) && abort.abort(reason),
    });
    assert.equal(await up.catch((error: unknown) => error), reason);
    assert.deepEqual(locks(stack.name), []);
    const { created, unchanged, outputs } = await stack.up();
    assert.ok(outputs.ready);
    assert.equal(created.length + unchanged, 5);
    assert.ok(unchanged > 0, "the security group was kept");
    await stack.destroy();
  });

  it("is interrupted while AWS does not answer, and is not locked", async () => {
    const stack = await fresh();
    const release = engine.hold();
    const abort = new AbortController();
    let up: Promise<unknown> = Promise.resolve();
    try {
      await during((onEvent) => {
        up = stack.up({ signal: abort.signal, onEvent });
        up.catch(() => undefined);
      }, isGroup("started"));
      abort.abort();
      assert.equal(((await up.catch((error: unknown) => error)) as Error).name, "AbortError");
    } finally {
      release();
    }
    assert.deepEqual(locks(stack.name), []);
    assert.ok((await stack.up()).outputs.ready);
    await stack.destroy();
  });

  it("is interrupted when its time is over", async () => {
    const stack = await fresh();
    const error = await rejection(stack.up({ timeoutSeconds: 1 }), UpdateFailed);
    assert.match(error.message, /within 1 s/);
    assert.deepEqual(locks(stack.name), []);
    await stack.up();
    await stack.destroy();
  });

  it("does not start a run that was called off before", async () => {
    const stack = await fresh();
    const calls = engine.calls.length;
    const reason = new Error("never mind");
    assert.equal(await stack.up({ signal: AbortSignal.abort(reason) }).catch((error: unknown) => error), reason);
    assert.equal(engine.calls.length, calls);
  });

  it("names who holds the lock of a killed run, and is cleared by cancel", async () => {
    const stack = await fresh();
    const release = engine.hold();
    let pid: number;
    try {
      let up: Promise<unknown> = Promise.resolve();
      await during((onEvent) => {
        up = stack.up({ onEvent });
        up.catch(() => undefined);
      }, isGroup("started"));
      const [lock = ""] = locks(stack.name);
      pid = (JSON.parse(readFileSync(lock, "utf8")) as { pid: number }).pid;
      const running = await rejection(stack.up(), StackLocked);
      assert.deepEqual(
        running.holders.map((holder) => [holder.pid, holder.gone]),
        [[pid, false]],
      );
      assert.match(running.message, /Wait for that run/);
      process.kill(pid, "SIGKILL");
      await rejection(up, AutomationError);
    } finally {
      release();
    }
    const found = await rejection(stack.up(), StackLocked);
    assert.deepEqual(
      found.holders.map((holder) => [holder.pid, holder.gone]),
      [[pid, true]],
    );
    assert.ok(Date.now() - (found.holders[0]?.since.getTime() ?? 0) < 120_000);
    assert.match(found.message, /left over: clear it with cancel\(\)/);
    await stack.cancel();
    const left = async (): Promise<string[]> =>
      (await run("ps", ["-eo", "ppid=,args="]))
        .split("\n")
        .filter((line) => /^ *1 /.test(line) && line.includes(engine.pulumiRoot));
    for (let tries = 0; tries < 600 && (await left()).length > 0; tries += 1) await sleep(200);
    assert.deepEqual(await left(), [], "what the killed engine had started ends as well");
    assert.ok((await stack.up()).outputs.ready);
    await stack.destroy();
  });

  it("is made from settings in an empty directory, which then holds its project", async () => {
    const workDir = join(await mkdtemp(join(tmpdir(), "ksi-empty-")), "ingress");
    const settings = { mode: "node-port", clusterName: labCluster, "aws:region": "eu-central-1" } as const;
    try {
      const stack = await openStack({ ...options("dev"), workDir, settings });
      assert.equal((await stack.preview()).created.length, 5);
      assert.deepEqual(readdirSync(workDir).sort(), ["Pulumi.dev.yaml", "Pulumi.yaml"]);
      // Again, with another setting and a key: the key is encrypted, and stays when it is not given.
      await openStack({
        ...options("dev"),
        workDir,
        settings: { ...settings, httpsNodePort: 30500, sshPrivateKey: loginKey.private },
      });
      const again = await openStack({ ...options("dev"), workDir, settings: { ...settings, httpsNodePort: 30500 } });
      const text = await readFile(join(workDir, "Pulumi.dev.yaml"), "utf8");
      assert.match(text, /sshPrivateKey:\s+secure:\s/);
      assert.match(text, /httpsNodePort: 30500/);
      assert.ok((await again.preview()).created.some(({ name }) => name === "ingress-ingress-30500-from-0.0.0.0/0"));
      await (await openStack({ ...options("dev"), workDir })).preview();
    } finally {
      await rm(join(workDir, ".."), { recursive: true });
    }
  });

  describe("that cannot work", () => {
    it("is EngineMissing without an engine", async () => {
      const error = await rejection(openStack({ ...options("x"), pulumiRoot: "/nowhere" }), EngineMissing);
      assert.match(error.message, /\/nowhere\/bin\/pulumi/);
    });

    it("is EngineMissing without the language host's or a plugin's program", async () => {
      await engine.addStack("no-plugins");
      const pulumiHome = await mkdtemp(join(tmpdir(), "ksi-home-"));
      const stack = await openStack({ ...options("no-plugins"), pulumiHome });
      const error = await rejection(stack.preview(), EngineMissing);
      assert.match(error.message, /aws/);
      await rm(pulumiHome, { recursive: true });
    });

    it("is StackNotFound where there is none of that name", async () => {
      const error = await rejection(openStack(options("nobody")), StackNotFound);
      assert.equal(error.code, "stack-not-found");
      assert.match(error.message, /'nobody'/);
    });

    it("is ConfigInvalid without a project", async () => {
      await rejection(openStack({ ...options("x"), workDir: tmpdir() }), ConfigInvalid);
    });

    it("is ConfigInvalid with settings that cannot work, all faults at once, and nothing is made", async () => {
      const workDir = join(engine.project, "never-made");
      const settings = { mode: "node-port", clusterName: "K8S", httpNodePort: 80 } as const;
      const { message } = await rejection(openStack({ ...options("x"), workDir, settings }), ConfigInvalid);
      assert.match(message, /clusterName/);
      assert.match(message, /httpNodePort/);
      assert.equal(existsSync(workDir), false);
    });

    it("is ConfigInvalid with a settings file that cannot work", async () => {
      const stack = await fresh({ clusterName: "K8S" });
      const { message } = await rejection(stack.preview(), ConfigInvalid);
      assert.match(message, /clusterName: expected a cluster's name/);
      assert.match(message, /fix: pulumi config set/);
    });

    it("is ConfigInvalid without the passphrase of its secrets", async () => {
      await engine.addStack("locked", {}, "passphrase");
      await engine.pulumi(["config", "set", "--secret", "--stack", "locked", "aws:secretKey", "sesame-open"]);
      const wrong = { ...engine.env, PULUMI_CONFIG_PASSPHRASE: "another" };
      await rejection(openStack({ ...options("locked"), env: wrong }), ConfigInvalid);
    });

    it("is AwsDenied where AWS refuses a call, and the next up completes it", async () => {
      const stack = await fresh();
      engine.faults.push({ action: "CreateSecurityGroup", kind: "unauthorized", times: 1 });
      const error = await rejection(stack.up(), AwsDenied);
      assert.match(error.message, /UnauthorizedOperation/);
      assert.ok((await stack.up()).outputs.ready);
      await stack.destroy();
    });

    it("is UpdateFailed where no cluster of that name runs", async () => {
      const stack = await fresh({ clusterName: "nobody.example.com" });
      const error = await rejection(stack.up(), UpdateFailed);
      assert.match(error.message, /expected exactly one running control-plane instance/);
    });

    it("tells no secret setting, neither in an error nor in an event", async () => {
      const stack = await fresh();
      const key = "kops-secondary-ingress:clusterName";
      const set = ["config", "set", "--secret", "--stack", stack.name, key];
      await engine.pulumi(set, { input: "hidden.example.com" });
      const events: ProgressEvent[] = [];
      const error = await rejection(stack.up({ onEvent: (event) => events.push(event) }), UpdateFailed);
      assert.match(error.message, /KubernetesCluster=\[secret\]/);
      assert.doesNotMatch(JSON.stringify([events, error.message, error.stack]), /hidden/);
      assert.equal(error.cause, undefined);
    });

    it("tells no secret that only the caller knows of", async () => {
      await engine.addStack("caller", { clusterName: "hidden.example.com" });
      const stack = await openStack({ ...options("caller"), secretEnv: { WHATEVER: "hidden.example.com" } });
      const events: ProgressEvent[] = [];
      const error = await rejection(stack.up({ onEvent: (event) => events.push(event) }), UpdateFailed);
      assert.match(error.message, /KubernetesCluster=\[secret\]/);
      assert.doesNotMatch(JSON.stringify([events, error.message, error.stack]), /hidden/);
    });

    describe("over SSH", () => {
      let server: SshServer;
      before(async () => {
        server = await startLibraryServer();
      });
      after(() => server?.stop());

      /** A stack of mode dual-ip whose node is the SSH server on this machine, which no preflight takes for the node. */
      const dualIp = async (ssh: Record<string, unknown> = {}, key = loginKey.private): Promise<IngressStack> => {
        const name = `stack-${(serial += 1)}`;
        const good = { host: "127.0.0.1", port: server.port, user: server.user, hostKey: server.hostKey("ed25519") };
        await engine.addStack(name, { mode: "dual-ip", ssh: { ...good, ...ssh } });
        await engine.pulumi(["config", "set", "--secret", "--stack", name, "kops-secondary-ingress:sshPrivateKey"], {
          input: key,
        });
        return openStack(options(name));
      };

      it("is PreflightFailed where the node is another machine, and AWS is untouched", async () => {
        const stack = await dualIp();
        const error = await rejection(stack.up(), PreflightFailed);
        assert.ok(error.faults.length > 0);
        for (const { code, text } of error.faults) {
          assert.match(code, /^[A-Z_]+$/);
          assert.match(text, /^expected .*, found /);
        }
        assert.deepEqual(engine.endpoint.account.addresses, []);
      });

      it("is ConfigInvalid where the login runs nothing, with the command that goes on once it does", async () => {
        const idle = await startLibraryServer("/bin/true");
        try {
          const stack = await dualIp({ port: idle.port });
          const error = await rejection(stack.up(), ConfigInvalid);
          assert.match(
            error.message,
            /: ssh: expected a login '.*' that runs the commands .*, found one .* ran nothing/,
          );
          assert.deepEqual(engine.endpoint.account.addresses, []);
          const port = ["kops-secondary-ingress:ssh.port", `${server.port}`];
          await engine.pulumi(["config", "set", "--path", "--stack", stack.name, ...port]);
          const again = /pulumi (up .*'\*\*-preflight')/.exec(error.message)?.[1]?.replaceAll("'", "").split(" ");
          await assert.rejects(
            engine.pulumi([...(again ?? []), "--yes", "--skip-preview"]),
            /creating replacement[\s\S]*The node is not ready/,
          );
        } finally {
          await idle.stop();
        }
      });

      it("is HostKeyMismatch where another key is shown", async () => {
        const stack = await dualIp({ hostKey: loginKey.public });
        const error = await rejection(stack.up(), HostKeyMismatch);
        assert.match(error.message, /SHA256:.*SHA256:[\s\S]*pulumi config set --stack/);
      });

      it("is NodeUnreachable where nothing listens, and tells no key", async () => {
        const stack = await dualIp({ port: await freePort() });
        const texts: string[] = [];
        const error = await rejection(
          stack.up({ onEvent: (event) => texts.push(JSON.stringify(event)) }),
          NodeUnreachable,
        );
        assert.match(error.message, /an SSH server at 127\.0\.0\.1:\d+, found none .*ECONNREFUSED/);
        const secret = loginKey.private.split("\n")[1] ?? "";
        assert.ok(secret.length > 20);
        assert.ok(!`${texts.join("")}${error.message}${error.stack}`.includes(secret));
      });

      it("is NodeUnreachable where the login is refused", async () => {
        const stack = await dualIp({ user: "nobody-here" }, foreignKey.private);
        const error = await rejection(stack.up(), NodeUnreachable);
        assert.match(error.message, /unable to authenticate/);
      });
    });
  });
});
