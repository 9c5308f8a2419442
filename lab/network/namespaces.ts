/** The three network namespaces and the links between them: internet ── vpc (router) ── node. */
import { attempt, run } from "../process";
import { internet, metadataAddress, namespaces, node, publicAwsEndpoint, vpc } from "./addresses";

const ip = (...args: string[]): Promise<string> => run("ip", args);
const ipIn = (namespace: string, ...args: string[]): Promise<string> => run("ip", ["-n", namespace, ...args]);
const sysctlIn = (namespace: string, setting: string): Promise<string> =>
  run("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting]);

/** The node's namespace with its network card, plugged into the VPC. A machine that boots starts with an empty one. */
export async function createNodeNamespace(macAddress: string): Promise<void> {
  await ip("netns", "add", namespaces.node);
  await ipIn(
    namespaces.vpc,
    "link",
    "add",
    "lan",
    "type",
    "veth",
    "peer",
    "name",
    node.device,
    "netns",
    namespaces.node,
  );
  await ipIn(namespaces.node, "link", "set", node.device, "address", macAddress);
  // The router knows no subnet: each private address is a route of its own, made by the data plane once AWS has assigned it.
  await ipIn(namespaces.vpc, "addr", "add", `${vpc.router}/32`, "dev", "lan");
  await ipIn(namespaces.vpc, "link", "set", "lan", "up");
}

export async function removeNodeNamespace(): Promise<void> {
  await attempt("ip", ["-n", namespaces.vpc, "link", "del", "lan"]);
  await attempt("ip", ["netns", "del", namespaces.node]);
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
  await sysctlIn(namespaces.vpc, "net.ipv4.ip_forward=1");
  await createNodeNamespace(node.macAddress);
}

/** Removes whatever is there of them; nothing there is no error. */
export async function removeNamespaces(): Promise<void> {
  await removeNodeNamespace();
  for (const namespace of [namespaces.vpc, namespaces.internet]) await attempt("ip", ["netns", "del", namespace]);
}
