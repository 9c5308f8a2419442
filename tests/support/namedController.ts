/** On a fake node: an ingress controller that answers to `app.example.com` alone. */
import { certificateFor } from "./certificate";
import type { FakeNode } from "./fakeNode";

/** What clients get that ask for no name or another one. */
export const refusals = {
  "by a TLS alert": "",
  "by closing the connection":
    "  tcp-request inspect-delay 5s\n  tcp-request content reject unless { req.ssl_sni app.example.com }\n",
} as const;

/** @param at address and port */
export async function serveNamed(node: FakeNode, at: string, refusal: keyof typeof refusals): Promise<void> {
  const { key, cert } = await certificateFor("app.example.com");
  node.write("/tmp/named.pem", key + cert);
  const behind = "127.0.0.1:7443";
  const tls = "ssl crt /tmp/named.pem strict-sni";
  const limits = "  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n";
  node.write(
    "/tmp/named.cfg",
    `frontend named\n  mode tcp\n  bind ${at}\n${limits}${refusals[refusal]}  default_backend tls\n` +
      `backend tls\n  mode tcp\n${limits}  server one ${behind}\n` +
      `frontend tls\n  mode http\n  bind ${behind} ${tls}\n${limits}  http-request return status 404\n`,
  );
  node.succeed("haproxy -D -f /tmp/named.cfg >/dev/null 2>&1");
}
