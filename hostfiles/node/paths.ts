/** Where our things are on the node. */

export const directories = {
  /** Rules, the owner, what was there before us. */
  etc: "/etc/secondary-ingress",
  /** Programs. */
  lib: "/usr/local/lib/secondary-ingress",
  /** What is true until the next boot. */
  run: "/run/secondary-ingress",
  units: "/etc/systemd/system",
} as const;

export const hostFileProgram = `${directories.lib}/host-file`;
/** The stack that owns what is ours on the node. */
export const ownerFile = `${directories.etc}/owner`;
/** Who works on the node, and since when (seconds since 1970). */
export const lockFile = `${directories.run}/lock`;
/** Holds a file as it was installed; empty until that is in effect (host-file's `entry_of`). */
export const installedMark = (path: string): string =>
  `${directories.etc}/installed/${path.replaceAll("%", "%25").replaceAll("/", "%2F")}`;
/** Packages that were not there before us, one a line. */
export const packagesFile = `${directories.etc}/packages`;
/** Whether haproxy.service was enabled and active before us. */
export const haproxyBefore = `${directories.etc}/haproxy.before`;
/** One line, read at every reload of HAProxy. */
export const statsPasswordFile = `${directories.etc}/stats-password`;
export const haproxyConfig = "/etc/haproxy/haproxy.cfg";
export const natRules = `${directories.etc}/nat.nft`;
export const apiForwardRules = `${directories.etc}/api-forward.nft`;
export const apiSwitchProgram = `${directories.lib}/kube-api-switch`;
export const apiForwardProgram = `${directories.lib}/kube-api-forward`;
/** There while the forwarder runs: which port of the API server it leads to (API_PORT), and from where (LISTENERS). */
export const apiForwardState = `${directories.run}/api-forward.env`;
/** There once the API server has been seen on another port than 443: the cluster may go on calling it there. */
export const apiHasMovedMark = `${directories.etc}/api-has-moved`;
export const apiFilterRules = `${directories.etc}/api-filter.nft`;
export const guardProgram = `${directories.lib}/guard`;
export const checkProgram = `${directories.lib}/check`;
/** What the check saw last, as JSON: see docs/guide.md. */
export const checkState = `${directories.run}/state.json`;
/** Repairs of the last hour: one `<seconds since 1970> <what>` a line. */
export const recentRepairs = `${directories.run}/repairs`;
/** The guard's own, until the next check takes them over. */
export const guardRepairs = `${directories.run}/guard-repairs`;
/** The check's state for Prometheus' node-exporter, where Debian's has its text files; written where that directory is. */
export const checkMetrics = "/var/lib/prometheus/node-exporter/secondary_ingress.prom";
/** Where kOps puts what a fresh node installs itself from; writable on every image, as nodeup starts kubelet only once it has written all files. */
export const bootDirectory = "/opt/secondary-ingress";
/** Runs it at every boot. */
export const bootUnit = "secondary-ingress-boot.service";
/** There once the stack has given such a node back: whatever kOps still writes, nothing is installed any more. */
export const releasedMark = `${bootDirectory}/released`;
/** Where kOps keeps the API server's static pod. */
export const apiManifest = "/etc/kubernetes/manifests/kube-apiserver.manifest";
