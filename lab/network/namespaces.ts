/** The network namespaces and the links between them: internet ── vpc (router) ── the machines, and the load balancers. */
import { attempt, run } from "../process";
import { type Machine, machines } from "../node/machines";
import { internet, metadataAddress, namespaceNamed, namespaces, node, publicAwsEndpoint, vpc } from "./addresses";

const ip = (...args: string[]): Promise<string> => run("ip", args);
const ipIn = (namespace: string, ...args: string[]): Promise<string> => run("ip", ["-n", namespace, ...args]);
const sysctlIn = (namespace: string, setting: string): Promise<string> =>
  run("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting]);

/**
 * How the machines' TCP tells how fast the network is. kOps' nodes have cubic, which a namespace may choose on few machines; reno may be chosen
 * on all, and like cubic it does not pace each connection by a timer, as a developer's machine may.
 */
const congestionControl = "net.ipv4.tcp_congestion_control=reno";

/** The network namespace of a machine. */
export const namespaceOf = ({ name }: Machine): string => namespaceNamed(name);

/** A port of the router, with a card in a namespace of its own at the other end. Ports see the router and not one another. */
async function connect(namespace: string, port: string, card: string): Promise<void> {
  await ip("netns", "add", namespace);
  await sysctlIn(namespace, congestionControl);
  // prettier-ignore
  await ipIn(namespaces.vpc, "link", "add", port, "type", "veth", "peer", "name", card, "netns", namespace);
  await ipIn(namespaces.vpc, "link", "set", port, "master", "lan", "up");
  await ipIn(namespaces.vpc, "link", "set", port, "type", "bridge_slave", "isolated", "on");
}

/** A machine's namespace with its network card, plugged into the VPC. A machine that boots starts with an empty one. */
export async function plugIn(machine: Machine, macAddress: string): Promise<void> {
  await connect(namespaceOf(machine), machine.name, node.device);
  await ipIn(namespaceOf(machine), "link", "set", node.device, "address", macAddress);
}

/** Nothing plugged in is no error. */
export async function unplug(machine: Machine): Promise<void> {
  await attempt("ip", ["-n", namespaces.vpc, "link", "del", machine.name]);
  await attempt("ip", ["netns", "del", namespaceOf(machine)]);
}

/**
 * The VPC's side of the machines' links. The router knows no subnet: each private address is a route of its own, made by the data
 * plane once AWS has assigned it, and answers for all others of the subnet, so that security groups see what machines say to one another.
 */
async function createLan(): Promise<void> {
  await ipIn(namespaces.vpc, "link", "add", "lan", "address", vpc.routerMacAddress, "type", "bridge");
  await ipIn(namespaces.vpc, "addr", "add", `${vpc.router}/32`, "dev", "lan");
  await ipIn(namespaces.vpc, "link", "set", "lan", "up");
  for (const setting of ["proxy_arp_pvlan=1", "send_redirects=0"])
    await sysctlIn(namespaces.vpc, `net.ipv4.conf.lan.${setting}`);
  await sysctlIn(namespaces.vpc, "net.ipv4.conf.all.send_redirects=0");
}

/** Where the load balancers are: nothing listens there, it asks the targets whether they are well. */
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
  // A client's port that is used again must not find the way to a target that has never answered, and is gone: the kernel's 120 s
  // are AWS's for nobody.
  await sysctlIn(namespaces.vpc, "net.netfilter.nf_conntrack_tcp_timeout_syn_sent=10");
  await createLan();
  await createBalancers();
}

/** Removes whatever is there of them; nothing there is no error. */
export async function removeNamespaces(): Promise<void> {
  for (const machine of machines()) await unplug(machine);
  for (const namespace of [namespaces.balancers, namespaces.vpc, namespaces.internet])
    await attempt("ip", ["netns", "del", namespace]);
}
