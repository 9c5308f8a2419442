/** The package installed from a git address, which npm compiles in a clone of its own. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";
import { run } from "./support/process";

describe("package from a git address", function () {
  let folder: string;
  const inFolder = (command: string, ...args: string[]): Promise<string> => run(command, args, { cwd: folder });

  /** The checkout as it is, committed or not, as a repository of one commit. */
  const commitCheckout = async (repository: string): Promise<void> => {
    const git = (...args: string[]): Promise<string> =>
      run("git", [`--git-dir=${repository}`, `--work-tree=${repositoryRoot}`, ...args]);
    await run("git", ["init", "--quiet", "--bare", repository]);
    await git("add", "--all");
    await git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "The checkout");
  };

  before("is installed into an empty folder", async () => {
    folder = await mkdtemp(join(tmpdir(), "ksi-git-"));
    await commitCheckout(join(folder, "repository.git"));
    // Install scripts of dependencies may load from the network. `--ignore-scripts` would also keep npm from compiling the package.
    const { allowScripts } = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8")) as {
      allowScripts: Record<string, boolean>;
    };
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, allowScripts }));
    const address = `git+file://${folder}/repository.git`;
    await inFolder("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", address);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("is loaded by each of its names", async () => {
    const names = ["kops-secondary-ingress", "kops-secondary-ingress/automation", "kops-secondary-ingress/dns"];
    const script = `const [a, b, c] = ${JSON.stringify(names)}.map((name) => require(name));
      console.log(typeof a.SecondaryIngressIp, typeof b.openStack, typeof c.dnsOutput)`;
    assert.equal(await inFolder(process.execPath, "-e", script), "function function function\n");
  });

  it("brings its command line", async () => {
    assert.match(await inFolder("npx", "--no-install", "secondary-ingress", "--help"), /forget-node/);
  });

  it("leaves sources, tests and the lab behind", async () => {
    const files = await inFolder("find", "node_modules/kops-secondary-ingress", "-maxdepth", "1", "-printf", "%f\n");
    const expected = ["LICENSE", "Pulumi.yaml", "README.md", "dist", "kops-secondary-ingress", "operator", "outputs"];
    assert.deepEqual(files.trim().split("\n").sort(), [...expected, "package.json"]);
  });
});
