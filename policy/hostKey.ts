/** Whoever answers at the node's address gets its files and its secrets: without a host key that is anybody. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { ofType, types } from "./resources";

interface Host {
  hostKey?: string;
}

/** ssh-rsa is no longer offered by SSH servers, and fails at the first connection. */
const accepted = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)) \S+/;

const found = ({ hostKey }: Host): string => (hostKey ? `'${hostKey.split(" ")[0]} …'` : "none, which accepts any");

export const hostKeyRequired: ResourceValidationPolicy = {
  name: "ssh-host-key-required",
  description: "Every SSH connection names the host key that it expects.",
  enforcementLevel: "mandatory",
  validateResource: ofType(types.remoteCommand, ({ props }, report) => {
    const connection = props["connection"] as (Host & { proxy?: Host }) | undefined;
    const hosts = { connection, ...(connection?.proxy ? { "connection.proxy": connection.proxy } : {}) };
    for (const [name, host] of Object.entries(hosts)) {
      if (accepted.test(host?.hostKey ?? "")) continue;
      report(
        `${name}.hostKey: expected 'ssh-ed25519 AAAA…' or 'ecdsa-sha2-nistp… AAAA…', found ${found(host ?? {})}. ` +
          "Get it with 'ssh-keyscan -t ed25519 <node>' and compare it with the EC2 console's system log.",
      );
    }
  }),
};
