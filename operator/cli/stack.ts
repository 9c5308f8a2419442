/** A stack as commands read it: its settings, how it calls AWS, and its outputs. */
import { readStack, type StackReader } from "../../automation/reader";
import { type Connection, connectionOf, connectionSettings } from "../../components/aws/connection";
import { parseOutputs, type StackOutputs } from "../../outputs/stackOutputs";
import { readConfig, type Settings } from "../../settings/read";

export interface NamedStack {
  stack: string;
  /** The project's directory. */
  cwd: string;
}

/** What a stack's settings say. */
export interface StackFacts {
  /** `<project>/<stack>`, as tags and the node have it. */
  owner: string;
  settings: Settings;
  connection: Connection;
}

export interface OpenedStack extends StackFacts {
  outputs: StackOutputs;
}

export const readerOf = ({ stack, cwd }: NamedStack): StackReader => readStack({ stack, workDir: cwd });

/** Settings of the `aws` provider that SDK calls use, by their whole keys. */
const awsSettings: readonly string[] = connectionSettings.map((key) => `aws:${key}`);

/** The stack's connection to AWS. */
export async function connectionOfStack(reader: StackReader): Promise<Connection> {
  const values = await reader.settings((key) => awsSettings.includes(key));
  return connectionOf((key) => values[`aws:${key}`]);
}

/**
 * @param login whether the command logs in to the node: only then the SSH key is decrypted
 * @throws {AutomationError | ConfigError}
 */
export async function factsOf({ stack }: NamedStack, reader: StackReader, login: boolean): Promise<StackFacts> {
  const { project } = reader;
  const values = await reader.settings(
    (key) =>
      awsSettings.includes(key) || (key.startsWith(`${project}:`) && (login || key !== `${project}:sshPrivateKey`)),
  );
  return {
    owner: `${project}/${stack.split("/").at(-1) ?? stack}`,
    settings: readConfig(project, values, stack),
    connection: connectionOf((key) => values[`aws:${key}`]),
  };
}

/** @throws if the stack is not up */
export async function outputsOf({ stack }: NamedStack, reader: StackReader): Promise<Record<string, unknown>> {
  const outputs = await reader.outputs((key) => key !== "statsPassword");
  if (Object.keys(outputs).length > 0) return outputs;
  throw new Error(`--stack: expected a stack that is up, found '${stack}' without outputs: pulumi up --stack ${stack}`);
}

/** @throws {AutomationError | ConfigError | Error} if there is no such stack, its settings cannot work, or it is not up */
export async function openStack(flags: NamedStack, reader: StackReader, login: boolean): Promise<OpenedStack> {
  const [facts, outputs] = await Promise.all([factsOf(flags, reader, login), outputsOf(flags, reader)]);
  return { ...facts, outputs: parseOutputs(JSON.stringify(outputs)) };
}
