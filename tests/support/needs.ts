/** Skips a test where the machine lacks something, with the reason in its title; fails instead when REQUIRE_LAB=1. */
import { spawnSync } from "node:child_process";
import { prometheusPrograms } from "../../lab/campaigns/alerts/prometheus";
import { which } from "../../lab/process";
import { say } from "../../lab/progress";
import { installPrograms, whyUnavailable } from "../../lab/requirements";
import { type LoopbackEngine, startLoopbackEngine } from "./engine";

const required = process.env["REQUIRE_LAB"] === "1";

function skipOrFail(context: Mocha.Context, reason: string): void {
  if (required) throw new Error(`REQUIRE_LAB=1, but ${reason}`);
  if (context.test) context.test.title += ` (skipped: ${reason})`;
  context.skip();
}

/** The owning tools of the host files → Debian packages. */
const validators = {
  haproxy: "haproxy",
  nft: "nftables",
  netplan: "netplan.io",
  "systemd-analyze": "systemd",
} as const;

/** Installs them once, where this machine lets us; a test that still lacks one says so itself. */
export async function installValidators(): Promise<void> {
  if (whyUnavailable() === undefined) await installPrograms(validators).catch((error: unknown) => say(String(error)));
}

/** BIND's server and tools, and what reads outputs in shell → Debian packages. */
const dnsPrograms = {
  named: "bind9",
  nsupdate: "bind9-dnsutils",
  dig: "bind9-dnsutils",
  "named-checkzone": "bind9-utils",
  jq: "jq",
} as const;

/** Installs them once, where this machine lets us. */
export async function installDnsPrograms(): Promise<void> {
  if (whyUnavailable() === undefined) await installPrograms(dnsPrograms).catch((error: unknown) => say(String(error)));
}

/** Installs a browser, where this machine lets us. */
export async function installBrowser(): Promise<void> {
  if (whyUnavailable() === undefined)
    await installPrograms({ chromium: "chromium" }).catch((error: unknown) => say(String(error)));
}

/** Installs Prometheus and its exporters once, where this machine lets us; what starts by itself there is none of the tests' business. */
export async function installPrometheus(): Promise<void> {
  if (whyUnavailable() === undefined)
    await installPrograms(prometheusPrograms).catch((error: unknown) => say(String(error)));
}

/** For tests that need a program of the distribution. */
export function needsProgram(context: Mocha.Context, program: string): void {
  const found = spawnSync("/bin/sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status === 0;
  if (!found) skipOrFail(context, `'${program}' is not installed`);
}

/** For tests that need the real engine; it is built where it can neither be found nor downloaded, which takes minutes once. */
export async function needsEngine(context: Mocha.Context): Promise<LoopbackEngine> {
  context.timeout(20 * 60_000);
  try {
    return await startLoopbackEngine();
  } catch (error) {
    skipOrFail(context, `the Pulumi engine is not to be had: ${(error as Error).message.split("\n")[0]}`);
    throw error;
  }
}

/** For tests of what is built from a Go module, which takes minutes once. */
export async function needsGo(context: Mocha.Context): Promise<void> {
  if (!(await which("go"))) skipOrFail(context, "Go is not installed");
}

/** For tests that need root on Linux, as the lab does. */
export function needsRoot(context: Mocha.Context): void {
  const why = whyUnavailable();
  if (why) skipOrFail(context, why);
}
