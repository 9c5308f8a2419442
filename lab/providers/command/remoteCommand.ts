/** command.remote.Command as of release 1.2.1. */
import { randomBytes } from "node:crypto";
import type { Context, Properties, ResourceType } from "../resource";
import { type Connection, connectionFaults, withDefaults } from "./connection";
import type { RemoteOutput } from "./run";

const asText = (value: unknown): string => (typeof value === "string" ? value : "");

/** @param previous outputs of the previous run, which this run may receive */
async function run(
  command: unknown,
  properties: Properties,
  previous: Properties,
  context: Context,
): Promise<RemoteOutput> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a preview needs no SSH
  const { runRemote } = require("./run") as typeof import("./run");
  const { connection, environment, logging = "stdoutAndStderr", stdin } = properties;
  const handedOn = properties["addPreviousOutputInEnv"] === false ? {} : previous;
  const ran = {
    connection: withDefaults(connection) as Connection,
    command: asText(command),
    stdin: asText(stdin),
    environment: (environment ?? {}) as Record<string, string>,
    previous: { stdout: asText(handedOn["stdout"]), stderr: asText(handedOn["stderr"]) },
    shown: {
      stdout: logging === "stdout" || logging === "stdoutAndStderr",
      stderr: logging === "stderr" || logging === "stdoutAndStderr",
    },
  };
  return runRemote(ran, context);
}

export const remoteCommand: ResourceType = {
  inputs: [
    ...["connection", "create", "update", "delete", "stdin", "environment", "triggers", "logging"],
    "addPreviousOutputInEnv",
  ],
  computed: ["stdout", "stderr"],
  recomputed: ["stdout", "stderr"],
  secret: ["connection"],
  replaceOn: ["triggers"],
  normalize: (inputs) => ({ ...inputs, connection: withDefaults(inputs["connection"]) }),
  check: ({ connection }) => connectionFaults(connection),
  create: async (inputs, context) => {
    const { create } = inputs;
    const output = create === undefined ? { stdout: "", stderr: "" } : await run(create, inputs, {}, context);
    return { id: randomBytes(8).toString("hex"), outputs: { ...inputs, ...output } };
  },
  update: async (_id, olds, news, context) => {
    const command = news["update"] ?? news["create"];
    const before = { stdout: olds["stdout"], stderr: olds["stderr"] };
    return { ...news, ...(command === undefined ? before : await run(command, news, olds, context)) };
  },
  delete: async (_id, outputs, context) => {
    if (outputs["delete"] !== undefined) await run(outputs["delete"], outputs, outputs, context);
  },
};
