/**
 * Labs that many tests begin with: each is brought up once for the sources as they are, saved in the cache, and brought up again from
 * there as after a reboot. That takes a third of the time: keys, stacks and what `pulumi up` has made are there.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./build/cache";
import { bringUp } from "./campaigns/bringUp";
import { keepLab, type KeptLab } from "./keptLab";
import { lab, type LabOptions } from "./lab";
import { nodeImage, sealOf } from "./node/image";
import { repositoryRoot } from "./paths";
import { step } from "./progress";
import { savedLab, saveLab } from "./savedLab";

/** The node as kOps leaves it: one, with the API server on 443. */
const untouched: LabOptions = { apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" };

/** What is done to an untouched lab before it is saved. */
const preparations = {
  /** Nothing: stacks dev and prod are empty. */
  empty: () => Promise.resolve(),
  /** `pulumi up` of prod, with the settings of the repository. */
  prod: bringUp,
} satisfies Record<string, (kept: KeptLab) => Promise<void>>;

/** The program, the lab, and what both are run by. */
// prettier-ignore
const sources = [
  "index.ts", "program.ts", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "package.json", "package-lock.json", "scripts",
  "components", "hostfiles", "settings", "outputs", "dns", "automation", "operator", "lab",
];

function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const source of sources) {
    const path = join(repositoryRoot, source);
    const files = source.includes(".")
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
          .map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort()) hash.update(`${file.slice(repositoryRoot.length)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** Certificates are valid for 30 days, and Prometheus' rules speak of the last 20. */
const week = (): string => `week ${Math.floor(Date.now() / (7 * 24 * 3600 * 1000))}`;

/** Brings up a lab of this kind, from the cache where it is. */
export async function keepPreparedLab(name: keyof typeof preparations): Promise<KeptLab> {
  const image = await nodeImage("bookworm");
  const directory = await cache.directory(`lab-${name}`, [hashOfSources(), sealOf(image), week()], (empty) =>
    step(`Lab '${name}', once`, async () => {
      const kept = await keepLab(untouched);
      try {
        await preparations[name](kept);
        await saveLab(kept.state, empty);
      } finally {
        await lab.down();
      }
    }),
  );
  return keepLab(savedLab(directory));
}
