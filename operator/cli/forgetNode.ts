/** Takes the node out of a stack's removal: a dead node must not block `pulumi destroy`. */
import { nameOf } from "../../automation/events";
import { resourcesOf, type StackState, type StateResource } from "../../automation/state";
import { readerOf, type NamedStack } from "./stack";

const isHostFile = ({ type }: StateResource): boolean => type === "command:remote:Command";
const confirming = ["SeenApi", "ConfirmedChange"].map((type) => `pulumi-nodejs:dynamic/kops-secondary-ingress:${type}`);
const callsNode = (resource: StateResource): boolean => isHostFile(resource) || confirming.includes(resource.type);

/** @returns the state with everything retained whose removal calls the node, and the names of the commands */
export function withoutNode(state: StackState): { state: StackState; forgotten: string[] } {
  const resources = resourcesOf(state).map((resource) =>
    callsNode(resource) ? { ...resource, retainOnDelete: true } : resource,
  );
  return {
    state: { ...state, deployment: { ...state.deployment, resources } },
    forgotten: resources.filter(isHostFile).map(({ urn }) => nameOf(urn)),
  };
}

export async function forgetNode(flags: NamedStack & { yes?: boolean; json?: boolean }): Promise<void> {
  const reader = readerOf(flags);
  const { state, forgotten } = withoutNode(await reader.state());
  if (flags.yes) await reader.replaceState(state);
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
