/** An SSH server on this machine for one test file: OpenSSH where it is installed, and the SSH library's own everywhere. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Server, type ServerChannel, utils } from "ssh2";
import { ed25519, type KeyPair } from "./ed25519";

export const keyTypes = ["ed25519", "ecdsa", "rsa"] as const;
export type KeyType = (typeof keyTypes)[number];

const generate = {
  ed25519: (): KeyPair => ed25519(),
  ecdsa: (): KeyPair => utils.generateKeyPairSync("ecdsa", { bits: 256 }),
  rsa: (): KeyPair => utils.generateKeyPairSync("rsa", { bits: 2048 }),
} as const;

const hostKeys = {} as Record<KeyType, KeyPair>;
/** A key that logs in, and one that does not. */
export const loginKey = generate.ed25519();
export const foreignKey = generate.ed25519();

export interface SshServer {
  port: number;
  user: string;
  /** As in known_hosts. */
  hostKey(type: KeyType): string;
  /** Algorithms for which it shows a host key; SHA-1 is not among them, as in OpenSSH since 8.8. */
  hostKeyAlgorithms: readonly string[];
  /** TCP connections so far. */
  connections(): number;
  stop(): Promise<void>;
}

function makeHostKeys(): void {
  for (const type of keyTypes) hostKeys[type] ??= generate[type]();
}

const described = (port: number) => ({
  port,
  user: userInfo().username,
  hostKey: (type: KeyType): string => hostKeys[type].public,
});

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

const sshd = "/usr/sbin/sshd";

async function startOpenSsh(): Promise<SshServer> {
  makeHostKeys();
  const directory = await mkdtemp(join(tmpdir(), "sshd-"));
  const port = await freePort();
  for (const type of keyTypes) {
    await writeFile(join(directory, type), hostKeys[type].private, { mode: 0o600 });
  }
  await writeFile(join(directory, "authorized_keys"), loginKey.public);
  const log = join(directory, "log");
  await writeFile(
    join(directory, "config"),
    [
      ...[`Port ${port}`, "ListenAddress 127.0.0.1", "UsePAM no", "StrictModes no", "PidFile none"],
      ...["PasswordAuthentication no", "PermitRootLogin yes", "LogLevel VERBOSE", "AcceptEnv LANG LC_*"],
      ...["MaxStartups 100", `AuthorizedKeysFile ${join(directory, "authorized_keys")}`],
      ...keyTypes.map((type) => `HostKey ${join(directory, type)}`),
    ].join("\n"),
  );
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
  const child = spawn(sshd, ["-D", "-f", join(directory, "config"), "-E", log], { stdio: "ignore" });
  const written = async (): Promise<string> => (existsSync(log) ? await readFile(log, "utf8") : "");
  for (let tries = 0; !(await written()).includes("Server listening"); tries++) {
    if (tries > 4800 || child.exitCode !== null) throw new Error(`sshd did not start:\n${await written()}`);
    await sleep(25);
  }
  return {
    ...described(port),
    hostKeyAlgorithms: ["ecdsa-sha2-nistp256", "rsa-sha2-256", "rsa-sha2-512", "ssh-ed25519"],
    connections: () => readFileSync(log, "utf8").split("Connection from ").length - 1,
    stop: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(directory, { recursive: true });
    },
  };
}

/** Runs a command as sshd does, through the login shell. */
function execute(shell: string, command: string, channel: ServerChannel): void {
  const child = spawn(shell, ["-c", command]);
  channel.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("error", () => undefined);
  channel.on("close", () => child.kill());
  child.on("close", (code, signal) => {
    if (signal) channel.exit(signal.replace(/^SIG/, ""));
    else channel.exit(code ?? 255);
    channel.end();
  });
}

/** The SSH library's own. */
export async function startLibraryServer(loginShell = "/bin/sh"): Promise<SshServer> {
  makeHostKeys();
  let connections = 0;
  const authorized = utils.parseKey(loginKey.public);
  if (authorized instanceof Error) throw authorized;
  const server = new Server(
    // The library would sign with SHA-1 for an RSA key.
    { hostKeys: [hostKeys.ecdsa.private, hostKeys.ed25519.private] },
    (client) => {
      client.on("error", () => undefined);
      client.on("authentication", (attempt) => {
        const isKey = attempt.method === "publickey" && attempt.key.data.equals(authorized.getPublicSSH());
        const { blob, signature, hashAlgo } = attempt.method === "publickey" ? attempt : {};
        if (isKey && (!signature || !blob || authorized.verify(blob, signature, hashAlgo) === true)) {
          attempt.accept();
        } else attempt.reject(["publickey"]);
      });
      client.on("session", (accept) => {
        const session = accept();
        session.on("env", (acceptEnv) => acceptEnv?.());
        session.on("exec", (acceptExec, _reject, { command }) => execute(loginShell, command, acceptExec()));
      });
      client.on("tcpip", (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP, () => {
          const channel = accept();
          channel.on("error", () => undefined);
          socket.pipe(channel).pipe(socket);
        });
        socket.on("error", () => reject());
      });
    },
  );
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...described((server.address() as { port: number }).port),
    hostKeyAlgorithms: ["ecdsa-sha2-nistp256", "ssh-ed25519"],
    connections: () => connections,
    stop: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

/** The servers of this machine, by name. */
export function sshServers(): Record<string, () => Promise<SshServer>> {
  return {
    ...(existsSync(sshd) ? { OpenSSH: startOpenSsh } : {}),
    "the library's server": () => startLibraryServer(),
  };
}
