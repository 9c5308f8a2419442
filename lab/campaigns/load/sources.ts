/** The addresses of a load's clients, in the VPC router's namespace: the range for benchmarks (RFC 2544). */
import { namespaces } from "../../network/addresses";
import { run } from "../../process";

const range = "198.18.0.0/15";
/** The RSTs of these addresses are lost. */
const abandoning = "198.19.0.0/16";

const octet = (): number => 1 + Math.floor(Math.random() * 254);

/** @param abandons of those whose RSTs are lost */
export const someClient = (abandons: boolean): string => `198.${abandons ? 19 : 18}.${octet()}.${octet()}`;

/** The router tracks none of the clients' connections: they are to fill the node's table, not its own. */
const rules = `add table ip load
delete table ip load
table ip load {
  chain output {
    type filter hook output priority raw;
    ip saddr ${range} notrack
    ip saddr ${abandoning} tcp flags & rst == rst drop
  }
  chain prerouting {
    type filter hook prerouting priority raw;
    ip daddr ${range} notrack
  }
}
`;

export async function makeSources(): Promise<void> {
  await run("ip", ["-n", namespaces.vpc, "route", "replace", "local", range, "dev", "lo"]);
  await run("ip", ["netns", "exec", namespaces.vpc, "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535"]);
  await run("nsenter", [`--net=/run/netns/${namespaces.vpc}`, "nft", "-f", "-"], { input: rules });
}
