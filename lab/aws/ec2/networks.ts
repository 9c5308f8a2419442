/** VPCs and subnets, read-only: kOps owns them. */
import { z } from "zod";
import type { Account, Subnet } from "../account";
import { notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2List, withIds } from "./ec2Action";
import { subnetCapacity } from "./subnetAddresses";
import { tagSet } from "./tags";

function availableAddresses(account: Account, { subnetId, cidrBlock }: Subnet): number {
  const taken = account.networkInterfaces
    .filter((networkInterface) => networkInterface.subnetId === subnetId)
    .reduce((count, { privateIps }) => count + privateIps.length, 0);
  return subnetCapacity(cidrBlock) - taken;
}

const subnetArn = ({ accountId, region }: Account, subnetId: string): string =>
  `arn:aws:ec2:${region}:${accountId}:subnet/${subnetId}`;

/** AWS documents several spellings of a filter; the official provider uses camel case. */
function subnetFilters(account: Account): FilterTable<Subnet> {
  const zone = ({ availabilityZone }: Subnet): string => availabilityZone;
  const cidr = ({ cidrBlock }: Subnet): string => cidrBlock;
  return {
    "availability-zone": zone,
    availabilityZone: zone,
    "available-ip-address-count": (subnet) => availableAddresses(account, subnet),
    cidr,
    "cidr-block": cidr,
    cidrBlock: cidr,
    "default-for-az": () => false,
    defaultForAz: () => false,
    "ipv6-cidr-block-association.ipv6-cidr-block": () => [],
    "owner-id": () => account.accountId,
    state: () => "available",
    "subnet-arn": ({ subnetId }) => subnetArn(account, subnetId),
    "subnet-id": ({ subnetId }) => subnetId,
    "vpc-id": ({ vpcId }) => vpcId,
  };
}

export const describeSubnets = ec2List({ SubnetId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.subnets,
    request.SubnetId,
    ({ subnetId }) => subnetId,
    (id) => notFound("subnet", id),
  );
  const { items, nextToken } = page(filterBy(named, request.Filter, subnetFilters(account)), request);
  return {
    subnetSet: items.map((subnet) => ({
      subnetId: subnet.subnetId,
      subnetArn: subnetArn(account, subnet.subnetId),
      ownerId: account.accountId,
      vpcId: subnet.vpcId,
      state: "available",
      cidrBlock: subnet.cidrBlock,
      availableIpAddressCount: availableAddresses(account, subnet),
      availabilityZone: subnet.availabilityZone,
      defaultForAz: false,
      mapPublicIpOnLaunch: true,
      assignIpv6AddressOnCreation: false,
      ipv6CidrBlockAssociationSet: [],
      tagSet: tagSet(subnet.tags),
    })),
    nextToken,
  };
});

export const describeVpcs = ec2List({ VpcId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.vpcs,
    request.VpcId,
    ({ vpcId }) => vpcId,
    (id) => notFound("vpc", id),
  );
  const found = filterBy(named, request.Filter, {
    cidr: ({ cidrBlock }) => cidrBlock,
    "cidr-block-association.cidr-block": ({ cidrBlock, moreCidrBlocks = [] }) => [
      cidrBlock,
      ...moreCidrBlocks.map((range) => range.cidrBlock),
    ],
    "is-default": () => false,
    isDefault: () => false,
    "owner-id": () => account.accountId,
    state: () => "available",
    "vpc-id": ({ vpcId }) => vpcId,
  });
  const { items, nextToken } = page(found, request);
  return {
    vpcSet: items.map(({ vpcId, cidrBlock, moreCidrBlocks = [], tags }) => ({
      vpcId,
      ownerId: account.accountId,
      state: "available",
      cidrBlock,
      cidrBlockAssociationSet: [{ cidrBlock, state: "associated" }, ...moreCidrBlocks].map((range, index) => ({
        associationId: `${vpcId.replace(/^vpc-/, "vpc-cidr-assoc-")}-${index}`,
        cidrBlock: range.cidrBlock,
        cidrBlockState: { state: range.state },
      })),
      instanceTenancy: "default",
      isDefault: false,
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
});
