/** The network namespaces and their links: internet ── vpc (router) ── the machines, and the load balancers. */
import { existsSync } from "node:fs";
import { attempt, run } from "../process";
import { type Machine, machines } from "./machines";
import { internet, metadataAddress, namespaceNamed, namespaces, node, publicAwsEndpoint, vpc } from "./addresses";

const ip = (...args: string[]): Promise<string> => run("ip", args);
const ipIn = (namespace: string, ...args: string[]): Promise<string> => run("ip", ["-n", namespace, ...args]);
const sysctlIn = (namespace: string, setting: string): Promise<string> =>
  run("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting]);

/**
 * TCP congestion control of the machines. kOps' nodes use cubic, which few machines allow a namespace to select; reno
 * is always allowed and, like cubic, does not pace connections by a timer, as the machine's default may.
 */
const congestionControl = "net.ipv4.tcp_congestion_control=reno";

export const namespaceOf = ({ name }: Machine): string => namespaceNamed(name);

/** Adds a port to the router, with the peer card in a namespace. Ports reach the router but not each other. */
async function connect(namespace: string, port: string, card: string): Promise<void> {
  await ip("netns", "add", namespace);
  await sysctlIn(namespace, congestionControl);
  // prettier-ignore
  await ipIn(namespaces.vpc, "link", "add", port, "type", "veth", "peer", "name", card, "netns", namespace);
  await ipIn(namespaces.vpc, "link", "set", port, "master", "lan", "up");
  await ipIn(namespaces.vpc, "link", "set", port, "type", "bridge_slave", "isolated", "on");
}

/** Connects a machine's namespace to the VPC with a network card. A booting machine starts with an empty namespace. */
export async function plugIn(machine: Machine, macAddress: string): Promise<void> {
  await connect(namespaceOf(machine), machine.name, node.device);
  await ipIn(namespaceOf(machine), "link", "set", node.device, "address", macAddress);
}

/** Does nothing if the machine is not plugged in. */
export async function unplug(machine: Machine): Promise<void> {
  await attempt("ip", ["-n", namespaces.vpc, "link", "del", machine.name]);
  await attempt("ip", ["netns", "del", namespaceOf(machine)]);
}

/**
 * The VPC's side of the machines' links. The router has no subnet route: the data plane adds a host route for each
 * private address that AWS has assigned. The router answers ARP for all other addresses of the subnet, so that security
 * groups apply between machines.
 */
async function createLan(): Promise<void> {
  await ipIn(namespaces.vpc, "link", "add", "lan", "address", vpc.routerMacAddress, "type", "bridge");
  await ipIn(namespaces.vpc, "addr", "add", `${vpc.router}/32`, "dev", "lan");
  await ipIn(namespaces.vpc, "link", "set", "lan", "up");
  for (const setting of ["proxy_arp_pvlan=1", "send_redirects=0"])
    await sysctlIn(namespaces.vpc, `net.ipv4.conf.lan.${setting}`);
  await sysctlIn(namespaces.vpc, "net.ipv4.conf.all.send_redirects=0");
  // With br_netfilter the bridge itself would forward what is translated to an address behind it, and drop what returns
  // to the port that it came from: a node that calls one of its own public addresses.
  const bridgeSettings = "net/bridge/bridge-nf-call-iptables";
  if (existsSync(`/proc/sys/${bridgeSettings}`))
    await sysctlIn(namespaces.vpc, `${bridgeSettings.replaceAll("/", ".")}=0`);
}

/** The load balancers' namespace: nothing listens there, it probes the targets. */
async function createBalancers(): Promise<void> {
  await connect(namespaces.balancers, "balancers", "lan");
  await ipIn(namespaces.balancers, "link", "set", "lan", "up");
}

export async function createNamespaces(): Promise<void> {
  await ip("netns", "add", namespaces.internet);
  await ip("netns", "add", namespaces.vpc);
  // prettier-ignore
  await ipIn(namespaces.internet, "link", "add", "wan", "type", "veth", "peer", "name", "wan", "netns", namespaces.vpc);
  for (const namespace of [namespaces.internet, namespaces.vpc]) {
    await ipIn(namespace, "link", "set", "lo", "up");
    await ipIn(namespace, "link", "set", "wan", "up");
  }
  await ipIn(namespaces.internet, "addr", "add", `${internet.operator}/${internet.prefix}`, "dev", "wan");
  await ipIn(namespaces.internet, "addr", "add", `${publicAwsEndpoint.host}/${internet.prefix}`, "dev", "wan");
  await ipIn(namespaces.vpc, "addr", "add", `${metadataAddress}/32`, "dev", "lo");
  await ipIn(namespaces.internet, "route", "add", "default", "via", internet.gateway);
  await ipIn(namespaces.vpc, "addr", "add", `${internet.gateway}/${internet.prefix}`, "dev", "wan");
  await sysctlIn(namespaces.vpc, congestionControl);
  await sysctlIn(namespaces.vpc, "net.ipv4.ip_forward=1");
  // A reused client port must not match an entry for a target that never answered and is gone; the kernel's timeout of
  // 120 s is not AWS's.
  await sysctlIn(namespaces.vpc, "net.netfilter.nf_conntrack_tcp_timeout_syn_sent=10");
  await createLan();
  await createBalancers();
}

/** Removes existing namespaces; does nothing if there are none. */
export async function removeNamespaces(): Promise<void> {
  for (const machine of machines()) await unplug(machine);
  for (const namespace of [namespaces.balancers, namespaces.vpc, namespaces.internet])
    await attempt("ip", ["netns", "del", namespace]);
}
