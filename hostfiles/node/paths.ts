/** Paths on the node. */

export const directories = {
  /** Rules, the owner, and the files saved from before the installation. */
  etc: "/etc/secondary-ingress",
  /** Programs. */
  lib: "/usr/local/lib/secondary-ingress",
  /** State until the next boot. */
  run: "/run/secondary-ingress",
  units: "/etc/systemd/system",
} as const;

export const hostFileProgram = `${directories.lib}/host-file`;
/** Names the stack that owns the host files. */
export const ownerFile = `${directories.etc}/owner`;
/** Names since when (seconds since 1970) which process changes the node, and for whom. */
export const lockFile = `${directories.run}/lock`;
/** Changes of the way to the API that are in effect and not confirmed yet, one directory each, in their order. */
export const armedChanges = `${directories.etc}/armed`;
/** Changes that were undone, which the stack takes for done. */
export const undoneChanges = `${directories.etc}/undone`;
/** Exists while changes that were armed since the boot wait for their confirmation. */
export const armedMark = `${directories.run}/armed`;
/** When a change was undone last, as /proc has the start of a process. */
export const undoneMark = `${directories.run}/undone-since`;
/** Exists if the API did not answer the operator right before the removal. */
export const unseenMark = `${directories.etc}/unseen`;
/** Prints what was changed, a path a line. */
export const pathsOfChanges = (changes: string): string => `cat ${changes}/[0-9]*/path 2>/dev/null`;
export const undoUnit = "secondary-ingress-undo.service";
/** The copy of a file as it was installed; empty until the file is in effect (host-file's `entry_of`). */
export const installedMark = (path: string): string =>
  `${directories.etc}/installed/${path.replaceAll("%", "%25").replaceAll("/", "%2F")}`;
/** Packages that the installation added, one a line. */
export const packagesFile = `${directories.etc}/packages`;
/** Whether the distribution's haproxy.service was enabled and active before the installation. The removal in states of releases up to 0.2.0 reads it too. */
export const haproxyBefore = `${directories.etc}/haproxy.before`;
/** One line, read at every reload of HAProxy. */
export const statsPasswordFile = `${directories.etc}/stats-password`;
/** Of the distribution's package. */
export const haproxyProgram = "/usr/sbin/haproxy";
/** An instance of our own: the distribution's haproxy.service and its configuration are the user's. */
export const haproxyUnit = "secondary-ingress-haproxy.service";
export const haproxyConfig = `${directories.etc}/haproxy.cfg`;
/** The name of its directory in /run, which lives as long as the service. */
export const haproxyRuntime = "secondary-ingress-haproxy";
/** Written at every start and reload. */
export const haproxyPid = `/run/${haproxyRuntime}/haproxy.pid`;
/** Releases up to 0.2.0 ran HAProxy as the distribution's service, with this drop-in. */
export const formerHaproxyDropIn = `${directories.units}/haproxy.service.d/50-secondary-ingress.conf`;
/** While it exists nobody starts HAProxy: a person has stopped it on purpose. Holds since when, in seconds since 1970. */
export const pausedMark = `${directories.etc}/paused`;
export const natRules = `${directories.etc}/nat.nft`;
export const apiForwardRules = `${directories.etc}/api-forward.nft`;
export const apiSwitchProgram = `${directories.lib}/kube-api-switch`;
export const apiForwardProgram = `${directories.lib}/kube-api-forward`;
/** The forwarder's units. The sockets are there for socket-proxyd only. */
export const forwarderUnits = {
  service: "secondary-ingress-forward.service",
  socket: "secondary-ingress-forward.socket",
  clusterSocket: "secondary-ingress-forward-cluster.socket",
} as const;
/** The same units by their names in release 0.1.0. A layout made by hand has a unit of the first name too. */
export const formerForwarderUnits = [
  "kube-api-forward.socket",
  "kube-api-forward-cluster.socket",
  "kube-api-forward.service",
] as const;
/** Exists while the forwarder runs: the API server's port (API_PORT) and the forwarder's listeners (LISTENERS). */
export const apiForwardState = `${directories.run}/api-forward.env`;
/** Exists once the API server has been seen on a port other than 443: the cluster may keep calling it there. */
export const apiHasMovedMark = `${directories.etc}/api-has-moved`;
export const apiFilterRules = `${directories.etc}/api-filter.nft`;
export const takeoverProgram = `${directories.lib}/takeover`;
/** What the layout made by hand was, for as long as it is taken over: units, the address on its interface, listeners. */
export const handMadeRecord = `${directories.etc}/hand-made`;
/** The address that was given back, until our own is removed: its network configuration comes back with that, and a boot in between leaves it off. */
export const handMadeAddress = `${directories.etc}/hand-made-address`;
export const guardProgram = `${directories.lib}/guard`;
export const checkProgram = `${directories.lib}/check`;
/** The findings of the last check, as JSON: see docs/guide.md. */
export const checkState = `${directories.run}/state.json`;
/** Repairs of the last hour: one `<seconds since 1970> <what>` a line. */
export const recentRepairs = `${directories.run}/repairs`;
/** The guard's repairs, until the next check adds them to its own. */
export const guardRepairs = `${directories.run}/guard-repairs`;
/** The check's state for Prometheus' node-exporter, in the directory of Debian's package; written if that directory exists. */
export const checkMetrics = "/var/lib/prometheus/node-exporter/secondary_ingress.prom";
/** Where kOps puts the files from which a new node installs itself. It must be writable on every image: nodeup starts kubelet only after it has written all files. */
export const bootDirectory = "/opt/secondary-ingress";
/** Runs the boot program at every boot. */
export const bootUnit = "secondary-ingress-boot.service";
/** Exists once the stack has given up such a node: nothing is installed any more, whatever kOps still writes. */
export const releasedMark = `${bootDirectory}/released`;
/** Where kOps keeps the API server's static pod. */
export const apiManifest = "/etc/kubernetes/manifests/kube-apiserver.manifest";
