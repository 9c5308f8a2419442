/** Installs tools from PyPI once into the cache, not into the system. */
import { cache } from "./cache";
import { attempt, run } from "../process";
import { step } from "../progress";
import { installPrograms, whyUnavailable } from "../requirements";

export interface PythonTool {
  /** Command line that runs a module of the tool, e.g. `command("awscli")`. */
  command(module: string): string[];
  /** Environment of the command. */
  env: Record<string, string>;
}

async function pythonWithPip(): Promise<string> {
  if ((await attempt("python3", ["-m", "pip", "--version"])).status !== 0 && whyUnavailable() === undefined)
    await installPrograms({ pip3: "python3-pip" });
  return (await run("python3", ["--version"])).trim();
}

/** @param packages with exact versions, e.g. `awscli==1.46.3` */
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
      // The machine's own Python start-up may modify the packages, for example to add its certificate authority; do so
      // before the seal.
      await run("python3", ["-c", "pass"], {
        env: { ...process.env, PYTHONPATH: empty, PYTHONDONTWRITEBYTECODE: "1" },
      });
    }),
  );
  return {
    command: (module) => ["python3", "-m", module],
    // Bytecode written later would invalidate the seal.
    env: { PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: "1" },
  };
}
