/** The controller obtains certificates by itself, and renews them while requests go on. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { traefikVersion } from "../../ingress/programs";
import type { KeptLab } from "../../keptLab";
import { keyPair } from "../../node/certificates";
import type { Outputs } from "../../proof/outputs";
import { startProber } from "../../proof/prober";
import { type Row, row } from "../../proof/row";
import { type Authority, directoryUrl } from "./authority";
import { ask, describe, type Seen } from "./client";
import { apply, writeOnNode } from "./cluster";
import { eventually } from "./rows";
import { ingressOf, startTraefik, valuesOf } from "./traefik";

export const challenges = [
  { resolver: "by-http", challenge: "HTTP-01 through port 80", host: "by-http.example.com" },
  { resolver: "by-tls", challenge: "TLS-ALPN-01 through port 443", host: "by-tls.example.com" },
] as const;

const requestsPerSecond = 20;
/** Seconds for an order, and for a renewal. */
const patience = { order: 60, renewal: 240 };

const authorityOnNode = "/etc/ssl/certs/acme-directory.crt";

/** Points the recipe's resolvers at the lab's authority, whose certificates are short. */
function flagsFor(resolver: string): string[] {
  const path = `--certificatesresolvers.${resolver}.acme`;
  return [
    `${path}.caServer=${directoryUrl}`,
    `${path}.caCertificates=${authorityOnNode}`,
    `${path}.certificatesDuration=1`,
  ];
}

const how = `Traefik ${traefikVersion}`;

const servedAt =
  (address: string, authority: string) =>
  (host: string): Promise<Seen> =>
    ask({ kind: "handshake", address, port: 443, host, path: "/", authority });

export async function certificateRows(
  kept: KeptLab,
  { ingressPublicIp: address }: Outputs,
  { root }: Authority,
): Promise<Row[]> {
  const served = servedAt(address, root);
  await writeOnNode(authorityOnNode, await readFile(keyPair("web-authority").certificate, "utf8"));
  await kept.node("mkdir -p /data");
  const flags = challenges.flatMap(({ resolver }) => flagsFor(resolver));
  await startTraefik(kept, valuesOf("traefik", "traefik-certificates"), flags);

  const rows: Row[] = [];
  for (const { resolver, challenge, host } of challenges)
    rows.push(
      await row(
        `certificate-${resolver}`,
        `${how}: a certificate for ${host} by ${challenge}`,
        "trusted, from nothing",
        async () => {
          const before = await served(host);
          if (before.certificateNames.length > 0) return { ok: false, observed: `before: ${describe(before)}` };
          const annotation = "traefik.ingress.kubernetes.io/router.tls.certresolver";
          const start = Date.now();
          await apply(kept, [ingressOf(resolver, host, { [annotation]: resolver })]);
          const seen = await eventually(patience.order, async () => {
            const now = await served(host);
            return { ok: now.trusted, observed: describe(now) };
          });
          return { ...seen, observed: `${seen.observed}, after ${((Date.now() - start) / 1000).toFixed(1)} s` };
        },
      ),
    );
  return rows;
}

export async function renewalRows(
  { ingressPublicIp: address }: Outputs,
  { root: authority }: Authority,
): Promise<Row[]> {
  const served = servedAt(address, authority);
  const start = Date.now();
  const watched = await Promise.all(
    challenges.map(async ({ resolver, challenge, host }) => ({
      resolver,
      challenge,
      host,
      before: (await served(host)).serial,
      prober: await startProber({ from: "internet", address, port: 443, host, authority }, requestsPerSecond),
    })),
  );
  const rows: Row[] = [];
  for (const { resolver, challenge, host, before, prober } of watched)
    rows.push(
      await row(
        `renewal-${resolver}`,
        `${how}: the certificate by ${challenge} renewed, under ${requestsPerSecond} requests a second`,
        "another certificate, 0 failed",
        async () => {
          const seen = await eventually(start / 1000 + patience.renewal - Date.now() / 1000, async () => {
            const { serial, trusted } = await served(host);
            const ok = trusted && before !== "" && serial !== before;
            return { ok, observed: ok ? "another certificate" : "the same certificate" };
          });
          const seconds = ((Date.now() - start) / 1000).toFixed(0);
          // Requests also with the new one.
          await sleep(5_000);
          const { sent, failed, failures } = await prober.stop();
          return {
            ok: seen.ok && sent > 0 && failed === 0,
            observed: [`${seen.observed} after ${seconds} s, ${failed} of ${sent} failed`, ...failures].join("\n"),
          };
        },
      ),
    );
  return rows;
}
