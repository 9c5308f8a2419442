/** BIND's `named` on loopback, authoritative for example.com. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Resolver } from "node:dns/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bindLines } from "../../dns/bind";
import type { DnsRecord } from "../../outputs/records";
import { freePort } from "./sshServer";

/** What every zone file begins with. */
export const zoneHead = `$ORIGIN example.com.
@ 300 IN SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ 300 IN NS ns.example.com.
ns 300 IN A 127.0.0.1
`;

export interface Named {
  port: number;
  /** Addresses of a name, as the server says. */
  addresses(name: string): Promise<string[]>;
  stop(): Promise<void>;
}

export interface NamedOptions {
  records?: readonly DnsRecord[];
  /** Further lines of the zone. */
  zone?: string;
  /** A key (hmac-sha256, base64) that updates must be signed with; anyone on loopback may update without one. */
  tsigSecret?: string;
}

export async function startNamed({ records = [], zone = "", tsigSecret }: NamedOptions = {}): Promise<Named> {
  const directory = await mkdtemp(join(tmpdir(), "named-"));
  const port = await freePort();
  const configuration = join(directory, "named.conf");
  await writeFile(join(directory, "zone"), `${zoneHead}${bindLines(records)}${zone}`);
  await writeFile(
    configuration,
    `options { directory "${directory}"; pid-file none; session-keyfile none; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls { };
${tsigSecret ? `key operator { algorithm hmac-sha256; secret "${tsigSecret}"; };` : ""}
zone "example.com" { type primary; file "zone"; allow-update { ${tsigSecret ? "key operator" : "127.0.0.1"}; }; };
`,
  );
  const child = spawn("/usr/sbin/named", ["-g", "-c", configuration], { stdio: "ignore" });
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const addresses = async (name: string): Promise<string[]> => (await resolver.resolve4(name).catch(() => [])).sort();
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  };
  for (let tries = 0; (await addresses("ns.example.com")).length === 0; tries++) {
    if (tries > 1200 || child.exitCode !== null) {
      await stop();
      throw new Error("named did not start");
    }
    await sleep(100);
  }
  return { port, addresses, stop };
}
