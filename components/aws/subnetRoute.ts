/** Where a subnet's route table sends what has no other route: an Elastic IP works behind an internet gateway alone. */
import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import { type Connection, ec2Client, ec2Sdk } from "./connection";

export interface Subnet {
  subnetId: string;
  vpcId: string;
}

export interface DefaultRoute {
  /** The explicit association's, or else the VPC's main one; `""` if AWS shows neither. */
  routeTableId: string;
  /** `igw-…`, `nat-…` and so on; `""` if there is none. */
  target: string;
  /** Clients from the internet get in and get answers. */
  isPublic: boolean;
}

const everywhere = "0.0.0.0/0";

const targetOf = (route: Route): string =>
  route.GatewayId ??
  route.NatGatewayId ??
  route.TransitGatewayId ??
  route.NetworkInterfaceId ??
  route.VpcPeeringConnectionId ??
  route.LocalGatewayId ??
  route.CarrierGatewayId ??
  route.CoreNetworkArn ??
  route.EgressOnlyInternetGatewayId ??
  "";

/** Through the endpoint of a firewall the way leads to an internet gateway and back: Network Firewall, Gateway Load Balancer. */
const isPublic = (target: string): boolean => /^(igw|vpce)-/.test(target);

/** https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html: a subnet without an association has the VPC's main table. */
function tableOf(tables: readonly RouteTable[], subnetId: string): RouteTable | undefined {
  const having = (wanted: { SubnetId?: string; Main?: true }) =>
    tables.find(({ Associations = [] }) =>
      Associations.some(({ SubnetId, Main }) => (wanted.Main ? Main : SubnetId === wanted.SubnetId)),
    );
  return having({ SubnetId: subnetId }) ?? having({ Main: true });
}

/** @throws when AWS refuses `ec2:DescribeRouteTables` */
export async function defaultRoute(
  connection: Connection,
  { subnetId, vpcId }: Subnet,
  options: { abortSignal?: AbortSignal } = {},
): Promise<DefaultRoute> {
  const sdk = ec2Sdk();
  const filter = { Filters: [{ Name: "vpc-id", Values: [vpcId] }] };
  const tables: RouteTable[] = [];
  for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
    const page = new sdk.DescribeRouteTablesCommand({ ...filter, ...(token ? { NextToken: token } : {}) });
    const { RouteTables = [], NextToken } = await ec2Client(connection).send(page, options);
    tables.push(...RouteTables);
    token = NextToken;
  }
  const table = tableOf(tables, subnetId);
  const routes = (table?.Routes ?? []).filter(({ State }) => State !== "blackhole");
  const found = routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === everywhere);
  const target = found ? targetOf(found) : "";
  // Without a default route, others may lead clients in: 0.0.0.0/1 and 128.0.0.0/1, or a list of prefixes.
  const parts = routes.some(
    ({ GatewayId = "", DestinationIpv6CidrBlock }) => !DestinationIpv6CidrBlock && isPublic(GatewayId),
  );
  return { routeTableId: table?.RouteTableId ?? "", target, isPublic: found ? isPublic(target) : parts };
}

/** What the default route is, for messages. */
export const inWords = ({ routeTableId, target }: DefaultRoute): string =>
  `${target === "" ? `no route for ${everywhere}` : `${everywhere} to ${target}`} in ${routeTableId || "no route table"}`;

/** A node that nobody outside can reach by an Elastic IP. */
export async function routeFaults(connection: Connection, subnet: Subnet): Promise<string[]> {
  const route = await defaultRoute(connection, subnet);
  if (route.isPublic) return [];
  return [
    `expected a public subnet, whose route table sends ${everywhere} to an internet gateway (igw-…), found ${inWords(route)} for ${subnet.subnetId}: ` +
      "an Elastic IP there gets no client in; put the control plane into a public subnet (topology in kOps), or use mode load-balancer",
  ];
}
