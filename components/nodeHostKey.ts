/**
 * The node's SSH host key, compared before anything else is done: kOps replaces the instance, and the new one has another key.
 * The `command` plugin then says "host key mismatch" and no more, which does not tell a new node from a man in the middle.
 * A dynamic resource, so that a run without change makes no connection.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Client } from "ssh2";

export interface NodeHostKeyInputs {
  /** The key of a replaced instance is compared again. */
  instanceId: string;
  /** The first host that the operator dials: the node, or the proxy before it. */
  host: string;
  port: number;
  /** `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp… AAAA…`. */
  hostKey: string;
  /** Where the key stands in the settings: `ssh.hostKey` or `ssh.proxy.hostKey`. */
  setting: string;
  project: string;
  stack: string;
  /** Whether `sshPrivateKey` is set: without it the agent's keys log in. Absent in states of releases up to 0.2.0. */
  hasPrivateKey?: boolean;
}

interface Sight {
  /** As in known_hosts. */
  key?: string;
  error?: Error;
}

/** The key that a server shows, of the expected type if it has one. There is no login. */
function readHostKey(host: string, port: number, type: string): Promise<Sight> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded in the provider's process, not with the program: docs/decisions/0003
  const ssh2 = require("ssh2") as { Client: new () => Client };
  const types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512"];
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    let key: string | undefined;
    const done = (error?: Error): void => {
      client.end();
      resolve(key ? { key } : { error: error ?? new Error("the connection was closed") });
    };
    client.on("error", done).on("close", () => {
      done();
    });
    client.connect({
      host,
      port,
      username: "nobody",
      readyTimeout: 15_000,
      algorithms: { serverHostKey: [type, ...types.filter((other) => other !== type)] as never },
      hostVerifier: (shown: Buffer) => {
        key = `${shown.subarray(4, 4 + shown.readUInt32BE(0)).toString("latin1")} ${shown.toString("base64")}`;
        return false;
      },
    });
  });
}

/** As `ssh-keygen -lf` writes it. */
function fingerprint(key: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  const [type, data = ""] = key.split(" ");
  const hash = createHash("sha256").update(Buffer.from(data, "base64")).digest("base64").replace(/=+$/, "");
  return `SHA256:${hash} (${type})`;
}

/**
 * @param patience how long a node that boots may take to answer, milliseconds
 * @throws naming both keys and the command that accepts the new one, or that there is no answer
 */
export async function compareHostKey(inputs: NodeHostKeyInputs, patience: number): Promise<void> {
  const { host, port, instanceId, setting, project, stack } = inputs;
  const [type = "", data = ""] = inputs.hostKey.trim().split(/\s+/);
  const expected = `${type} ${data}`;
  const start = Date.now();
  let sight = await readHostKey(host, port, type);
  // The resolver's answer is not for lack of a node.
  const unresolved = (): boolean => (sight.error as NodeJS.ErrnoException | undefined)?.code === "ENOTFOUND";
  while (!sight.key && !unresolved() && Date.now() - start < patience) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    sight = await readHostKey(host, port, type);
  }
  const setHost = setting.replace(/hostKey$/, "host");
  if (unresolved()) {
    throw new Error(
      `${setHost}: expected a name that resolves, or an address, found '${host}', which does not (${sight.error?.message}); nothing was changed. ` +
        `The names of ~/.ssh/config are not read: set what 'ssh -G ${host}' shows as hostname, port and user.`,
    );
  }
  if (!sight.key) {
    throw new Error(
      `${setHost}: expected an SSH server at ${host}:${port}, found none within ${patience / 1000} s (${sight.error?.message}); ` +
        "nothing was changed: is the node running, and does its security group let you in?",
    );
  }
  if (sight.key === expected) return;
  throw new Error(
    [
      `${setting}: expected ${host}:${port} to show the key ${fingerprint(expected)}, found ${fingerprint(sight.key)}; nothing was changed.`,
      `Was the node replaced? Then compare the second one with what ${instanceId} wrote at its first boot:`,
      `  aws ec2 get-console-output --latest --output text --instance-id ${instanceId}`,
      "and accept it:",
      `  pulumi config set --stack ${stack} --path '${project}:${setting}' '${sight.key}'`,
      "If it is another one, somebody stands in between: do not accept it.",
    ].join("\n"),
  );
}

/** How many keys an agent holds. @throws what the socket says, or that there is no answer in time */
function countKeys(socket: string, patience: number): Promise<number> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const { createAgent } = require("ssh2") as typeof import("ssh2");
  return new Promise((resolve, reject) => {
    setTimeout(reject, patience, new Error(`no answer within ${patience / 1000} s`)).unref();
    createAgent(socket).getIdentities((error, keys) => {
      if (error) reject(error);
      else resolve(keys?.length ?? 0);
    });
  });
}

/** @throws what the socket says */
function dialAgent(socket: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const { connect } = require("node:net") as typeof import("node:net");
  return new Promise((resolve, reject) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve();
    });
    connection.on("error", reject);
  });
}

/**
 * The `command` plugin dials the agent also beside a key, and waits for its keys without end.
 * @param patience how long an agent may take to show its keys, milliseconds
 * @throws for an agent that cannot be used, before the node sees a login that fails
 */
export async function checkAgent(
  { hasPrivateKey, project, stack }: NodeHostKeyInputs,
  patience: number,
): Promise<void> {
  const socket = process.env["SSH_AUTH_SOCK"];
  const setKey = `cat ~/.ssh/id_ed25519 | pulumi config set --stack ${stack} --secret ${project}:sshPrivateKey`;
  // The plugin knows a socket of its own there.
  if (process.platform === "win32" && !socket) return;
  if (!socket) {
    if (hasPrivateKey) return;
    throw new Error(
      `sshPrivateKey: expected a key, or an SSH agent at SSH_AUTH_SOCK, found neither; nothing was changed: ${setKey}`,
    );
  }
  const found = (what: string): Error =>
    new Error(
      `SSH_AUTH_SOCK: expected an SSH agent at ${socket}, found ${what}; nothing was changed: ` +
        (hasPrivateKey
          ? "it is asked also beside sshPrivateKey. Run unset SSH_AUTH_SOCK (PowerShell: Remove-Item Env:SSH_AUTH_SOCK), and pulumi up again"
          : `start one that answers, with ssh-add, or give the key itself: unset SSH_AUTH_SOCK; ${setKey}`),
    );
  await dialAgent(socket).catch((error: unknown) => {
    throw found(`none (${(error as Error).message})`);
  });
  if (hasPrivateKey) return;
  const keys = await countKeys(socket, patience).catch((error: unknown) => {
    throw found((error as Error).message);
  });
  if (keys === 0) throw found("one without keys");
}

const halfAMinute = 30_000;
const agentPatience = 10_000;

/** What the engine calls, in a process of its own. */
export const nodeHostKeyProvider: pulumi.dynamic.ResourceProvider<NodeHostKeyInputs, NodeHostKeyInputs> = {
  create: async (inputs) => {
    await checkAgent(inputs, agentPatience);
    await compareHostKey(inputs, halfAMinute);
    return { id: inputs.instanceId, outs: inputs };
  },
  diff: (_id, olds, news) => {
    const keys = ["instanceId", "host", "port", "hostKey"] as const;
    return Promise.resolve({ changes: keys.some((key) => olds[key] !== news[key]) });
  },
  update: async (_id, _olds, news) => {
    await checkAgent(news, agentPatience);
    await compareHostKey(news, halfAMinute);
    return { outs: news };
  },
};

export class NodeHostKey extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [Key in keyof Required<NodeHostKeyInputs>]: pulumi.Input<Required<NodeHostKeyInputs>[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(nodeHostKeyProvider, name, inputs, options, "kops-secondary-ingress", "NodeHostKey");
  }
}
