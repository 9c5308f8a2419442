/** States of earlier releases hold serialized dynamic providers; the modules that these require must stay available. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";
import { calledFunctions, releases, requiredModules } from "./support/releases";

const prefix = "kops-secondary-ingress/";

/** The package's own modules, below its root: `dist/components/aws/limits.js`, say. */
const ofPackage = (release: string): string[] =>
  requiredModules(release).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));

/** Resolves a path through "exports" of package.json: an exact key, or one ending in `*`. */
function exported(path: string, exports: Record<string, unknown>): string | undefined {
  for (const [key, target] of Object.entries(exports)) {
    const [head = "", tail] = key.split("*");
    if (typeof target !== "string" || !(tail === undefined ? `./${path}` === key : `./${path}`.startsWith(head)))
      continue;
    return target.replace("*", `./${path}`.slice(head.length));
  }
  return undefined;
}

/** The TypeScript that a file of `dist/` is built from. */
const sourceOf = (built: string): string => built.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts");

describe("modules required by states of earlier releases", () => {
  const { exports } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };

  it("are exactly those listed in docs/upgrading.md", () => {
    const page = readFileSync(join(repositoryRoot, "docs/upgrading.md"), "utf8");
    const listed = [...page.matchAll(/^\| `([^`]+\.js)`/gm)].map(([, path = ""]) => path);
    const needed = [...new Set(releases.flatMap(ofPackage))].sort();
    assert.ok(needed.length > 0);
    assert.deepEqual(listed.sort(), needed);
  });

  for (const release of releases)
    it(`of ${release} resolve: in the checkout, through the package's exports, or in a dependency`, () => {
      const own = ofPackage(release);
      const checkout = createRequire(join(repositoryRoot, "index.ts"));
      for (const path of own) {
        const target = exported(path, exports);
        assert.ok(target, `package.json "exports" has nothing for ./${path}`);
        const source = sourceOf(target);
        assert.ok(existsSync(join(repositoryRoot, source)), `./${path}: there is no ${source} to build it from`);
      }
      for (const { path, name } of calledFunctions(release)) {
        const target = exported(path.slice(prefix.length), exports) ?? "";
        const module = checkout(join(repositoryRoot, sourceOf(target))) as Record<string, unknown>;
        assert.equal(typeof module[name], "function", `${path}: ${name}`);
      }
      for (const name of requiredModules(release).filter((each) => !each.startsWith(prefix)))
        assert.doesNotThrow(() => checkout.resolve(name), name);
    });
});
