/**
 * A stand-in for HashiCorp Vault's transit engine, for stacks of `--secrets-provider hashivault://…`: the key of a passphrase is a million
 * rounds of PBKDF2, 0.7 s of a processor in every command of Pulumi. Like Vault it keeps no plaintext; unlike it, it protects nothing.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

const prefix = "vault:v1:";

/** By the end of the path: /v1/transit/{encrypt,decrypt}/KEY. */
const operations: Readonly<Record<string, (body: Record<string, string>) => object>> = {
  encrypt: ({ plaintext = "" }) => ({ ciphertext: prefix + Buffer.from(plaintext).toString("base64") }),
  decrypt: ({ ciphertext = "" }) => ({ plaintext: Buffer.from(ciphertext.slice(prefix.length), "base64").toString() }),
};

/** @param port 0 for a free one */
export async function startVault(host: string, port: number): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const operation = operations[/^\/v1\/transit\/(\w+)\//.exec(request.url ?? "")?.[1] ?? ""];
    if (!operation) return void response.writeHead(404).end(JSON.stringify({ errors: [] }));
    void json(request).then((body) =>
      response
        .setHeader("Content-Type", "application/json")
        .end(JSON.stringify({ data: operation(body as Record<string, string>) })),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `pulumi stack init` option for a stack whose secrets this Vault keeps. */
export const secretsInVault = "--secrets-provider=hashivault://lab";
