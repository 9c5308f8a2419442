/** Pebble, an ACME authority on the internet, with a name server that leads every name to the ingress. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { openSync } from "node:fs";
import { join } from "node:path";
import { namespaces } from "../../network/addresses";
import { issueServer } from "../../node/certificates";
import { inInternet } from "../../operator";
import { labPaths, labRoot } from "../../paths";
import { run } from "../../process";

const address = "192.0.2.30";
const nameServer = "127.0.0.1:8053";
/** The ACME directory. */
export const directoryUrl = `https://${address}:14000/dir`;

/**
 * Seconds that a certificate is valid. Traefik renews certificates of less than a day 20 minutes before their end, and
 * looks every minute: some two minutes after they were issued.
 */
const validSeconds = 21 * 60;

export interface Authority {
  /** PEM file of its root. */
  root: string;
  stop(): void;
}

/** Starts the authority. It validates names at `ingress` as the internet does, each time anew. */
export async function startAuthority(programs: string, ingress: string): Promise<Authority> {
  const directory = join(labRoot, "authority");
  await mkdir(directory, { recursive: true });
  await run("ip", ["-n", namespaces.internet, "address", "replace", `${address}/24`, "dev", "wan"]);
  const { certificate, key } = await issueServer(directory, "authority", [`IP:${address}`]);
  const configuration = join(directory, "pebble.json");
  const pebble = {
    listenAddress: `${address}:14000`,
    managementListenAddress: "127.0.0.1:15000",
    certificate,
    privateKey: key,
    httpPort: 80,
    tlsPort: 443,
    keyAlgorithm: "ecdsa",
    retryAfter: { authz: 1, order: 1 },
    profiles: { default: { description: "short", validityPeriod: validSeconds } },
  };
  await writeFile(configuration, JSON.stringify({ pebble }));
  const children: ChildProcess[] = [];
  const start = (name: string, ...args: string[]): void => {
    const log = openSync(join(labPaths.logs, `${name}.log`), "a");
    const [command = "", ...rest] = inInternet([join(programs, name), ...args]);
    const env = { ...process.env, PEBBLE_AUTHZREUSE: "0", PEBBLE_VA_NOSLEEP: "1" };
    children.push(spawn(command, rest, { stdio: ["ignore", log, log], env }));
  };
  const listeners = ["http01", "https01", "tlsalpn01", "doh"].map((name) => `-${name}=`);
  start(
    "pebble-challtestsrv",
    ...listeners,
    `-dnsserver=${nameServer}`,
    `-defaultIPv4=${ingress}`,
    "-defaultIPv6=",
    "-management=127.0.0.1:8055",
  );
  start("pebble", `-config=${configuration}`, `-dnsserver=${nameServer}`);
  const patience = ["--retry", "20", "--retry-connrefused", "--retry-delay", "1"];
  const [command = "", ...args] = inInternet(["curl", "-ksSf", ...patience, "https://127.0.0.1:15000/roots/0"]);
  const root = join(directory, "root.crt");
  await writeFile(root, await run(command, args));
  return { root, stop: () => children.forEach((child) => child.kill()) };
}
