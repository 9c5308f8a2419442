/** What must be unchanged after destroy: the node's files and state, and the AWS account. */
import { readFile } from "node:fs/promises";
import { onNode } from "../node/machine";
import { labPaths } from "../paths";

/** Facts about the node, one per line; two snapshots are comparable. */
export type Snapshot = readonly string[];

/** Paths that find searches and skips. */
export const places =
  "/etc /usr/local /lib/systemd /run/systemd/network /opt -xdev \\( -path /etc/ssl/certs -o -name 'ld.so.cache' -o -path '/etc/passwd*' -o -path '/etc/group*' -o -path '/etc/shadow*' -o -path '/etc/gshadow*' -o -path '/etc/subuid*' -o -path '/etc/subgid*' \\) -prune -o";

/**
 * Files (with hash and mode) in the places that we may write to, units, listeners, nftables, addresses. Excludes what
 * the package manager and the system maintain (caches, users of removed packages, journals) and process IDs.
 */
const observe = `
export LC_ALL=C
# One sha256sum for all: a process for each file would take most of the time. -z keeps names with backslashes as they are.
{ find ${places} -type f -printf 'mode %m %p\\0'; find ${places} -type f -exec sha256sum -z {} +; } | tr '\\0' '\\n' |
  awk '{ path = $0; sub(/^[^ ]* +[^ ]* /, "", path) } $1 == "mode" { mode[path] = $2; next } { path = substr($0, 67); print "file " path " " mode[path] " " substr($1, 1, 16) }'
find ${places} \\( -type l -printf 'link %p %l\\n' -o -type d -printf 'directory %p %m\\n' \\)
systemctl list-unit-files --no-legend --no-pager --state=enabled | awk '{print "enabled " $1}'
systemctl list-units --no-legend --no-pager --plain --state=active --type=service,socket,path,timer | awk '{print "active " $1}' | grep -vE 'systemd-(tmpfiles|hostnamed|timedated|sysusers|update-done|journal-catalog-update)|ldconfig|user@|user-runtime|apt-|man-db|fstrim|session'
ss -Hltn | awk '{print "listens " $4}'
nft list tables 2>/dev/null | sed 's/^/nftables /'
ip -4 -o addr show | awk '{print "address " $2 " " $4}'
dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' | awk '$1 == "ii" {print "package " $2}'
`;

export async function nodeSnapshot(): Promise<Snapshot> {
  const { status, stdout, stderr } = await onNode(["sh", "-c", observe]);
  if (status !== 0 && stdout === "") throw new Error(`cannot inspect the node: ${stderr}`);
  return [...new Set(stdout.split("\n").filter(Boolean))].sort();
}

/** The endpoint's AWS account, one resource per line. */
export const accountSnapshot = async (): Promise<Snapshot> =>
  accountFacts(JSON.parse(await readFile(labPaths.account, "utf8")) as object);

/** An AWS account, one resource per line. */
export function accountFacts(account: object): Snapshot {
  // Excludes history (released addresses return to the end of AWS's pool; Route 53's changes, role sessions and deleted
  // interfaces stay recorded), target health and AWS's delays: none of them is a resource.
  const history = ["publicIpPool", "recordChanges", "spentHealthCheckReferences", "sessions", "leavingInterfaces"];
  const left = [...history, "targetHealth", "balancerSeconds"];
  return Object.entries(account)
    .filter(([name]) => !left.includes(name))
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => `${name} ${JSON.stringify(item)}`),
    )
    .sort();
}

/** Describes the differences; empty if there are none. */
export function difference(before: Snapshot, after: Snapshot): string[] {
  return [
    ...after.filter((fact) => !before.includes(fact)).map((fact) => `+ ${fact}`),
    ...before.filter((fact) => !after.includes(fact)).map((fact) => `- ${fact}`),
  ];
}
