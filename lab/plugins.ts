/** Selects the resource plugins that the engine runs in the lab: official ones if available, otherwise the drop-ins. */
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { writeLauncher } from "./build/launcher";
import { labPaths, repositoryRoot } from "./paths";
import { which } from "./process";

const names = ["aws", "command", "random"] as const;
export type PluginName = (typeof names)[number];
export type Plugins = Record<PluginName, "official" | "drop-in">;

/**
 * `auto`: official `command` and `random` if installed, and the drop-in `aws`; the other choices apply to all three.
 */
export type PluginChoice = "auto" | "official" | "drop-in";

/** The version that the program's SDK requires. */
async function pinnedVersion(name: PluginName): Promise<string> {
  const file = join(repositoryRoot, "node_modules/@pulumi", name, "package.json");
  return (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
}

/** The only directory in which the lab's engine searches for a plugin. */
async function pluginDirectory(name: PluginName, pulumiHome: string): Promise<string> {
  return join(pulumiHome, "plugins", `resource-${name}-v${await pinnedVersion(name)}`);
}

/** The official plugin's program: on PATH, or in the user's PULUMI_HOME in the pinned version. */
async function officialProgram(name: PluginName): Promise<string | undefined> {
  const program = `pulumi-resource-${name}`;
  const userHome = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
  const installed = join(userHome, "plugins", `resource-${name}-v${await pinnedVersion(name)}`, program);
  return (await which(program)) ?? (existsSync(installed) ? installed : undefined);
}

/**
 * Installs the selected plugins for the engine and returns which ones it will run.
 * @param paths to use plugins without a lab
 */
export async function choosePlugins(
  choice: PluginChoice,
  paths: Pick<typeof labPaths, "pulumiHome"> = labPaths,
): Promise<Plugins> {
  const plugins: Plugins = { aws: "drop-in", command: "drop-in", random: "drop-in" };
  for (const name of names) {
    const wanted = choice === "official" || (choice === "auto" && name !== "aws");
    const official = wanted ? await officialProgram(name) : undefined;
    const program = join(await pluginDirectory(name, paths.pulumiHome), `pulumi-resource-${name}`);
    await mkdir(dirname(program), { recursive: true });
    if (official) {
      plugins[name] = "official";
      await symlink(official, program);
    } else if (choice === "official") {
      throw new Error(
        `--plugins official: the official '${name}' plugin is neither on PATH nor in PULUMI_HOME. ` +
          `Install it with: pulumi plugin install resource ${name} ${await pinnedVersion(name)}`,
      );
    } else {
      await writeLauncher(program, `lab/providers/${name}/main.ts`);
    }
  }
  return plugins;
}
