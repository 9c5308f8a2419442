/** scripts/newerNode.mjs: the Node.js that `npm run …` fetches where the installed one is too old. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { repositoryRoot } from "./support/paths";
import { attempt, type Finished, run } from "./support/process";

const version = "24.0.1";
const name = `node-${process.platform}-${process.arch}`;
const integrityOf = (bytes: Buffer): string => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

/** What runs in the end, in the place of ESLint: tells what it and its children run on. */
const task = `const { execSync } = require("node:child_process");
console.log(JSON.stringify({
  path: process.env.PATH, child: execSync("command -v node", { encoding: "utf8" }).trim(),
  npms: [process.env.NODE, process.env.npm_node_execpath], args: process.argv.slice(2),
}));
process.exit(7);
`;

describe("the Node.js of the scripts", function () {
  let folder: string;
  let registry: Server;
  let served: { asked: string[]; archive: Buffer };

  /** A registry with one package, whose `bin/node` is this process's Node.js. */
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "ksi-node-"));
    const bin = join(folder, "package/bin");
    await mkdir(bin, { recursive: true });
    await writeFile(
      join(bin, "node"),
      `#!/bin/sh\n[ "$*" = --version ] && echo v${version} || exec '${process.execPath}' "$@"\n`,
      { mode: 0o755 },
    );
    await writeFile(join(folder, "package/package.json"), JSON.stringify({ name, version }));
    await run("tar", ["-czf", join(folder, "node.tgz"), "-C", folder, "package"]);
    served = { asked: [], archive: await readFile(join(folder, "node.tgz")) };
    registry = createServer(({ url = "", headers }, response) => {
      served.asked.push(url);
      if (url.endsWith(".tgz")) return void response.end(served.archive);
      const dist = { tarball: `http://${headers.host}/node.tgz`, integrity: integrityOf(served.archive) };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name, "dist-tags": {}, versions: { [version]: { name, version, dist } } }));
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  const checkout = (): string => join(folder, "checkout");
  const cache = (): string => join(folder, "cache/kops-secondary-ingress");

  /** A checkout that has nothing to install, and pins that package. */
  beforeEach(async () => {
    served.asked = [];
    for (const path of [checkout(), join(folder, "cache"), join(folder, "npm")])
      await rm(path, { recursive: true, force: true });
    await cp(join(repositoryRoot, "scripts"), join(checkout(), "scripts"), { recursive: true });
    await pin(integrityOf(served.archive));
    await mkdir(join(checkout(), "tests/lab"), { recursive: true });
    await writeFile(join(checkout(), "package.json"), "{}");
    await writeFile(join(checkout(), "package-lock.json"), "{}");
    const installed = createHash("sha256").update("{}").update(process.versions.modules).digest("hex");
    await mkdir(join(checkout(), "node_modules/eslint/bin"), { recursive: true });
    await writeFile(join(checkout(), "node_modules/.installed-from"), installed);
    await writeFile(join(checkout(), "node_modules/eslint/bin/eslint.js"), task);
    await writeFile(
      join(folder, "old.cjs"),
      `const versions = { ...process.versions, node: process.env.PRETEND };
       Object.defineProperty(process, "versions", { value: versions });`,
    );
  });
  const pin = (integrity: string): Promise<void> =>
    writeFile(
      join(checkout(), "scripts/newerNode/package-lock.json"),
      JSON.stringify({ packages: { [`node_modules/${name}`]: { version, integrity } } }),
    );

  /** `npm run lint` there, begun by a Node.js that says it is of this version. */
  const lint = (pretended: string): Promise<Finished> => {
    const { port } = registry.address() as AddressInfo;
    return attempt(
      process.execPath,
      ["-r", join(folder, "old.cjs"), join(checkout(), "scripts/bootstrap.mjs"), "lint", "x y"],
      {
        env: {
          ...process.env,
          PRETEND: pretended,
          XDG_CACHE_HOME: join(folder, "cache"),
          npm_config_cache: join(folder, "npm"),
          npm_config_registry: `http://127.0.0.1:${port}/`,
        },
      },
    );
  };
  interface Told {
    path: string;
    child: string;
    npms: string[];
    args: string[];
  }
  const told = ({ stdout, stderr }: Finished): Told => {
    assert.ok(stdout.startsWith("{"), `${stdout}${stderr}`);
    return JSON.parse(stdout) as Told;
  };
  const cached = (): string => {
    const [entry = ""] = readdirSync(cache()).filter((each) => /^nodejs-[0-9a-f]{16}$/.test(each));
    return join(cache(), entry, "bin");
  };

  it("is the installed one from 22.13 on, and nothing is fetched", async () => {
    for (const enough of ["22.13.0", "22.23.3", "24.0.0", "26.1.0"]) {
      const finished = await lint(enough);
      assert.deepEqual([finished.status, finished.stderr], [7, ""], enough);
      assert.equal(told(finished).path, process.env["PATH"]);
    }
    assert.deepEqual(served.asked, []);
    assert.ok(!existsSync(cache()));
  });

  it("is fetched once where the installed one is older, and comes first for all that is started", async () => {
    for (const [old, line] of [
      ["18.20.8", /^Node\.js 18\.20\.8 is too old: fetching 24\.0\.1 from the npm registry \(once\) …\n$/],
      ["20.20.2", /^$/],
      ["22.12.0", /^$/],
    ] as const) {
      const finished = await lint(old);
      assert.equal(finished.status, 7, "the status of the task");
      assert.match(finished.stderr, line);
      const { path, child, npms, args } = told(finished);
      assert.deepEqual(path.split(delimiter), [cached(), ...(process.env["PATH"] ?? "").split(delimiter)]);
      const node = join(cached(), "node");
      assert.deepEqual([child, ...npms, args.at(-1)], [node, node, node, "x y"]);
    }
    assert.equal(served.asked.filter((url) => url.endsWith(".tgz")).length, 1);
    assert.equal(readdirSync(cache()).length, 2, "it and its seal");
  });

  it("is refused if it is not the one that the lockfile pins", async () => {
    const pinned = integrityOf(Buffer.from("another"));
    await pin(pinned);
    const { status, stdout, stderr } = await lint("20.20.2");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.ok(stderr.includes(`expected integrity ${pinned}`) && stderr.includes(integrityOf(served.archive)), stderr);
    assert.match(stderr, /Install Node\.js 22\.13 or newer/);
    assert.deepEqual(readdirSync(cache()), []);
  });

  for (const [damage, doIt] of Object.entries({
    "half of it is": (bin: string) => truncateSync(join(bin, "node"), 20),
    "an empty directory is": (bin: string) => rm(join(bin, "node")),
    "no seal is": (bin: string) => rm(`${join(bin, "..")}.seal`),
  })) {
    it(`is fetched anew where ${damage} in the cache`, async () => {
      await lint("20.20.2");
      const whole = readFileSync(join(cached(), "node"));
      await doIt(cached());
      const finished = await lint("20.20.2");
      assert.match(finished.stderr, /fetching/);
      assert.equal(told(finished).child, join(cached(), "node"));
      assert.deepEqual(readFileSync(join(cached(), "node")), whole);
      assert.equal((await lint("20.20.2")).stderr, "");
    });
  }

  it("is pinned in one version for both kinds of machine", async () => {
    const { packages } = JSON.parse(
      await readFile(join(repositoryRoot, "scripts/newerNode/package-lock.json"), "utf8"),
    ) as { packages: Record<string, { version?: string; integrity?: string }> };
    const [arm64, x64] = ["arm64", "x64"].map((arch) => packages[`node_modules/node-linux-${arch}`]);
    assert.match(x64?.version ?? "", /^24\./);
    assert.equal(arm64?.version, x64?.version);
    for (const each of [arm64, x64]) assert.match(each?.integrity ?? "", /^sha512-/);
  });
});
