/** Route tables: which gateway a subnet's default route leads to. An account that has none is kOps' public topology. */
import { z } from "zod";
import type { Account, RouteTable } from "../account";
import { AwsError, notFound } from "../errors";
import { filterBy } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2Change, ec2List, withIds } from "./ec2Action";
import { tagSet } from "./tags";

export const everywhere = "0.0.0.0/0";

/** The account's own, or for each VPC a main table with an internet gateway. */
export const routeTablesOf = ({ routeTables, vpcs }: Account): RouteTable[] =>
  routeTables ??
  vpcs.map(({ vpcId }) => ({
    routeTableId: vpcId.replace(/^vpc-/, "rtb-"),
    vpcId,
    main: true,
    subnetIds: [],
    routes: { [everywhere]: vpcId.replace(/^vpc-/, "igw-") },
    tags: {},
  }));

/** Whether the subnet's default route leads to an internet gateway: the association's table, or else the VPC's main one. */
export function isPublicSubnet(account: Account, { subnetId, vpcId }: { subnetId: string; vpcId: string }): boolean {
  const ofVpc = routeTablesOf(account).filter((table) => table.vpcId === vpcId);
  const table = ofVpc.find(({ subnetIds }) => subnetIds.includes(subnetId)) ?? ofVpc.find(({ main }) => main);
  return table === undefined || (table.routes[everywhere] ?? "").startsWith("igw-");
}

/** The member of a route that names its target. */
const members: readonly (readonly [string, string])[] = [
  ["igw-", "gatewayId"],
  ["vpce-", "gatewayId"],
  ["nat-", "natGatewayId"],
  ["tgw-", "transitGatewayId"],
  ["eni-", "networkInterfaceId"],
];
const memberFor = (target: string): string => members.find(([prefix]) => target.startsWith(prefix))?.[1] ?? "gatewayId";

export const describeRouteTables = ec2List({ RouteTableId: list(z.string()) }, (account, request) => {
  const named = withIds(
    routeTablesOf(account),
    request.RouteTableId,
    ({ routeTableId }) => routeTableId,
    (id) => notFound("routeTable", id),
  );
  const found = filterBy(named, request.Filter, {
    "association.main": ({ main }) => main,
    "association.subnet-id": ({ subnetIds }) => subnetIds,
    "route-table-id": ({ routeTableId }) => routeTableId,
    "vpc-id": ({ vpcId }) => vpcId,
  });
  const { items, nextToken } = page(found, request);
  const association = (routeTableId: string, index: number) => ({
    routeTableAssociationId: `${routeTableId.replace(/^rtb-/, "rtbassoc-")}-${index}`,
    routeTableId,
    associationState: { state: "associated" },
  });
  return {
    routeTableSet: items.map(({ routeTableId, vpcId, main, subnetIds, routes, tags }) => ({
      routeTableId,
      vpcId,
      ownerId: account.accountId,
      routeSet: [
        {
          destinationCidrBlock: account.vpcs.find((vpc) => vpc.vpcId === vpcId)?.cidrBlock,
          gatewayId: "local",
          state: "active",
          origin: "CreateRouteTable",
        },
        ...Object.entries(routes).map(([destinationCidrBlock, target]) => ({
          destinationCidrBlock,
          [memberFor(target)]: target,
          state: "active",
          origin: "CreateRoute",
        })),
      ],
      associationSet: [
        ...(main ? [{ ...association(routeTableId, 0), main }] : []),
        ...subnetIds.map((subnetId, index) => ({ ...association(routeTableId, index + 1), subnetId, main: false })),
      ],
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
});

export const replaceRoute = ec2Change(
  {
    RouteTableId: z.string(),
    DestinationCidrBlock: z.string(),
    GatewayId: z.string().optional(),
    NatGatewayId: z.string().optional(),
  },
  (account, { RouteTableId, DestinationCidrBlock, GatewayId, NatGatewayId }) => {
    account.routeTables = routeTablesOf(account);
    const table = account.routeTables.find(({ routeTableId }) => routeTableId === RouteTableId);
    if (!table) throw notFound("routeTable", RouteTableId);
    if (table.routes[DestinationCidrBlock] === undefined)
      throw new AwsError(
        "InvalidParameterValue",
        `There is no route defined for '${DestinationCidrBlock}' in the route table. Use CreateRoute instead.`,
      );
    const target = GatewayId ?? NatGatewayId;
    if (target === undefined) throw new AwsError("MissingParameter", "The request must contain a target of the route");
    table.routes[DestinationCidrBlock] = target;
    return { return: true };
  },
);
