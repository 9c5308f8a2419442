/** Requirements of the lab: Linux, root, and a few Debian packages, which it installs if missing. */
import { cache } from "./build/cache";
import { run, which } from "./process";
import { step } from "./progress";

/** Program → Debian package. */
const programs: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  debootstrap: "debootstrap",
  "systemd-nspawn": "systemd-container",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  pgrep: "procps",
  curl: "curl",
};

/** The machine cannot host the lab, for the reason in the message; tests that need the lab are skipped. */
export class LabUnavailable extends Error {}

/** Why this machine cannot host the lab, or undefined. Changes nothing. */
export function whyUnavailable(): string | undefined {
  if (process.platform !== "linux")
    return `the lab needs Linux (network namespaces, systemd-nspawn); this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "the lab needs root for network namespaces and mounts: start it with sudo";
  return undefined;
}

/**
 * Installs missing Debian packages.
 * @param needed program → package
 * @throws {LabUnavailable} if a program is missing and there is no apt-get
 */
export async function installPrograms(needed: Readonly<Record<string, string>>): Promise<void> {
  const missing: [string, string][] = [];
  for (const [program, packageName] of Object.entries(needed)) {
    if (!(await which(program, `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`))) missing.push([program, packageName]);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, packageName]) => packageName))];
  if (!(await which("apt-get"))) {
    throw new LabUnavailable(
      `missing programs: ${missing.map(([program]) => program).join(", ")}; install them and try again`,
    );
  }
  await step(`Debian packages: ${packages.join(", ")}`, () =>
    // apt-get does not wait for another apt-get.
    cache.alone("apt-get", async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      await run("apt-get", ["-qq", "update"], { env });
      await run("apt-get", ["-qq", "-y", "--no-install-recommends", "install", ...packages], { env });
    }),
  );
}

/** @throws {LabUnavailable} if the machine cannot host the lab */
export async function prepareMachine(): Promise<void> {
  const why = whyUnavailable();
  if (why) throw new LabUnavailable(why);
  await installPrograms(programs);
}
