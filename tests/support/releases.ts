/** Upgrade fixtures of earlier releases, written by `npm run lab -- fixture`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { releaseFixtures } from "../../lab/releaseFixture";

export interface StateResource {
  type: string;
  urn: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

export const releases = readdirSync(releaseFixtures);
export const fixtureOf = (release: string): string => join(releaseFixtures, release);

/** Export of a stack that uses the dynamic resources of the installed package. */
export const packageState = (release: string): string => join(fixtureOf(release), "package-state.json");

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** Resources in a release's state. */
export const resourcesOf = (release: string, stack: "dev" | "prod"): StateResource[] =>
  (
    read(join(fixtureOf(release), `pulumi-state/.pulumi/stacks/kops-secondary-ingress/${stack}.json`)) as {
      checkpoint: { latest: { resources: StateResource[] } };
    }
  ).checkpoint.latest.resources;

/** Sources of the dynamic providers in a release's states. */
function providersOf(release: string): string[] {
  const ofPackage = read(packageState(release)) as { deployment: { resources: StateResource[] } };
  const all = [...resourcesOf(release, "dev"), ...resourcesOf(release, "prod"), ...ofPackage.deployment.resources];
  return all.flatMap(({ inputs }) => (inputs?.["__provider"] as string | undefined) ?? []);
}

/** Modules that the dynamic providers in a release's states require. */
export const requiredModules = (release: string): string[] =>
  [
    ...new Set(
      providersOf(release).flatMap((text) =>
        [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name),
      ),
    ),
  ].sort();

/** Functions of the package that they call, as TypeScript compiles it: `(0, limits_1.limitFaults)(…)`. */
export const calledFunctions = (release: string): { path: string; name: string }[] =>
  providersOf(release).flatMap((text) =>
    [...text.matchAll(/const (\w+) = require\("(kops-secondary-ingress\/[^"]+)"\)/g)].flatMap(
      ([, variable = "", path = ""]) =>
        [...text.matchAll(new RegExp(`\\(0, ${variable}\\.(\\w+)\\)`, "g"))].map(([, name = ""]) => ({ path, name })),
    ),
  );
