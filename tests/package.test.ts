/** The package as users get it: packed, installed into an empty folder, imported, typed, run. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import type { Outputs } from "../automation";
import { type Address, labCluster, labDomain, otherCluster } from "./support/account";
import { repositoryRoot } from "./support/paths";
import { run } from "./support/process";
import type { LoopbackEngine } from "./support/engine";
import { needsEngine } from "./support/needs";
import { loginKey, startLibraryServer } from "./support/sshServer";
import { packageState, releases, type StateResource } from "./support/releases";

/** The `ts` blocks of a page. */
const codeBlocks = (page: string): string[] =>
  [...readFileSync(join(repositoryRoot, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, block = ""]) => block,
  );

describe("package", function () {
  let folder: string;
  let packed: string[];

  before("is packed and installed into an empty folder", async () => {
    folder = await mkdtemp(join(tmpdir(), "ksi-package-"));
    const json = await run("npm", ["pack", "--silent", "--json", "--pack-destination", folder], {
      cwd: repositoryRoot,
    });
    const [{ filename, files }] = JSON.parse(json) as [{ filename: string; files: { path: string }[] }];
    packed = files.map(({ path }) => path);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true }));
    await run("npm", ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", `./${filename}`], {
      cwd: folder,
    });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const inFolder = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
    run(command, args, { cwd: folder, env: { ...process.env, ...env } });
  /** Types are checked and JavaScript is written beside. */
  const compile = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text);
    const node = join(repositoryRoot, "node_modules");
    // prettier-ignore
    await inFolder(process.execPath, [
      join(node, "typescript/bin/tsc"), name, "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck",
      "--typeRoots", join(node, "@types"), "--types", "node",
    ]);
  };

  it("holds the library and nothing of the lab, the tests or the stacks", () => {
    const beside = packed.filter((path) => !/^(dist|operator\/monitoring)\//.test(path));
    assert.deepEqual(beside.sort(), [
      ...["LICENSE", "Pulumi.yaml", "README.md", "operator/cli/main.cjs", "outputs/dns.schema.json"],
      ...["outputs/schema.json", "package.json"],
    ]);
    const folders = new Set(packed.filter((path) => path.startsWith("dist/")).map((path) => path.split("/")[1]));
    for (const name of ["lab", "tests", "examples"]) assert.ok(!folders.has(name), name);
    for (const name of ["components", "automation", "dns"]) assert.ok(packed.includes(`dist/${name}/index.d.ts`), name);
  });

  it("leaves nothing compiled in the checkout", async () => {
    assert.ok(!(await readdir(repositoryRoot)).includes("dist"));
  });

  it("is imported by either kind of module, and starts nothing", async () => {
    const names =
      "console.log(typeof a.SecondaryIngressIp, b.IngressMode?.DualIp ?? a.IngressMode.DualIp, typeof b.openStack, typeof c.dnsOutput)";
    const expected = "function dual-ip function function\n";
    const [a, b, c] = ["kops-secondary-ingress", "kops-secondary-ingress/automation", "kops-secondary-ingress/dns"];
    const common = `const a = require("${a}"), b = require("${b}"), c = require("${c}"); ${names}`;
    assert.equal(await inFolder(process.execPath, ["-e", common]), expected);
    const esm = `import * as a from "${a}"; import * as b from "${b}"; import * as c from "${c}"; ${names}`;
    assert.equal(await inFolder(process.execPath, ["--input-type=module", "-e", esm]), expected);
    await assert.rejects(
      inFolder(process.execPath, ["-e", `require("${a}/dist/config")`]),
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
    );
  });

  it("has types that refuse what cannot work", async () => {
    const head = 'import { openStack, type Outputs } from "kops-secondary-ingress/automation";\n';
    await compile(
      "good.mts",
      `${head}export const port = (outputs: Outputs): number => outputs.ingressPort + outputs.dns.records.length;\n`,
    );
    await assert.rejects(
      compile(
        "bad.mts",
        `${head}await openStack({ stack: "a", workDir: ".", settings: { mode: "both", clusterName: "a.b" } });\n`,
      ),
      /Type '"both"' is not assignable/,
    );
    await assert.rejects(
      compile("bad.mts", `${head}export const shown = (outputs: Outputs): string => outputs.statsPassword;\n`),
      /Type 'Secret' is not assignable/,
    );
  });

  it("brings its command line", async () => {
    assert.match(await inFolder("npx", ["--no-install", "secondary-ingress", "--help"]), /forget-node/);
  });

  it("is analyzable for other languages", () => {
    const manifest = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as Record<string, unknown>;
    const { components, typeDefinitions } = new Analyzer(
      repositoryRoot,
      "kops-secondary-ingress",
      manifest,
      new Set(["SecondaryIngressIp"]),
    ).analyze();
    const component = components["SecondaryIngressIp"];
    assert.ok(component?.inputs["mode"] && component.inputs["sshPrivateKey"] && component.outputs["dns"]);
    const enums = Object.values(typeDefinitions)
      .filter((type) => type.enum)
      .map(({ name }) => name);
    assert.deepEqual(enums.sort(), ["ApiForwarder", "IngressMode", "OnDestroy", "PrimaryAddress"]);
  });

  describe("with the engine", () => {
    let engine: LoopbackEngine;
    let env: NodeJS.ProcessEnv;
    before(async function () {
      engine = await needsEngine(this);
      env = {
        ...engine.env,
        PATH: `${engine.pulumiRoot}/bin:${process.env["PATH"]}`,
        PULUMI_HOME: engine.pulumiHome,
        PULUMI_BACKEND_URL: engine.backendUrl,
      };
    });
    after(() => engine?.stop());

    const [embedding = "", program = ""] = codeBlocks("docs/embedding.md");

    it("gives a new user typed outputs in under 20 lines, as docs/embedding.md says", async () => {
      assert.ok(embedding.trim().split("\n").length < 20);
      await compile("embed.mts", embedding);
      const printed = await inFolder(process.execPath, ["embed.mjs"], env);
      assert.match(printed, /^5 resources to make, 0 changes of the address$/m);
      assert.match(printed, /^done create ingress-ingress$/m);
      assert.match(printed, /^https:\/\/198\.51\.100\.37:30443 \[\]$/m);
      // An ordinary project: the engine's own command line finds nothing to change.
      await engine.pulumi(["preview", "--stack", "dev", "--expect-no-changes"], { cwd: join(folder, "ingress") });
      await engine.pulumi(["destroy", "--yes", "--stack", "dev"], { cwd: join(folder, "ingress") });
      assert.ok(!(await readFile(join(folder, "ingress/Pulumi.yaml"), "utf8")).includes(folder), "no absolute path");
    });

    const ownProject = async (name: string, text: string): Promise<string> => {
      const directory = join(folder, name);
      await mkdir(directory);
      await writeFile(join(directory, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
      await writeFile(join(directory, `Pulumi.dev.yaml`), "config:\n  aws:region: eu-central-1\n");
      await writeFile(join(directory, "index.ts"), text);
      await engine.pulumi(["stack", "init", "dev", "--no-select"], { cwd: directory });
      return directory;
    };

    it("is a component of somebody else's program", async () => {
      const cwd = await ownProject("own", program);
      await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev"], { cwd });
      const urls = await engine.pulumi(["stack", "output", "urls", "--json", "--stack", "dev"], { cwd });
      assert.deepEqual(JSON.parse(urls), ["https://198.51.100.37:30443"]);
      await engine.pulumi(["destroy", "--yes", "--stack", "dev"], { cwd });
    });

    const addresses = (): (string | undefined)[] =>
      engine.endpoint.account.networkInterfaces[0]?.privateIps.map(({ privateIpAddress }) => privateIpAddress) ?? [];

    const users = "eipalloc-0123456789abcdef0";
    const usersAddress = (association?: Address["association"]): Address => ({
      ...{
        allocationId: users,
        publicIp: "203.0.113.99",
        networkBorderGroup: "eu-central-1",
        publicIpv4Pool: "amazon",
      },
      ...(association ? { association } : {}),
      tags: {},
    });

    it("holds dynamic providers that are serializable as compiled", async () => {
      const compiled = (name: string): string =>
        JSON.stringify(join(folder, `node_modules/kops-secondary-ingress/dist/components/${name}.js`));
      const [eni] = engine.endpoint.account.networkInterfaces;
      await engine.endpoint.change((now) => void now.addresses.push(usersAddress()));
      const cwd = await ownProject(
        "dynamic",
        `import * as aws from "@pulumi/aws";
         const { SecondaryPrivateIp } = require(${compiled("secondaryPrivateIp")});
         const { ExistingElasticIp } = require(${compiled("existingElasticIp")});
         const { SecurityGroupMembership } = require(${compiled("securityGroupMembership")});
         const common = {
           networkInterfaceId: "${eni?.networkInterfaceId}", connection: { region: "eu-central-1" }, caller: aws.getCallerIdentityOutput().arn,
         };
         const group = new aws.ec2.SecurityGroup("one", { vpcId: "${eni?.vpcId}", description: "one" });
         new SecurityGroupMembership("one", { ...common, securityGroupId: group.id }, {});
         const users = { ...common, stack: "dynamic/dev", allocationId: "${users}" };
         const secondary = new SecondaryPrivateIp("one", { ...users, interfaceNamed: true, elasticIps: 1 }, {});
         export const address = secondary.privateIpAddress;
         new ExistingElasticIp("one", { ...users, privateIpAddress: address, found: secondary.elasticIpFound }, {});\n`,
      );
      await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev"], { cwd });
      if (process.env["WRITE_FIXTURE"]) {
        const { version } = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8")) as {
          version: string;
        };
        await writeFile(packageState(version), await engine.pulumi(["stack", "export", "--stack", "dev"], { cwd }));
      }
      const address = (await engine.pulumi(["stack", "output", "address", "--stack", "dev"], { cwd })).trim();
      assert.equal(addresses()[1], address);
      assert.equal(engine.endpoint.account.addresses[0]?.association?.privateIpAddress, address);
      await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev"], { cwd });
      await engine.pulumi(["destroy", "--yes", "--stack", "dev"], { cwd });
      assert.equal(addresses().length, 1);
      assert.deepEqual(engine.endpoint.account.addresses, [usersAddress()]);
      await engine.endpoint.change((now) => void now.addresses.pop());
    });

    it("confirms changes over SSH as compiled, and keeps the key secret", async () => {
      // A node on which nothing is installed, and nothing can be.
      const node = join(folder, "node");
      await mkdir(node);
      await writeFile(join(node, "sudo"), "#!/bin/sh\n", { mode: 0o755 });
      await writeFile(join(node, "shell"), `#!/bin/sh\nPATH='${node}':"$PATH" exec sh "$@"\n`, { mode: 0o755 });
      const ssh = await startLibraryServer(join(node, "shell"));
      try {
        const settings = {
          ...{ change: "1", instanceId: "i-1", apiPublicIp: "", clusterName: labCluster, address: "127.0.0.1" },
          ssh: { user: ssh.user, port: ssh.port, hostKey: ssh.hostKey("ed25519") },
          command: "echo confirmed",
        };
        const module = JSON.stringify(
          join(folder, "node_modules/kops-secondary-ingress/dist/components/confirmedChange.js"),
        );
        const cwd = await ownProject(
          "confirmed",
          `import * as pulumi from "@pulumi/pulumi";
           const { ConfirmedChange, SeenApi } = require(${module});
           const way = { ...${JSON.stringify(settings)}, sshPrivateKey: pulumi.secret(${JSON.stringify(loginKey.private)}) };
           const seen = new SeenApi("seen", way, {});
           export const unjudged = new ConfirmedChange("confirmed", { ...way, certificate: seen.certificate }, { dependsOn: seen }).unjudged;\n`,
        );
        await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev"], { cwd });
        assert.equal(
          await engine.pulumi(["stack", "output", "unjudged", "--stack", "dev"], { cwd }),
          "the node has no public address\n",
        );
        const state = await engine.pulumi(["stack", "export", "--stack", "dev"], { cwd });
        assert.ok(!state.includes(loginKey.private.split("\n")[1] ?? ""), "the key stands in the state");
        await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev"], { cwd });
        assert.equal(ssh.connections(), 2, "a login is tried before the change, the change is confirmed after it");
        await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "dev"], { cwd });
        assert.equal(ssh.connections(), 4, "what is seen is noted before the removal, which is confirmed after it");
      } finally {
        await ssh.stop();
      }
    });

    for (const release of releases)
      it(`refreshes and destroys a state left behind by the package of release ${release}`, async () => {
        const { account } = engine.endpoint;
        const [eni] = account.networkInterfaces;
        const of = (text: string, type: RegExp, output: string): string => {
          const { deployment } = JSON.parse(text) as { deployment: { resources: StateResource[] } };
          return deployment.resources.find((each) => type.test(each.type))?.outputs?.[output] as string;
        };
        const old = await readFile(packageState(release), "utf8");
        // Maps the ids and the project name of the fixture to this test's.
        const project = `old-${release.replaceAll(".", "-")}`;
        const text = old
          .replaceAll("::dynamic::", `::${project}::`)
          .replaceAll(of(old, /SecondaryPrivateIp$/, "networkInterfaceId"), eni?.networkInterfaceId ?? "");
        const [groupId, groupName] = [of(old, /Membership$/, "securityGroupId"), of(old, /SecurityGroup$/, "name")];
        const state = text.replaceAll(of(old, /SecurityGroup$/, "vpcId"), eni?.vpcId ?? "");
        const privateIpAddress = of(old, /SecondaryPrivateIp$/, "privateIpAddress");
        // Older releases have none.
        const associationId = of(old, /ExistingElasticIp$/, "associationId") as string | undefined;
        await engine.endpoint.change((now) => {
          const [theirs] = now.networkInterfaces;
          theirs?.privateIps.push({ privateIpAddress, primary: false });
          theirs?.securityGroupIds.push(groupId);
          const networkInterfaceId = theirs?.networkInterfaceId ?? "";
          if (associationId) now.addresses.push(usersAddress({ associationId, networkInterfaceId, privateIpAddress }));
          const vpcId = eni?.vpcId ?? "";
          now.securityGroups.push({ groupId, groupName, description: "one", vpcId, tags: {} });
        });
        const cwd = await ownProject(project, "");
        await engine.pulumi(["stack", "import", "--force", "--stack", "dev"], { cwd, input: state });
        await engine.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev"], { cwd });
        await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "dev"], { cwd });
        assert.deepEqual(addresses().slice(1), []);
        assert.ok(!account.networkInterfaces[0]?.securityGroupIds.includes(groupId));
        assert.deepEqual(account.addresses, associationId ? [usersAddress()] : []);
        await engine.endpoint.change((now) => (now.addresses = []));
      });

    it("brings environments up on demand, as examples/embed does", async () => {
      await compile("server.mts", await readFile(join(repositoryRoot, "examples/embed/server.ts"), "utf8"));
      const child = spawn(process.execPath, ["server.mjs"], {
        cwd: folder,
        env: { ...process.env, ...env, PORT: "0", WORK_DIR: "environments" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(child, "exit");
      try {
        const [first] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
        const url = `http://127.0.0.1:${/\d+/.exec(first)?.[0]}/environments`;
        const ask = async (method: string, path: string, body?: object) => {
          const response = await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
          // prettier-ignore
          return { status: response.status, body: (await response.json()) as { state?: string; outputs?: Outputs; error?: { code: string } } };
        };
        const atRest = async (path: string) => {
          for (;;) {
            const now = await ask("GET", path);
            if (now.body.state !== "working") return now;
            await sleep(200);
          }
        };
        const settings = { mode: "node-port", clusterName: labCluster, "aws:region": "eu-central-1" };
        assert.equal((await ask("GET", "/nobody")).status, 400, "no environment was ever made");
        assert.deepEqual(
          (await ask("PUT", "/one", { ...settings, clusterName: "K8S" })).body.error?.code,
          "config-invalid",
        );
        assert.equal((await ask("PUT", "/one", settings)).status, 202);
        assert.equal((await ask("PUT", "/two", { ...settings, clusterName: otherCluster })).status, 202);
        assert.equal((await ask("DELETE", "/one")).status, 409);
        const one = await atRest("/one");
        assert.equal(one.body.outputs?.ingressUrls[0], "https://198.51.100.37:30443");
        assert.equal(one.body.outputs?.statsPassword, "[secret]");
        assert.equal((await atRest("/two")).body.outputs?.clusterName, otherCluster);
        assert.equal((await ask("GET", "/nobody")).status, 404);
        assert.equal((await ask("POST", "/one")).status, 405);
        assert.equal((await ask("GET", "/../etc")).status, 404);
        for (const path of ["/one", "/two"]) {
          assert.equal((await ask("DELETE", path)).status, 202);
          assert.equal((await atRest(path)).status, 500, "a stack without outputs");
        }
        // Ended at work: it waits for the run's end, and the stack is not locked.
        await ask("PUT", "/one", settings);
        await sleep(1000);
        child.kill("SIGTERM");
        await ended;
        await engine.pulumi(["destroy", "--yes", "--stack", "one"], { cwd: join(folder, "environments") });
      } finally {
        child.kill("SIGKILL");
        await ended;
      }
    });

    it("gives the records of outputs as the stack does", async () => {
      const text = `console.log(JSON.stringify(require("kops-secondary-ingress/dns").dnsOutput(["${labDomain}"], ["203.0.113.10"], 60, true)))`;
      assert.deepEqual(JSON.parse(await inFolder(process.execPath, ["-e", text])), {
        schemaVersion: 1,
        ready: true,
        records: [{ name: `${labDomain}.`, type: "A", ttl: 60, values: ["203.0.113.10"] }],
      });
    });
  });
});
