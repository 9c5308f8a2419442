/** Opens SSH connections with the retries, the checks and the error texts of the official plugin (its remote/connection.go). */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Algorithms, Client, type ClientChannel, type ConnectConfig, type ParsedKey, utils } from "ssh2";
import { type Context, whyAborted } from "../resource";
import type { Connection, Host } from "./connection";
import { type DialFacts, goDialError } from "./goErrors";

/** Seconds between dials: the first, the factor, the most (sdk/go/common/util/retry/until.go). */
const pauses = { first: 0.1, factor: 1.5, most: 5 } as const;

/** A host with its keys read. */
interface Target extends Host {
  expectedKey?: ParsedKey;
}

/** Reads the keys once, for what is wrong with them does not go away. @throws without showing a key */
function prepare(host: Host): Target {
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
    // Only the expected key's algorithm, so that the server shows the key that we know.
    config.algorithms = { serverHostKey: [expectedKey.type] } as Algorithms;
    config.hostVerifier = (key: Buffer) => {
      facts.hostKeyMismatch = !key.equals(expectedKey.getPublicSSH());
      return !facts.hostKeyMismatch;
    };
    // The library says what the server offers nowhere else.
    config.debug = (line) => {
      const offer = /\(remote\) Host key format: (.*)$/.exec(line)?.[1];
      if (offer) facts.peerOffered = offer.split(",");
    };
  }
  return new Promise((resolve, reject) => {
    const client = new Client();
    // As Go does; each message would otherwise wait for the server's delayed acknowledgement, 40 ms.
    client.once("connect", () => client.setNoDelay(true));
    client.once("ready", () => {
      client.removeAllListeners("error");
      // The end of the connection ends the command, which says so.
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

/** Dials until it succeeds, or has failed `limit` times and once more. */
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

/** What `work` gives, its errors marked as the proxy's. */
async function asProxy<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * A connection, and the one that it goes through.
 * @returns first the host's
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
