/** A stack as commands read it: its settings, how it calls AWS, and its outputs. */
import { LocalWorkspace, type Stack, StackNotFoundError } from "@pulumi/pulumi/automation";
import type { Connection } from "../../components/aws/connection";
import { readConfig, type Settings } from "../../settings/read";
import { parseOutputs, type StackOutputs } from "../../outputs/stackOutputs";

export interface NamedStack {
  stack: string;
  /** The project's directory. */
  cwd: string;
}

/** @throws saying where to look, where there is no such stack */
export async function selectStack({ stack, cwd }: NamedStack): Promise<Stack> {
  return LocalWorkspace.selectStack({ stackName: stack, workDir: cwd }).catch((error: unknown) => {
    if (!(error instanceof StackNotFoundError)) throw error;
    throw new Error(
      `--stack: expected a stack of this project and back end, found none called '${stack}': see 'pulumi stack ls'`,
    );
  });
}

export interface OpenedStack {
  /** `<project>/<stack>`, as tags and the node have it. */
  owner: string;
  settings: Settings;
  /** The settings as they are written, by their whole keys. */
  config: Record<string, string>;
  connection: Connection;
  outputs: StackOutputs;
  /** Values that must not be shown, to take them out of texts. */
  secrets: string[];
}

/** How the stack's `aws` provider is set up: `aws:` settings are text, those with structure as JSON. */
export function connectionOf(values: Readonly<Record<string, string>>): Connection {
  const json = <T>(key: string): T | undefined => {
    const text = values[`aws:${key}`];
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  const region = values["aws:region"];
  const profile = values["aws:profile"];
  const given = Object.assign({}, ...(json<object[]>("endpoints") ?? [])) as Record<string, string>;
  const called = (["ec2", "elbv2", "sts", "autoscaling"] as const).filter((service) => given[service]);
  const endpoints = Object.fromEntries(called.map((service) => [service, given[service]]));
  const assumeRoles = json<NonNullable<Connection["assumeRoles"]>>("assumeRoles");
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(called.length > 0 ? { endpoints } : {}),
    ...(assumeRoles ? { assumeRoles } : {}),
  };
}

/** @throws where there is no such stack, or it is not up */
export async function openStack(stackName: string, workDir: string): Promise<OpenedStack> {
  const stack = await selectStack({ stack: stackName, cwd: workDir });
  const [{ name }, all, outputs] = await Promise.all([
    stack.workspace.projectSettings(),
    stack.getAllConfig(),
    stack.outputs(),
  ]);
  const values = Object.fromEntries(Object.entries(all).map(([key, { value }]) => [key, value]));
  const shown = Object.fromEntries(
    Object.entries(outputs).map(([key, { value, secret }]) => [key, secret ? "[secret]" : (value as unknown)]),
  );
  return {
    owner: `${name}/${stackName.split("/").at(-1) ?? stackName}`,
    settings: readConfig(name, values, stackName),
    config: values,
    connection: connectionOf(values),
    outputs: parseOutputs(JSON.stringify(shown)),
    secrets: [...Object.values(outputs), ...Object.values(all)].flatMap(({ value, secret }) =>
      secret ? [String(value)] : [],
    ),
  };
}
