/** Runs one command over SSH as the official plugin does (its remote/commandOutputs.go). */
import type { Client } from "ssh2";
import { type Context, whyAborted } from "../resource";
import type { Connection } from "./connection";
import { dial } from "./dial";

export interface RemoteRun {
  connection: Connection;
  command: string;
  stdin: string;
  environment: Record<string, string>;
  /** Output of the previous run, for this run's environment. */
  previous: { stdout: string; stderr: string };
  /** Output streams to show while the command runs. */
  shown: { stdout: boolean; stderr: boolean };
}

export interface RemoteOutput {
  stdout: string;
  stderr: string;
}

/** Linux numbers of SSH's signal names (RFC 4254 section 6.10). */
// prettier-ignore
const signals: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, ILL: 4, ABRT: 6, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15 };

/** ssh2 cannot ask the server, so this assumes Debian's AcceptEnv. */
const acceptedByServer = (name: string): boolean => /^(LANG|LC_.*)$/.test(name);

function unableToSet(name: string): string {
  return (
    `Unable to set '${name}'. This only works if your SSH server is configured to accept\n` +
    "\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could\n" +
    "\tprefix the command itself with the variables in the form 'VAR=value command'"
  );
}

/**
 * The environment variables that the server accepts.
 * @throws at the first variable of the program that it rejects
 */
function acceptedEnvironment({ environment, previous }: RemoteRun, log: Context["log"]): Record<string, string> {
  const refused = Object.keys(environment).find((name) => !acceptedByServer(name));
  if (refused) {
    log("error", unableToSet(refused));
    throw new Error(`could not set environment variable ${JSON.stringify(refused)}: ssh: setenv failed`);
  }
  if (previous.stdout) log("warning", unableToSet("PULUMI_COMMAND_STDOUT"));
  if (previous.stderr) log("warning", unableToSet("PULUMI_COMMAND_STDERR"));
  return environment;
}

/** Logs complete lines as they arrive. */
function lineLog(log: Context["log"]): { write(text: string): void; end(): void } {
  let rest = "";
  return {
    write: (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) log("info", line, true);
    },
    end: () => rest && log("info", rest, true),
  };
}

/** The command's error as Go's ssh package formats it; undefined on success. */
function failure(code: number | null | undefined, signalName: string | undefined): string | undefined {
  if (code === 0) return undefined;
  if (signalName) {
    // ssh2 adds the prefix SIG.
    const name = signalName.replace(/^SIG/, "");
    return `Process exited with status ${128 + (signals[name] ?? 0)} from signal ${name}`;
  }
  if (typeof code === "number") return `Process exited with status ${code}`;
  return "wait: remote command exited without exit status or exit signal";
}

function execute(client: Client, run: RemoteRun, { signal, log }: Context): Promise<RemoteOutput> {
  return new Promise((resolve, reject) => {
    const env = acceptedEnvironment(run, log);
    client.exec(run.command, { env }, (error, channel) => {
      if (error) return reject(error);
      const written = { stdout: "", stderr: "", all: "" };
      const shown = lineLog(log);
      const collect = (name: "stdout" | "stderr") => (text: string) => {
        written[name] += text;
        written.all += text;
        if (run.shown[name]) shown.write(text);
      };
      const abort = (): void => {
        channel.signal("TERM");
        channel.close();
        reject(whyAborted(signal));
      };
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      channel.setEncoding("utf8").on("data", collect("stdout"));
      channel.stderr.setEncoding("utf8").on("data", collect("stderr"));
      channel.on("error", () => undefined);
      channel.on("close", (code?: number | null, signalName?: string) => {
        signal.removeEventListener("abort", abort);
        shown.end();
        const failed = failure(code, signalName);
        if (failed) return reject(new Error(`${failed}: running ${JSON.stringify(run.command)}:\n${written.all}`));
        resolve({ stdout: trimNewline(written.stdout), stderr: trimNewline(written.stderr) });
      });
      channel.end(run.stdin);
    });
  });
}

const trimNewline = (text: string): string => text.replace(/\n$/, "");

/** @throws with the command and its output unless it exits with 0 */
export async function runRemote(run: RemoteRun, context: Context): Promise<RemoteOutput> {
  const clients = await dial(run.connection, context);
  try {
    const [client] = clients;
    if (!client) throw new Error("expected a connection, found none");
    return await execute(client, run, context);
  } finally {
    for (const client of clients) client.end();
  }
}
