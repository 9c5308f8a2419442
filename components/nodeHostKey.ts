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
  while (!sight.key && Date.now() - start < patience) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    sight = await readHostKey(host, port, type);
  }
  if (!sight.key) {
    throw new Error(
      `ssh.host: expected an SSH server at ${host}:${port}, found none within ${patience / 1000} s (${sight.error?.message}); ` +
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

const halfAMinute = 30_000;

/** What the engine calls, in a process of its own. */
export const nodeHostKeyProvider: pulumi.dynamic.ResourceProvider<NodeHostKeyInputs, NodeHostKeyInputs> = {
  create: async (inputs) => {
    await compareHostKey(inputs, halfAMinute);
    return { id: inputs.instanceId, outs: inputs };
  },
  diff: (_id, olds, news) => {
    const keys = ["instanceId", "host", "port", "hostKey"] as const;
    return Promise.resolve({ changes: keys.some((key) => olds[key] !== news[key]) });
  },
  update: async (_id, _olds, news) => {
    await compareHostKey(news, halfAMinute);
    return { outs: news };
  },
};

export class NodeHostKey extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [Key in keyof NodeHostKeyInputs]: pulumi.Input<NodeHostKeyInputs[Key]> },
    options: pulumi.CustomResourceOptions,
  ) {
    super(nodeHostKeyProvider, name, inputs, options, "kops-secondary-ingress", "NodeHostKey");
  }
}
