/** Skips a test where the machine lacks something, with the reason in its title; fails instead when REQUIRE_LAB=1. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { prometheusPrograms } from "../../lab/campaigns/alerts/prometheus";
import { traefikIsBuilt } from "../../lab/ingress/programs";
import { ciliumIsBuilt } from "../../lab/kubernetes/cilium/programs";
import { kubeletIsBuilt } from "../../lab/kubernetes/kubelet/programs";
import { say } from "../../lab/progress";
import { installPrograms, whyUnavailable } from "../../lab/requirements";
export { pythonTool } from "../../lab/build/pythonTool";
import { type LoopbackEngine, startLoopbackEngine } from "./engine";

const required = process.env["REQUIRE_LAB"] === "1";

function skipOrFail(context: Mocha.Context, reason: string): void {
  if (required) throw new Error(`REQUIRE_LAB=1, but ${reason}`);
  const test = context.currentTest ?? context.test;
  if (test) test.title += ` (skipped: ${reason})`;
  context.skip();
}

/** Installs Debian packages (program → package) once, if this machine allows it; a test that still lacks a program says so itself. */
const installer = (programs: Readonly<Record<string, string>>) => async (): Promise<void> => {
  if (whyUnavailable() === undefined) await installPrograms(programs).catch((error: unknown) => say(String(error)));
};

/** The programs that the host files are for. */
export const installValidators = installer({
  haproxy: "haproxy",
  nft: "nftables",
  "iptables-nft": "iptables",
  netplan: "netplan.io",
  socat: "socat",
  "systemd-analyze": "systemd",
});

/** BIND's server and tools, and what reads outputs in shell. */
export const installDnsPrograms = installer({
  named: "bind9",
  nsupdate: "bind9-dnsutils",
  dig: "bind9-dnsutils",
  "named-checkzone": "bind9-utils",
  jq: "jq",
});

/** What the command blocks of the docs call. */
export const installDocsPrograms = installer({ jq: "jq" });

export const installBrowser = installer({ chromium: "chromium" });

/** Prometheus and its exporters; Debian starts them, which no test depends on. */
export const installPrometheus = installer(prometheusPrograms);

/** For tests that need a program of the distribution. */
export function needsProgram(context: Mocha.Context, program: string): void {
  const found = spawnSync("/bin/sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]).status === 0;
  if (!found) skipOrFail(context, `'${program}' is not installed`);
}

/** For tests that need the real engine; it is built where it can neither be found nor downloaded, which takes minutes once. */
export async function needsEngine(context: Mocha.Context): Promise<LoopbackEngine> {
  try {
    return await startLoopbackEngine();
  } catch (error) {
    skipOrFail(context, `the Pulumi engine is not to be had: ${(error as Error).message.split("\n")[0]}`);
    throw error;
  }
}

/** For tests that need root on Linux, as the lab does. */
export function needsRoot(context: Mocha.Context): void {
  const why = whyUnavailable();
  if (why) skipOrFail(context, why);
}

/** For tests with what takes long to build: they run where it has been built already, or with the variable set to 1. */
function needsBuilt(context: Mocha.Context, name: string, isBuilt: boolean, variable: string): void {
  needsRoot(context);
  if (isBuilt || process.env[variable] === "1") return;
  if (context.test) context.test.title += ` (skipped: ${name} is not built; ${variable}=1 builds it)`;
  context.skip();
}

/** Cilium's agent: 10 minutes on two processors. */
export const needsCilium = (context: Mocha.Context): void =>
  needsBuilt(context, "Cilium", ciliumIsBuilt(), "REQUIRE_CILIUM");

/** kubelet: 5 minutes on two processors. It runs containers only in control groups of version 1. */
export function needsKubelet(context: Mocha.Context): void {
  if (!existsSync("/sys/fs/cgroup/memory")) {
    if (context.test) context.test.title += " (skipped: this machine has no control groups of version 1)";
    context.skip();
  }
  needsBuilt(context, "kubelet", kubeletIsBuilt(), "REQUIRE_KUBELET");
}

/** Traefik and Pebble: some 10 minutes of a processor. */
export const needsTraefik = (context: Mocha.Context): void =>
  needsBuilt(context, "Traefik", traefikIsBuilt(), "REQUIRE_TRAEFIK");

/** Options of `unshare` for mount, network and process namespaces: as a user if the kernel allows it, else as root. */
const namespaces = [
  ["-r", "-m", "-n", "-p", "-f"],
  ["-m", "-n", "-p", "-f"],
] as const;
let namespacesFound: { how?: readonly string[]; why: string } | undefined;

/** For tests that run in namespaces; returns the options of `unshare`. */
export function needsNamespaces(context: Mocha.Context): readonly string[] {
  if (!namespacesFound) {
    const tried = namespaces.map((how) => ({ how, ...spawnSync("unshare", [...how, "true"], { encoding: "utf8" }) }));
    const found = tried.find(({ status }) => status === 0);
    namespacesFound = { ...(found ? { how: found.how } : {}), why: tried[0]?.stderr ?? "no unshare" };
  }
  const { how, why } = namespacesFound;
  if (!how) {
    skipOrFail(context, `this machine has no namespaces for users: ${why.trim()}`);
    return [];
  }
  return how;
}
