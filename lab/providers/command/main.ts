/** Stands in for the official `command` plugin: remote.Command, with the behaviour of its release 1.2.1. */
import type { Properties, ResourceType } from "../resource";
import { serve } from "../server";
import { type Connection, runRemote } from "./ssh";

const connectionFields = [
  ...["host", "port", "user", "password", "privateKey", "privateKeyPassword", "agentSocketPath", "hostKey", "proxy"],
  ...["dialErrorLimit", "perDialTimeout"],
];

function unknownFields(connection: unknown, path: string): { property: string; reason: string }[] {
  if (typeof connection !== "object" || connection === null) return [];
  return Object.keys(connection)
    .filter((field) => !connectionFields.includes(field))
    .map((field) => ({ property: `${path}.${field}`, reason: "is no field of a connection" }));
}

async function runCommand(command: string, properties: Properties, signal: AbortSignal): Promise<Properties> {
  const text = (name: string): string => (typeof properties[name] === "string" ? properties[name] : "");
  const environment: [string, string][] = Object.entries((properties["environment"] ?? {}) as Record<string, string>);
  return runRemote({
    connection: properties["connection"] as Connection,
    command,
    stdin: text("stdin"),
    environment,
    signal,
  });
}

const remoteCommand: ResourceType = {
  replaceOn: ["triggers"],
  check: ({ connection }) => [
    ...unknownFields(connection, "connection"),
    ...unknownFields((connection as { proxy?: unknown } | undefined)?.proxy, "connection.proxy"),
  ],
  create: async (inputs, signal) => {
    const ran = inputs["create"]
      ? await runCommand(String(inputs["create"]), inputs, signal)
      : { stdout: "", stderr: "" };
    return { id: `cmd-${process.hrtime.bigint().toString(36)}`, outputs: { ...inputs, ...ran } };
  },
  update: async (_id, olds, inputs, signal) => {
    const command = inputs["update"] ?? inputs["create"];
    const ran = command
      ? await runCommand(String(command), inputs, signal)
      : { stdout: olds["stdout"], stderr: olds["stderr"] };
    return { ...inputs, ...ran };
  },
  delete: async (_id, outputs, signal) => {
    if (outputs["delete"]) await runCommand(String(outputs["delete"]), outputs, signal);
  },
};

serve({ name: "command", version: "1.2.1", resources: { "command:remote:Command": remoteCommand }, functions: {} });
