/** Short commands of the engine on one stack. Each names its stack, so that none selects it. */
import { resolve } from "node:path";
import { diagnose } from "./diagnosis";
import { type EngineContext, engineCommand } from "./engine";
import { AutomationError } from "./errors";
import { redactor, secretsOf } from "./redact";

/** Where a stack is, and what the engine needs to work on it. */
export interface StackLocation {
  /** `dev`, or `organization/project/dev` in a back end with organizations. */
  stack: string;
  /** The project's directory, with `Pulumi.yaml` and the stacks' settings. */
  workDir: string;
  /** Where the state is kept, as for `pulumi login`: `file:///srv/state`, `s3://bucket`. Default: the user's login. */
  backendUrl?: string;
  /**
   * Environment variables of the engine and its plugins, added to this process's own: AWS credentials, `PULUMI_CONFIG_PASSPHRASE`.
   * Values of variables that are named like secrets are removed from every text.
   */
  env?: Readonly<Record<string, string>>;
  /** More secret variables, whatever their names. */
  secretEnv?: Readonly<Record<string, string>>;
  /** Where the engine keeps its plugins and logins; default `~/.pulumi`. */
  pulumiHome?: string;
  /** An installation of the engine that contains `bin/pulumi`; default: `pulumi` on PATH. */
  pulumiRoot?: string;
}

export interface StackCommands {
  context: EngineContext;
  /** Removed from every error; those of the stack's settings are not among them. */
  secrets: readonly string[];
  /** Runs `pulumi` on the stack and returns what it prints. @throws {AutomationError} */
  run(args: readonly string[], input?: string): Promise<string>;
  /** Turns errors of the engine into the closed set of errors. */
  withDiagnosis<T>(work: () => Promise<T>): Promise<T>;
}

function contextOf({
  stack,
  workDir,
  backendUrl,
  env,
  secretEnv,
  pulumiHome,
  pulumiRoot,
}: StackLocation): EngineContext {
  return {
    stackName: stack,
    workDir: resolve(workDir),
    pulumiRoot,
    env: {
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...env,
      ...secretEnv,
      ...(backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl }),
      ...(pulumiHome === undefined ? {} : { PULUMI_HOME: resolve(pulumiHome) }),
    },
  };
}

/** @param more secrets that are not in the environment */
export function stackCommands(location: StackLocation, more: readonly string[] = []): StackCommands {
  const context = contextOf(location);
  const { stackName } = context;
  const secrets = [
    ...secretsOf({ ...process.env, ...context.env }),
    ...Object.values(location.secretEnv ?? {}),
    ...more,
  ];
  async function withDiagnosis<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AutomationError || !(error instanceof Error)) throw error;
      throw diagnose({ stackName, reported: [], printed: redactor(secrets)(error.message) });
    }
  }
  return {
    context,
    secrets,
    withDiagnosis,
    run: (args, input) => withDiagnosis(() => engineCommand(context, [...args, "--stack", stackName], input)),
  };
}
