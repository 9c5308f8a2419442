/** The stack that a command is for. */
import { LocalWorkspace, type Stack, StackNotFoundError } from "@pulumi/pulumi/automation";

export interface StackFlags {
  stack: string;
  cwd: string;
}

/** @throws saying where to look, where there is no such stack */
export async function selectStack({ stack, cwd }: StackFlags): Promise<Stack> {
  return LocalWorkspace.selectStack({ stackName: stack, workDir: cwd }).catch((error: unknown) => {
    if (!(error instanceof StackNotFoundError)) throw error;
    throw new Error(
      `--stack: expected a stack of this project and back end, found none called '${stack}': see 'pulumi stack ls'`,
    );
  });
}
