/** One SSH session in which one script runs. */
import type { Client, ConnectConfig } from "ssh2";
import { keyForSsh2 } from "../../settings/privateKeys";
import type { SshSettings } from "../../settings/read";

export interface Login {
  ssh: SshSettings;
  /** Where to dial when `ssh.host` is not given. */
  address: string;
  privateKey?: string;
}

/** Milliseconds for a connection, and for a script unless its caller knows better. */
const connectPatience = 8_000;
const scriptPatience = 20_000;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where it is used, not with the program: docs/decisions/0003
const ssh2 = (): typeof import("ssh2") => require("ssh2") as typeof import("ssh2");

/** What a login prints before the script, from a startup file, need not end with a line. */
const begins = "secondary-ingress: the script begins";
const saidBy = (out: string): string => out.split(`${begins}\n`)[1] ?? "";

const hostKeyDiffers = "HostKeyDiffers";
/** Whether the server shows another host key than the settings have. By name: Pulumi serializes no class whose constructor has arguments. */
export const isHostKeyDifference = (error: unknown): boolean => (error as Error).name === hostKeyDiffers;

function connect(client: Client, config: ConnectConfig, hostKey: string): Promise<void> {
  const [type = "", key = ""] = hostKey.split(/\s+/);
  let differs = false;
  return new Promise((resolve, reject) => {
    client.on("ready", resolve).on("error", (error) => {
      reject(
        differs ? Object.assign(new Error("another host key than the settings have"), { name: hostKeyDiffers }) : error,
      );
    });
    client.connect({
      ...config,
      readyTimeout: connectPatience,
      algorithms: { serverHostKey: [type] as never },
      hostVerifier: (shown: Buffer) => {
        differs = shown.toString("base64") !== key;
        return !differs;
      },
    });
  });
}

/**
 * @returns what the script printed; nothing if the login runs none
 * @param patience milliseconds that the script may take
 * @throws {Error} where nobody answers, another machine does, or there is no login
 */
export async function runScript(
  { ssh, address, privateKey }: Login,
  command: string,
  script: string,
  patience = scriptPatience,
): Promise<string> {
  const agent = process.env["SSH_AUTH_SOCK"];
  const who = privateKey ? { privateKey: keyForSsh2(privateKey) } : { ...(agent ? { agent } : {}) };
  const clients: Client[] = [];
  try {
    const target = { host: ssh.host ?? address, port: ssh.port ?? 22, username: ssh.user };
    let way: ConnectConfig = { ...target, ...who };
    if (ssh.proxy) {
      const proxy = new (ssh2().Client)();
      clients.push(proxy);
      const { host, port = 22, user, hostKey } = ssh.proxy;
      await connect(proxy, { host, port, username: user, ...who }, hostKey);
      const sock = await new Promise<ConnectConfig["sock"]>((resolve, reject) => {
        proxy.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
          if (error) reject(error);
          else resolve(stream);
        });
      });
      way = { ...way, ...(sock ? { sock } : {}) };
    }
    const client = new (ssh2().Client)();
    clients.push(client);
    await connect(client, way, ssh.hostKey);
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no answer within ${patience / 1000} s`));
      }, patience);
      client.exec(command, (error, stream) => {
        if (error) {
          reject(error);
          return;
        }
        let [out, err] = ["", ""];
        stream.on("data", (data: Buffer) => (out += data.toString()));
        stream.stderr.on("data", (data: Buffer) => (err += data.toString()));
        stream.on("close", (status: number) => {
          clearTimeout(timer);
          if (status === 0) resolve(saidBy(out));
          else reject(new Error(err.trim().split("\n").at(-1) ?? `status ${status}`));
        });
        stream.end(`echo '${begins}'\n${script}`);
      });
    });
  } finally {
    for (const client of clients) client.end();
  }
}

/**
 * A script for bash as root.
 * @throws {Error} that names the login, with what went wrong on the way; or with the script's own `expected …`
 */
export async function runAsRoot(login: Login, script: string): Promise<string> {
  try {
    return await runScript(login, "sudo -n bash -s", script);
  } catch (error) {
    const { user, host = login.address } = login.ssh;
    const [found = ""] = (error as Error).message.split("\n");
    throw new Error(
      found.startsWith("expected ")
        ? found
        : `expected a login as ${user} at ${host} with password-less sudo, found: ${found}`,
      { cause: error },
    );
  }
}
