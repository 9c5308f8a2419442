/** Tools from PyPI, installed once into the cache and never into the machine. */
import { cache } from "./cache";
import { attempt, run } from "../process";
import { step } from "../progress";
import { installPrograms, whyUnavailable } from "../requirements";

export interface PythonTool {
  /** Command line that runs a module of the tool, e.g. `command("awscli")`. */
  command(module: string): string[];
  /** What the command needs in its environment. */
  env: Record<string, string>;
}

async function pythonWithPip(): Promise<string> {
  if ((await attempt("python3", ["-m", "pip", "--version"])).status !== 0 && whyUnavailable() === undefined)
    await installPrograms({ pip3: "python3-pip" });
  return (await run("python3", ["--version"])).trim();
}

/** @param packages with their exact versions, e.g. `awscli==1.46.3` */
export async function pythonTool(name: string, packages: readonly string[]): Promise<PythonTool> {
  const python = await pythonWithPip();
  const directory = await cache.directory(name, [python, ...packages], (empty) =>
    step(`${packages.join(", ")} from PyPI`, async () => {
      const options = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--root-user-action=ignore",
      ];
      await run("python3", ["-m", "pip", "install", ...options, "--target", empty, ...packages]);
      // What a machine's own start-up does to the packages, such as adding its certificate authority, is done before the seal.
      await run("python3", ["-c", "pass"], {
        env: { ...process.env, PYTHONPATH: empty, PYTHONDONTWRITEBYTECODE: "1" },
      });
    }),
  );
  return {
    command: (module) => ["python3", "-m", module],
    // Compiled files written later would break the cache's seal.
    env: { PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: "1" },
  };
}
