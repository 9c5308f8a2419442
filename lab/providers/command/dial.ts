/** Opens SSH connections with the official plugin's retries, checks and error messages (its remote/connection.go). */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Algorithms, Client, type ClientChannel, type ConnectConfig, type ParsedKey, utils } from "ssh2";
import { keyForSsh2 } from "../../../settings/privateKeys";
import { type Context, whyAborted } from "../resource";
import type { Connection, Host } from "./connection";
import { type DialFacts, goDialError } from "./goErrors";

/** Backoff between dials in seconds: first, factor, maximum (sdk/go/common/util/retry/until.go). */
const pauses = { first: 0.1, factor: 1.5, most: 5 } as const;

/** A host with parsed keys. */
interface Target extends Host {
  expectedKey?: ParsedKey;
}

/**
 * Parses the keys once: retries do not fix an invalid key.
 * @throws without the key in the message
 */
function prepare({ privateKey: given, ...rest }: Host): Target {
  const host: Host = { ...rest, ...(given ? { privateKey: keyForSsh2(given) } : {}) };
  if (host.privateKey) {
    const parsed = utils.parseKey(host.privateKey, host.privateKeyPassword);
    if (parsed instanceof Error) throw new Error("ssh: the private key cannot be read", { cause: parsed });
  }
  const agentSocketPath = host.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
  if (agentSocketPath && !existsSync(agentSocketPath)) {
    throw new Error(`dial unix ${agentSocketPath}: connect: no such file or directory`);
  }
  const target = { ...host, ...(agentSocketPath ? { agentSocketPath } : {}) };
  if (!host.hostKey) return target;
  const expectedKey = utils.parseKey(host.hostKey);
  if (expectedKey instanceof Error) throw new Error("failed to parse host key: ssh: no key found");
  return { ...target, expectedKey };
}

function connectOnce(target: Target, through: ClientChannel | undefined): Promise<Client> {
  const { expectedKey } = target;
  const facts: DialFacts = {
    hostKeyMismatch: false,
    peerOffered: [],
    methods: [
      ...(target.privateKey || target.agentSocketPath ? ["publickey"] : []),
      ...(target.password ? ["password"] : []),
    ],
  };
  const config: ConnectConfig = {
    username: target.user,
    readyTimeout: target.perDialTimeout * 1000,
    ...(through ? { sock: through } : { host: target.host, port: target.port }),
    ...(target.privateKey ? { privateKey: target.privateKey } : {}),
    ...(target.privateKeyPassword ? { passphrase: target.privateKeyPassword } : {}),
    ...(target.password ? { password: target.password } : {}),
    ...(target.agentSocketPath ? { agent: target.agentSocketPath } : {}),
  };
  if (expectedKey) {
    facts.offered = expectedKey.type;
    // Offers only the expected key's algorithm, so that the server presents the key that we can verify.
    config.algorithms = { serverHostKey: [expectedKey.type] } as Algorithms;
    config.hostVerifier = (key: Buffer) => {
      facts.hostKeyMismatch = !key.equals(expectedKey.getPublicSSH());
      return !facts.hostKeyMismatch;
    };
    // The library reports the server's algorithms only in its debug output.
    config.debug = (line) => {
      const offer = /\(remote\) Host key format: (.*)$/.exec(line)?.[1];
      if (offer) facts.peerOffered = offer.split(",");
    };
  }
  return new Promise((resolve, reject) => {
    const client = new Client();
    // As Go does; otherwise each message waits 40 ms for the server's delayed acknowledgement.
    client.once("connect", () => client.setNoDelay(true));
    client.once("ready", () => {
      client.removeAllListeners("error");
      // A broken connection ends the command, which reports the error.
      client.on("error", () => undefined);
      resolve(client);
    });
    client.once("error", (error) => {
      client.on("error", () => undefined);
      client.end();
      reject(goDialError(error, target, facts));
    });
    client.connect(config);
  });
}

/** Dials until it succeeds or has failed `limit` + 1 times. */
async function withRetries<T>(
  what: string,
  limit: number,
  { signal, log }: Context,
  attempt: () => Promise<T>,
): Promise<T> {
  let pause: number = pauses.first;
  for (let failures = 0; ; failures++) {
    if (signal.aborted) throw whyAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      if (limit >= 0 && failures >= limit) {
        throw new Error(`after ${failures} failed attempts: ${(error as Error).message}`, { cause: error });
      }
    }
    log("info", `${what} ${failures + 1}/${limit < 0 ? "inf" : limit} failed: retrying`, true);
    await sleep(pause * 1000, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * pauses.factor, pauses.most);
  }
}

function forward(proxy: Client, { host, port }: Host): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

/** Runs `work` and marks its errors as the proxy's. */
async function asProxy<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Connects, through the proxy if there is one.
 * @returns the host's client first
 */
export async function dial(connection: Connection, context: Context): Promise<Client[]> {
  const target = prepare(connection);
  const { dialErrorLimit: limit } = target;
  if (!connection.proxy) return [await withRetries("Dial", limit, context, () => connectOnce(target, undefined))];
  const { proxy } = connection;
  return asProxy(async () => {
    const between = prepare(proxy);
    const proxyClient = await withRetries("Dial proxy", between.dialErrorLimit, context, () =>
      connectOnce(between, undefined),
    );
    try {
      const client = await withRetries("Dial", limit, context, async () =>
        connectOnce(target, await forward(proxyClient, target)),
      );
      return [client, proxyClient];
    } catch (error) {
      proxyClient.end();
      throw error;
    }
  });
}
