/**
 * A lab that was saved: what `labRoot` holds of a lab, in a directory of the same layout, from which a lab of any name is brought up.
 * What is made anew in every lab (namespaces, plugins, launchers, logs) is not in it.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { ProxyMode } from "./kubernetes/controlPlane";
import { nodeImage, sealOf, type Suite } from "./node/image";
import type { MovedApiAddress } from "./node/kopsNode";
import { powerOn, replug, shutDown, waitForApi } from "./node/machine";
import { machines } from "./node/machines";
import { stacks } from "./operator";
import { labPaths, labRoot } from "./paths";
import type { PluginChoice } from "./plugins";
import { run } from "./process";
import { step } from "./progress";

/** What kind of lab it was. */
export interface LabKind {
  apiPort: 443 | 8443;
  apiAddress: MovedApiAddress;
  kubernetes?: ProxyMode;
  nodes: number;
  debian: Suite;
}

interface Saved extends LabKind {
  /** Seal of the node image that the disks lie on. */
  image: string;
}

const savedFile = (directory: string): string => join(directory, "saved.json");

function readSaved(directory: string): Saved {
  if (existsSync(savedFile(directory))) return JSON.parse(readFileSync(savedFile(directory), "utf8")) as Saved;
  throw new Error(`expected a saved lab in ${directory}, found no saved.json there: npm run lab -- save ${directory}`);
}

/** The options of `lab.up` for a saved lab. */
export function savedLab(
  directory: string,
  plugins: PluginChoice = "auto",
): LabKind & { from: string; plugins: PluginChoice } {
  return { ...kindOf(readSaved(directory)), plugins, from: directory };
}

/** What makes up a lab, below `labRoot`: of the machines what was written to disk and which instance each is. */
const partsOf = (names: readonly string[]): string[] =>
  [
    labPaths.account,
    labPaths.keys,
    labPaths.certificates,
    labPaths.backend,
    ...stacks.map((stack) => join(labPaths.project, `Pulumi.${stack}.yaml`)),
    ...names.flatMap((name) => [join(labRoot, name, "upper"), join(labRoot, name, "generation")]),
  ].map((path) => relative(labRoot, path));

/** Copies to the same place below another root: owners, modes and overlayfs' marks included. */
async function copy(from: string, to: string, paths: readonly string[]): Promise<void> {
  for (const path of paths.filter((each) => existsSync(join(from, each)))) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    // A directory that is there already is filled.
    await run("cp", ["-aT", join(from, path), join(to, path)]);
  }
}

/** Makes a directory to save a lab in. @throws where there is anything else */
async function emptied(directory: string): Promise<void> {
  const found = existsSync(directory) ? await readdir(directory) : [];
  if (found.length > 0 && !found.includes("saved.json"))
    throw new Error(`expected nothing or a saved lab at ${directory}, found something else: choose another place`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
}

const kindOf = ({ apiPort, apiAddress, kubernetes, nodes, debian }: LabKind): LabKind => ({
  apiPort,
  apiAddress,
  ...(kubernetes ? { kubernetes } : {}),
  nodes,
  debian,
});

const writeSaved = (directory: string, saved: Saved): Promise<void> =>
  writeFile(savedFile(directory), `${JSON.stringify(saved, undefined, 2)}\n`);

/**
 * Saves the running lab: its machines are shut down in order, and booted again afterwards. What the cloud was told beyond the account
 * (other policies of the operator or the node) is not saved. Certificates are valid for 30 days.
 * @param directory made here; an earlier one of that name goes
 */
export async function saveLab(kind: LabKind, directory: string): Promise<void> {
  const image = sealOf(await nodeImage(kind.debian));
  const there = machines();
  await emptied(directory);
  await step("Saving the lab", async () => {
    await Promise.all(there.map((machine) => shutDown(machine)));
    await copy(labRoot, directory, partsOf(there.map(({ name }) => name)));
    await writeSaved(directory, { ...kindOf(kind), image });
    for (const machine of there) {
      await replug(machine);
      await powerOn(machine);
    }
    await waitForApi(443);
  });
}

/** Lays a saved lab where the next one looks for its parts. @throws where its disks lie on another image than this machine's */
export async function layOut(directory: string, image: string): Promise<void> {
  if (readSaved(directory).image !== sealOf(image))
    throw new Error(
      `expected a lab on the node image ${image}, found one of another image in ${directory}: save it anew`,
    );
  await copy(directory, labRoot, partsOf((await readdir(directory)).filter((name) => /^(node|worker-\d)$/.test(name))));
}
