/**
 * A saved lab: the contents of `labRoot` in a directory of the same layout, from which a lab of any name can be brought
 * up. Excludes what every lab creates anew (namespaces, plugins, launchers, logs).
 */
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { ServiceProxy } from "./kubernetes/controlPlane";
import { nodeImage, sealOf, type Suite } from "./node/image";
import type { MovedApiAddress } from "./node/kopsNode";
import { operatorKey, powerOn, replug, shutDown, waitForApi } from "./node/machine";
import { machines } from "./network/machines";
import { stacks, stateFile } from "./operator";
import { labPaths, labRoot } from "./paths";
import type { PluginChoice } from "./plugins";
import { run } from "./process";
import { step } from "./progress";

/** Options that the lab was created with. */
export interface LabKind {
  apiPort: 443 | 8443;
  apiAddress: MovedApiAddress;
  kubernetes?: ServiceProxy;
  nodes: number;
  debian: Suite;
}

interface Saved extends LabKind {
  /** Seal of the node image below the disks; absent if no disks were saved. */
  image?: string;
}

const savedFile = (directory: string): string => join(directory, "saved.json");

function readSaved(directory: string): Saved {
  if (existsSync(savedFile(directory))) return JSON.parse(readFileSync(savedFile(directory), "utf8")) as Saved;
  throw new Error(`expected a saved lab in ${directory}, found no saved.json there: npm run lab -- save ${directory}`);
}

/** Whether the saved lab contains its machines' disks. */
export const hasDisks = (directory: string): boolean => readSaved(directory).image !== undefined;

/** The options of `lab.up` for a saved lab. */
export function savedLab(
  directory: string,
  plugins: PluginChoice = "auto",
): LabKind & { from: string; plugins: PluginChoice } {
  return { ...kindOf(readSaved(directory)), plugins, from: directory };
}

/** The text files that do not depend on a machine: the account, and the operator's keys, settings and states. */
const portable = [
  labPaths.account,
  labPaths.keys,
  join(labPaths.backend, ".pulumi/meta.yaml"),
  ...stacks.flatMap((stack) => [join(labPaths.project, `Pulumi.${stack}.yaml`), stateFile(stack)]),
];

/** A lab's files below `labRoot`; of a machine, its overlay and its instance generation. */
const partsOf = (names: readonly string[]): string[] =>
  [
    ...portable,
    labPaths.certificates,
    labPaths.backend,
    ...names.flatMap((name) => [join(labRoot, name, "upper"), join(labRoot, name, "generation")]),
  ].map((path) => relative(labRoot, path));

/** Copies paths to another root, with owners, modes and overlayfs' attributes. */
async function copy(from: string, to: string, paths: readonly string[]): Promise<void> {
  for (const path of paths.filter((each) => existsSync(join(from, each)))) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    // -T copies into an existing directory.
    await run("cp", ["-aT", join(from, path), join(to, path)]);
  }
}

/**
 * Creates an empty directory for a saved lab.
 * @throws if it holds anything else
 */
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
 * Saves the running lab: shuts its machines down cleanly and boots them again. Excludes changed policies of the
 * operator or the node, which only the cloud's process holds. Certificates are valid for 30 days.
 * @param directory created; replaces an earlier saved lab
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

/**
 * Saves only the text files of the running lab, small enough to commit. A lab brought up from them gets new
 * certificates and new disks, on which the stacks' own commands install their files again.
 */
export async function saveText(kind: LabKind, directory: string): Promise<void> {
  await emptied(directory);
  const paths = portable.map((path) => relative(labRoot, path));
  await copy(labRoot, directory, paths);
  // The engine writes a state on one line, which diffs poorly.
  for (const file of paths.map((path) => join(directory, path)).filter((path) => path.endsWith(".json")))
    await writeFile(file, `${JSON.stringify(JSON.parse(readFileSync(file, "utf8")), undefined, 2)}\n`);
  await writeSaved(directory, kindOf(kind));
}

/**
 * Copies a saved lab to the next lab's paths.
 * @throws if its disks belong to another image than this machine's
 */
export async function layOut(directory: string, image: string): Promise<void> {
  const { image: saved = sealOf(image) } = readSaved(directory);
  if (saved !== sealOf(image))
    throw new Error(
      `expected a lab on the node image ${image}, found one of another image in ${directory}: save it again`,
    );
  await copy(directory, labRoot, partsOf((await readdir(directory)).filter((name) => /^(node|worker-\d)$/.test(name))));
  // ssh refuses other modes, and git does not keep them.
  await chmod(operatorKey, 0o600);
}
