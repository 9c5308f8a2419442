/** Which resource plugins the engine runs in the lab: the official ones where they are to be had, else the drop-ins. */
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeLauncher } from "./engine/engine";
import { labPaths, repositoryRoot } from "./paths";
import { which } from "./process";

const names = ["aws", "command", "random"] as const;
export type PluginName = (typeof names)[number];
export type Plugins = Record<PluginName, "official" | "drop-in">;

/** `auto`: official `command` and `random` where installed, and the drop-in `aws`; the others override all three. */
export type PluginChoice = "auto" | "official" | "drop-in";

/** The version that the program's SDK asks for. */
async function pinnedVersion(name: PluginName): Promise<string> {
  const file = join(repositoryRoot, "node_modules/@pulumi", name, "package.json");
  return (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
}

/** Whether the official plugin is on PATH or in the user's PULUMI_HOME; the latter is made visible to the lab's engine. */
async function offerOfficial(name: PluginName): Promise<boolean> {
  if (await which(`pulumi-resource-${name}`)) return true;
  const directory = `resource-${name}-v${await pinnedVersion(name)}`;
  const installed = join(process.env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins", directory);
  if (!existsSync(join(installed, `pulumi-resource-${name}`))) return false;
  await mkdir(join(labPaths.pulumiHome, "plugins"), { recursive: true });
  await symlink(installed, join(labPaths.pulumiHome, "plugins", directory));
  return true;
}

/** Puts launchers of the chosen drop-ins where the engine finds them, and says what it will run. */
export async function choosePlugins(choice: PluginChoice): Promise<Plugins> {
  const plugins: Plugins = { aws: "drop-in", command: "drop-in", random: "drop-in" };
  for (const name of names) {
    const wanted = choice === "official" || (choice === "auto" && name !== "aws");
    if (wanted && (await offerOfficial(name))) {
      plugins[name] = "official";
    } else if (choice === "official") {
      throw new Error(
        `--plugins official: the official '${name}' plugin is neither on PATH nor in PULUMI_HOME. ` +
          `Install it with: pulumi plugin install resource ${name} ${await pinnedVersion(name)}`,
      );
    } else {
      await writeLauncher(join(labPaths.bin, `pulumi-resource-${name}`), `lab/providers/${name}/main.ts`);
    }
  }
  return plugins;
}
