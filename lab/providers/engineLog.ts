/** The engine's log, which `pulumi` shows to the user. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import type { Context } from "./resource";

const severities = {
  info: engine.LogSeverity.INFO,
  warning: engine.LogSeverity.WARNING,
  error: engine.LogSeverity.ERROR,
} as const;

export interface ResourceLog {
  log: Context["log"];
  /** Resolves when the engine has received all lines; must precede the operation's response. */
  flush(): Promise<void>;
}

/** The engine's address: the only argument that is not a flag. */
const address = process.argv.slice(2).find((argument) => !argument.startsWith("-"));

let client: EngineClient | undefined;

function send(request: engine.LogRequest): Promise<void> {
  if (!address) return Promise.resolve();
  const target = (client ??= new EngineClient(address, grpc.credentials.createInsecure()));
  // A lost log line is not an error.
  return new Promise((resolve) => target.log(request, () => resolve()));
}

/** The log of one resource; keeps lines in order. */
export function resourceLog(urn: string): ResourceLog {
  let sent = Promise.resolve();
  return {
    log: (severity, message, passing = false) => {
      const request = new engine.LogRequest();
      request.setSeverity(severities[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(passing);
      sent = sent.then(() => send(request));
    },
    flush: () => sent,
  };
}
