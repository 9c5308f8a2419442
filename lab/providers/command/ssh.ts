/** Runs one command over SSH, with the dials, the checks and the error texts of the official plugin. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Algorithms, Client, type ClientChannel, type ConnectConfig } from "ssh2";

export interface Connection {
  host: string;
  port?: number;
  user?: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** Public key as in known_hosts; any key is accepted without it. */
  hostKey?: string;
  proxy?: Connection;
  /** Number of dials, default 10. */
  dialErrorLimit?: number;
  /** Seconds for one dial, default 15. */
  perDialTimeout?: number;
}

export interface RemoteRun {
  connection: Connection;
  command: string;
  stdin: string;
  environment: [string, string][];
  signal: AbortSignal;
}

/** Seconds between dials: 0.1, half as much more each time, 5 at most. */
const pauses = { first: 0.1, factor: 1.5, most: 5 } as const;

/** The host key's own algorithm, so that the server offers the key that we know. */
function algorithmsFor(hostKey: string): Algorithms {
  const [type = ""] = hostKey.trim().split(/\s+/);
  return { serverHostKey: [type as NonNullable<Extract<Algorithms["serverHostKey"], unknown[]>>[number]] };
}

function verifier(hostKey: string): (key: Buffer) => boolean {
  const expected = Buffer.from(hostKey.trim().split(/\s+/)[1] ?? "", "base64");
  return (key) => key.equals(expected);
}

function dialOnce(connection: Connection, through: ClientChannel | undefined): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let offered: Buffer | undefined;
    const config: ConnectConfig = {
      username: connection.user ?? "root",
      readyTimeout: (connection.perDialTimeout ?? 15) * 1000,
      ...(through ? { sock: through } : { host: connection.host, port: connection.port ?? 22 }),
      ...(connection.privateKey ? { privateKey: connection.privateKey } : {}),
      ...(connection.privateKeyPassword ? { passphrase: connection.privateKeyPassword } : {}),
      ...(connection.password ? { password: connection.password } : {}),
      ...(connection.agentSocketPath ? { agent: connection.agentSocketPath } : {}),
    };
    if (connection.hostKey) {
      const verify = verifier(connection.hostKey);
      config.algorithms = algorithmsFor(connection.hostKey);
      config.hostVerifier = (key: Buffer) => {
        offered = key;
        return verify(key);
      };
    }
    client.once("ready", () => {
      client.removeAllListeners("error");
      client.on("error", () => undefined);
      resolve(client);
    });
    client.once("error", (error) => {
      client.end();
      const mismatch =
        offered !== undefined && connection.hostKey !== undefined && !verifier(connection.hostKey)(offered);
      if (mismatch) reject(new Error("ssh: handshake failed: ssh: host key mismatch"));
      else if (/no matching host key/i.test(error.message)) {
        const type = connection.hostKey?.split(/\s+/)[0] ?? "";
        reject(new Error(`ssh: handshake failed: ssh: no common algorithm for host key; we offered: [${type}]`));
      } else reject(error);
    });
    client.connect(config);
  });
}

/** Dials until it succeeds or the limit is reached. */
async function dial(
  connection: Connection,
  signal: AbortSignal,
  through?: () => Promise<ClientChannel>,
): Promise<Client> {
  const limit = connection.dialErrorLimit ?? 10;
  let pause: number = pauses.first;
  for (let tries = 1; ; tries++) {
    try {
      signal.throwIfAborted();
      return await dialOnce(connection, await through?.());
    } catch (error) {
      if (signal.aborted || tries >= limit) {
        throw new Error(`after ${tries} failed attempts: ${(error as Error).message}`, { cause: error });
      }
      await sleep(pause * 1000, undefined, { signal });
      pause = Math.min(pause * pauses.factor, pauses.most);
    }
  }
}

function forward(proxy: Client, { host, port }: Connection): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port ?? 22, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

function execute(
  client: Client,
  { command, stdin, environment, signal }: RemoteRun,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env: Object.fromEntries(environment) }, (error, channel) => {
      if (error) return reject(error);
      let stdout = "";
      let stderr = "";
      let all = "";
      let ended: { code: number | null; signalName?: string } = { code: null };
      const abort = (): void => {
        channel.signal("TERM");
        channel.close();
      };
      signal.addEventListener("abort", abort, { once: true });
      channel.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        all += text;
      });
      channel.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
        all += text;
      });
      channel.on(
        "exit",
        (code: number | null, signalName?: string) => (ended = { code, ...(signalName ? { signalName } : {}) }),
      );
      channel.on("close", () => {
        signal.removeEventListener("abort", abort);
        if (ended.code === 0) return resolve({ stdout: trimNewline(stdout), stderr: trimNewline(stderr) });
        const how = ended.signalName
          ? `Process exited with status 1 from signal ${ended.signalName}`
          : ended.code === null
            ? "wait: remote command exited without exit status or exit signal"
            : `Process exited with status ${ended.code}`;
        reject(new Error(`${how}: running ${JSON.stringify(command)}:\n${all}`));
      });
      channel.on("error", () => undefined);
      channel.end(stdin);
    });
  });
}

const trimNewline = (text: string): string => text.replace(/\n$/, "");

export async function runRemote(run: RemoteRun): Promise<{ stdout: string; stderr: string }> {
  // A stock sshd accepts LANG and LC_* only, and the official plugin gives up at the first refusal.
  const refused = run.environment.find(([name]) => !/^(LANG|LC_.*)$/.test(name));
  if (refused) throw new Error(`could not set environment variable ${JSON.stringify(refused[0])}: ssh: setenv failed`);
  const { connection, signal } = run;
  const clients: Client[] = [];
  try {
    let through: (() => Promise<ClientChannel>) | undefined;
    if (connection.proxy) {
      const proxy = await dial(connection.proxy, signal);
      clients.push(proxy);
      through = () => forward(proxy, connection);
    }
    const client = await dial(connection, signal, through);
    clients.push(client);
    return await execute(client, run);
  } finally {
    for (const client of clients.reverse()) client.end();
  }
}
