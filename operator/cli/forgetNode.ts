/** Takes the node out of a stack's removal: a dead node must not block `pulumi destroy`. */
import type { Deployment } from "@pulumi/pulumi/automation";
import { nameOf } from "../../automation/events";
import { selectStack, type NamedStack } from "./stack";

interface Resource {
  urn: string;
  type: string;
  retainOnDelete?: boolean;
  inputs?: { create?: unknown };
}

const isHostFile = ({ type }: Resource): boolean => type === "command:remote:Command";

/** @returns the state with every remote command retained, and their names */
export function withoutNode(state: Deployment): { state: Deployment; forgotten: string[] } {
  const deployment = state.deployment as { resources?: Resource[] };
  const resources = (deployment.resources ?? []).map((resource) =>
    isHostFile(resource) ? { ...resource, retainOnDelete: true } : resource,
  );
  return {
    state: { ...state, deployment: { ...deployment, resources } },
    forgotten: resources.filter(isHostFile).map(({ urn }) => nameOf(urn)),
  };
}

export async function forgetNode(flags: NamedStack & { yes?: boolean; json?: boolean }): Promise<void> {
  const stack = await selectStack(flags);
  const { state, forgotten } = withoutNode(await stack.exportStack());
  if (flags.yes) await stack.importStack(state);
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ stack: flags.stack, forgotten: flags.yes ? forgotten : [] }, undefined, 2)}\n`,
    );
    return;
  }
  const what = `${forgotten.length} host files and steps of stack '${flags.stack}'`;
  process.stdout.write(
    flags.yes
      ? `${what} are forgotten: 'pulumi destroy --stack ${flags.stack}' leaves the node alone. Left on it: ${forgotten.join(", ")}.\n`
      : `${what} would be forgotten, and stay on the node. Do it with --yes.\n`,
  );
}
