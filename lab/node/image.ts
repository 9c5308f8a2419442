/** The node's disk image: a real Debian with systemd, built once by debootstrap and cached. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "../build/cache";
import { buildLogs } from "../paths";
import { run } from "../process";
import { step } from "../progress";

/** Supported Debian releases: 12 and 13. */
export const suites = ["bookworm", "trixie"] as const;
export type Suite = (typeof suites)[number];

/** Packages that the lab needs from a cloud image of the release. */
// prettier-ignore
const installed = [
  "systemd", "systemd-sysv", "dbus", "udev", "iproute2", "openssh-server", "netplan.io", "sudo", "ca-certificates", "curl",
  "openssl", "procps",
  // Needed by kube-proxy.
  "iptables", "nftables", "conntrack",
  // Runs as the stand-in for the API server and the ingress controller.
  "nginx-light",
];

/**
 * Packages that the program installs on the node. The image holds them, because the lab's node cannot reach a mirror.
 */
const downloaded = ["haproxy", "socat"];

/** Customizes the image, in a shell inside it. */
const customize = `
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq --download-only --no-install-recommends -y install ${downloaded.join(" ")}
for unit in nginx.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer; do
  systemctl --quiet disable $unit || true
done
systemctl --quiet mask console-getty.service systemd-networkd-wait-online.service
systemctl --quiet enable systemd-networkd.service
# The light API server is nginx under the name that people and scripts look for.
mkdir -p /opt/standins
cp /usr/sbin/nginx /opt/standins/kube-apiserver
useradd --create-home --shell /bin/bash ubuntu
echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-cloud-init-users
chmod 0440 /etc/sudoers.d/90-cloud-init-users
rm -f /etc/ssh/ssh_host_* /etc/machine-id /etc/nginx/sites-enabled/default
rm -rf /usr/share/doc /usr/share/man /usr/share/locale
: >/etc/machine-id
`;

/** The image's root directory. Treat it as read-only: every node is an overlay on it. */
export async function nodeImage(suite: Suite): Promise<string> {
  const directory = await step(`Node image (Debian ${suite})`, (note) =>
    cache.directory(`node-${suite}`, [suite, process.arch, customize, ...installed], async (partial) => {
      note("debootstrap, 1–2 minutes, once");
      const log = join(buildLogs, "node-image.log");
      const root = join(partial, "root");
      await run("debootstrap", ["--variant=minbase", `--include=${installed.join(",")}`, suite, root], { log });
      note("packages for the node");
      await run("chroot", [root, "/bin/sh", "-c", customize], { log });
    }),
  );
  const root = join(directory, "root");
  if (!existsSync(join(root, "usr/lib/systemd/systemd"))) throw new Error(`${root} holds no systemd`);
  return root;
}

/** Identifies an image: the same recipe gives a different one on another day or machine. */
export const sealOf = (image: string): string => readFileSync(`${dirname(image)}.seal`, "utf8");
