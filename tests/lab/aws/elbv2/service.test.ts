import assert from "node:assert/strict";
import {
  AttachLoadBalancerTargetGroupsCommand,
  DescribeAutoScalingGroupsCommand,
  DetachLoadBalancerTargetGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  AllocateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
} from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { replaceInstance } from "../../../../lab/aws/replacement";
import { cluster, instanceId, refuses, useEndpoint } from "../harness";

const groupName = `control-plane-eu-central-1a.masters.${cluster}`;

describe("lab ELB and Auto Scaling", () => {
  const lab = useEndpoint();
  const subnetId = (): string => lab.account.subnets[0]?.subnetId ?? "";

  const allocate = async (): Promise<string> =>
    (await lab.ec2.send(new AllocateAddressCommand({ Domain: "vpc" }))).AllocationId ?? "";
  const balancer = async (change: Partial<elb.CreateLoadBalancerCommandInput> = {}): Promise<elb.LoadBalancer> => {
    const { LoadBalancers } = await lab.elb.send(
      new elb.CreateLoadBalancerCommand({
        Name: "ingress",
        Type: "network",
        SubnetMappings: change.SubnetMappings ?? [{ SubnetId: subnetId(), AllocationId: await allocate() }],
        SecurityGroups: lab.account.securityGroups.map(({ groupId }) => groupId),
        Tags: [{ Key: "Name", Value: "n" }],
        ...change,
      }),
    );
    assert.ok(LoadBalancers?.[0]);
    return LoadBalancers[0];
  };
  const targetGroup = async (change: Partial<elb.CreateTargetGroupCommandInput> = {}): Promise<string> => {
    const { TargetGroups } = await lab.elb.send(
      new elb.CreateTargetGroupCommand({ Name: "https", Protocol: "TCP", Port: 30443, VpcId: lab.vpcId, ...change }),
    );
    return TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const listener = (LoadBalancerArn: string | undefined, TargetGroupArn: string, Port = 443) =>
    lab.elb.send(
      new elb.CreateListenerCommand({
        LoadBalancerArn,
        Protocol: "TCP",
        Port,
        DefaultActions: [{ Type: "forward", TargetGroupArn }],
      }),
    );

  it("a balancer is provisioning at first and active when it is looked at again", async () => {
    const { LoadBalancerArn = "", State } = await balancer();
    assert.match(
      LoadBalancerArn,
      /^arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer\/net\/ingress\/[0-9a-f]{16}$/,
    );
    assert.equal(State?.Code, "provisioning");
    const look = async () =>
      (await lab.elb.send(new elb.DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] })))
        .LoadBalancers?.[0]?.State?.Code;
    assert.deepEqual([await look(), await look()], ["provisioning", "active"]);
  });

  it("has an interface of its own with the Elastic IP, which nobody else can have", async () => {
    const { AvailabilityZones, SecurityGroups, LoadBalancerArn } = await balancer();
    const allocation = AvailabilityZones?.[0]?.LoadBalancerAddresses?.[0];
    assert.equal(allocation?.IpAddress, "203.0.113.10");
    assert.equal(SecurityGroups?.length, 1);
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({ PublicIps: ["203.0.113.10"] }));
    const filters = [{ Name: "description", Values: ["ELB net/ingress/*"] }];
    const { NetworkInterfaces } = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: filters }));
    assert.equal(NetworkInterfaces?.length, 1);
    assert.equal(Addresses?.[0]?.NetworkInterfaceId, NetworkInterfaces[0]?.NetworkInterfaceId);
    await refuses(
      balancer({ Name: "two", SubnetMappings: [{ SubnetId: subnetId(), AllocationId: allocation?.AllocationId }] }),
      "ResourceInUseException",
      "are in use",
    );
    await lab.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn }));
    const after = await lab.ec2.send(new DescribeAddressesCommand({ PublicIps: ["203.0.113.10"] }));
    assert.equal(after.Addresses?.[0]?.AssociationId, undefined);
    assert.equal(lab.account.networkInterfaces.length, 1);
    await lab.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn }));
  });

  it("has an address that AWS assigns where it faces the internet without an Elastic IP, and gives it back", async () => {
    const SubnetMappings = [{ SubnetId: subnetId() }];
    const addressOf = async (Name: string): Promise<string | undefined> => {
      const filters = [{ Name: "description", Values: [`ELB net/${Name}/*`] }];
      const found = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: filters }));
      return found.NetworkInterfaces?.[0]?.Association?.PublicIp;
    };
    const free = [...lab.account.publicIpPool];
    const { LoadBalancerArn, AvailabilityZones } = await balancer({ SubnetMappings });
    assert.equal(await addressOf("ingress"), free.at(-1));
    assert.deepEqual(AvailabilityZones?.[0]?.LoadBalancerAddresses, []);
    await balancer({ Name: "internal", SubnetMappings, Scheme: "internal" });
    assert.equal(await addressOf("internal"), undefined);
    await lab.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn }));
    assert.deepEqual(lab.account.publicIpPool, free);
  });

  it("refuses names, subnets, groups and addresses that cannot be", async () => {
    await balancer();
    const plain = { SubnetMappings: [{ SubnetId: subnetId() }] };
    await refuses(balancer(plain), "DuplicateLoadBalancerNameException", "'ingress' exists");
    await refuses(balancer({ ...plain, Name: "a".repeat(33) }), "ValidationError", "32");
    await refuses(balancer({ ...plain, Name: "-a" }), "ValidationError", "hyphen");
    await refuses(balancer({ ...plain, Name: "a_b" }), "ValidationError", "alphanumeric");
    await refuses(balancer({ Name: "b", SubnetMappings: [] }), "ValidationError", "At least one subnet");
    await refuses(balancer({ Name: "b", SubnetMappings: [{ SubnetId: "subnet-0" }] }), "SubnetNotFoundException");
    const twice = [{ SubnetId: subnetId() }, { SubnetId: subnetId() }];
    await refuses(
      balancer({ Name: "b", SubnetMappings: twice }),
      "InvalidConfigurationRequestException",
      "same Availability Zone",
    );
    await refuses(
      balancer({ Name: "b", SubnetMappings: [{ SubnetId: subnetId(), AllocationId: "eipalloc-0" }] }),
      "AllocationIdNotFoundException",
    );
    assert.equal(lab.account.loadBalancers?.length, 1, "what is refused leaves nothing");
  });

  it("SetSubnets adds zones, each with an interface and an address, and keeps what is there", async () => {
    const { LoadBalancerArn, AvailabilityZones } = await balancer();
    const [subnet] = lab.account.subnets;
    assert.ok(subnet);
    lab.account.subnets.push({
      ...subnet,
      ...{ subnetId: "subnet-b", cidrBlock: "172.20.64.0/19", availabilityZone: "eu-central-1b" },
    });
    const first = {
      SubnetId: subnetId(),
      AllocationId: AvailabilityZones?.[0]?.LoadBalancerAddresses?.[0]?.AllocationId,
    };
    const second = { SubnetId: "subnet-b", AllocationId: await allocate() };
    const set = (...SubnetMappings: elb.SubnetMapping[]) =>
      lab.elb.send(new elb.SetSubnetsCommand({ LoadBalancerArn, SubnetMappings }));
    const { AvailabilityZones: zones } = await set(second, first);
    assert.deepEqual(
      zones?.map(({ ZoneName, LoadBalancerAddresses }) => [ZoneName, LoadBalancerAddresses?.[0]?.IpAddress]),
      [
        ["eu-central-1b", "203.0.113.11"],
        ["eu-central-1a", "203.0.113.10"],
      ],
    );
    assert.equal(lab.account.networkInterfaces.length, 3);
    await refuses(set(second), "InvalidConfigurationRequestException", "keep their subnets");
    await refuses(set(first, { SubnetId: "subnet-b" }), "InvalidConfigurationRequestException", "keep their subnets");
    await refuses(set(first, second, second), "InvalidConfigurationRequestException", "same Availability Zone");
  });

  it("attributes: known ones change, others are refused, protection holds", async () => {
    const { LoadBalancerArn } = await balancer();
    const set = (Key: string, Value: string) =>
      lab.elb.send(new elb.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] }));
    await set("load_balancing.cross_zone.enabled", "true");
    const { Attributes = [] } = await lab.elb.send(new elb.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
    const valueOf = (key: string) => Attributes.find(({ Key }) => Key === key)?.Value;
    assert.equal(valueOf("load_balancing.cross_zone.enabled"), "true");
    assert.equal(valueOf("deletion_protection.enabled"), "false");
    await refuses(set("routing.http2.enabled", "true"), "ValidationError", "'routing.http2.enabled' is not recognized");
    await set("deletion_protection.enabled", "true");
    await refuses(
      lab.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerArn })),
      "OperationNotPermittedException",
      "deletion protection",
    );
  });

  it("target groups: defaults, ranges of the health check, attributes, and one name each", async () => {
    const arn = await targetGroup();
    const { TargetGroups } = await lab.elb.send(new elb.DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
    const { HealthCheckIntervalSeconds, HealthyThresholdCount, UnhealthyThresholdCount, TargetType } =
      TargetGroups?.[0] ?? {};
    assert.deepEqual(
      [HealthCheckIntervalSeconds, HealthyThresholdCount, UnhealthyThresholdCount, TargetType],
      [30, 5, 2, "instance"],
    );
    await refuses(targetGroup(), "DuplicateTargetGroupNameException");
    await refuses(targetGroup({ Name: "b", HealthCheckIntervalSeconds: 4 }), "ValidationError", "interval");
    await refuses(targetGroup({ Name: "b", HealthCheckTimeoutSeconds: 1 }), "ValidationError", "timeout");
    await refuses(targetGroup({ Name: "b", UnhealthyThresholdCount: 11 }), "ValidationError", "Threshold");
    await refuses(targetGroup({ Name: "b", VpcId: "vpc-0" }), "InvalidVpcID.NotFound");
    await lab.elb.send(
      new elb.ModifyTargetGroupAttributesCommand({
        TargetGroupArn: arn,
        Attributes: [{ Key: "proxy_protocol_v2.enabled", Value: "true" }],
      }),
    );
    const { Attributes = [] } = await lab.elb.send(
      new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }),
    );
    assert.equal(Attributes.find(({ Key }) => Key === "proxy_protocol_v2.enabled")?.Value, "true");
    const changed = await lab.elb.send(
      new elb.ModifyTargetGroupCommand({ TargetGroupArn: arn, HealthCheckIntervalSeconds: 10 }),
    );
    assert.equal(changed.TargetGroups?.[0]?.HealthCheckIntervalSeconds, 10);
    assert.equal(changed.TargetGroups[0].HealthyThresholdCount, 5, "what is not named stays");
    await refuses(
      lab.elb.send(new elb.DescribeTargetGroupsCommand({ TargetGroupArns: [`${arn}0`] })),
      "TargetGroupNotFoundException",
    );
  });

  it("listeners: one a port, and a target group in use stays", async () => {
    const { LoadBalancerArn } = await balancer();
    const arn = await targetGroup();
    const { Listeners } = await listener(LoadBalancerArn, arn);
    const ListenerArn = Listeners?.[0]?.ListenerArn ?? "";
    assert.match(ListenerArn, /:listener\/net\/ingress\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    await refuses(listener(LoadBalancerArn, arn), "DuplicateListenerException");
    await refuses(listener(LoadBalancerArn, `${arn}0`, 80), "TargetGroupNotFoundException");
    await refuses(listener(`${LoadBalancerArn}0`, arn, 80), "LoadBalancerNotFoundException");
    const remove = () => lab.elb.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: arn }));
    await refuses(remove(), "ResourceInUseException", "in use by a listener");
    const other = await targetGroup({ Name: "other" });
    const changed = await lab.elb.send(
      new elb.ModifyListenerCommand({ ListenerArn, DefaultActions: [{ Type: "forward", TargetGroupArn: other }] }),
    );
    assert.equal(changed.Listeners?.[0]?.DefaultActions?.[0]?.TargetGroupArn, other);
    assert.equal(changed.Listeners[0].Port, 443);
    await remove();
    await lab.elb.send(new elb.DeleteListenerCommand({ ListenerArn }));
    await refuses(lab.elb.send(new elb.DeleteListenerCommand({ ListenerArn })), "ListenerNotFoundException");
    await lab.elb.send(new elb.DeleteTargetGroupCommand({ TargetGroupArn: other }));
    assert.deepEqual(lab.account.targetGroups, []);
  });

  it("tags of each kind come, change and go", async () => {
    const { LoadBalancerArn = "" } = await balancer();
    const arn = await targetGroup({ Tags: [{ Key: "a", Value: "1" }] });
    await lab.elb.send(
      new elb.AddTagsCommand({ ResourceArns: [LoadBalancerArn, arn], Tags: [{ Key: "b", Value: "2" }] }),
    );
    await lab.elb.send(new elb.RemoveTagsCommand({ ResourceArns: [arn], TagKeys: ["a"] }));
    const { TagDescriptions = [] } = await lab.elb.send(
      new elb.DescribeTagsCommand({ ResourceArns: [LoadBalancerArn, arn] }),
    );
    assert.deepEqual(
      TagDescriptions.map(({ Tags }) => Tags?.map(({ Key }) => Key)),
      [["Name", "b"], ["b"]],
    );
  });

  it("an attached Auto Scaling group's instances are the targets, whoever they are at the moment", async () => {
    const { LoadBalancerArn } = await balancer();
    const arn = await targetGroup();
    const health = async () =>
      (
        (await lab.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: arn }))).TargetHealthDescriptions ??
        []
      ).map(({ Target, TargetHealth }) => `${Target?.Id}:${Target?.Port} ${TargetHealth?.State}`);
    const request = { AutoScalingGroupName: groupName, TargetGroupARNs: [arn] };
    assert.deepEqual(await health(), []);
    await lab.autoscaling.send(new AttachLoadBalancerTargetGroupsCommand(request));
    assert.deepEqual(await health(), [`${instanceId}:30443 unused`]);
    await listener(LoadBalancerArn, arn);
    assert.deepEqual(await health(), [`${instanceId}:30443 healthy`]);
    const Targets = [{ Id: instanceId }];
    await lab.elb.send(new elb.DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
    assert.deepEqual(await health(), [`${instanceId}:30443 draining`]);
    await lab.elb.send(new elb.DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
    await refuses(
      lab.elb.send(new elb.DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: [] })),
      "ValidationError",
      "At least one target",
    );
    replaceInstance(lab.account, instanceId, {
      instanceId: "i-0a1b2c3d4e5f60009",
      primaryPrivateIp: "172.20.45.99",
      macAddress: "02:1b:7c:00:45:99",
      autoPublicIp: "198.51.100.99",
    });
    assert.deepEqual(await health(), ["i-0a1b2c3d4e5f60009:30443 healthy"]);
    await lab.autoscaling.send(new DetachLoadBalancerTargetGroupsCommand(request));
    assert.deepEqual(await health(), []);
    await refuses(
      lab.autoscaling.send(new DetachLoadBalancerTargetGroupsCommand(request)),
      "ValidationError",
      "not part of the group",
    );
    const nobody = { ...request, AutoScalingGroupName: "nobody" };
    await refuses(
      lab.autoscaling.send(new AttachLoadBalancerTargetGroupsCommand(nobody)),
      "ValidationError",
      "not found",
    );
    const nothing = { ...request, TargetGroupARNs: [`${arn}0`] };
    await refuses(
      lab.autoscaling.send(new AttachLoadBalancerTargetGroupsCommand(nothing)),
      "ValidationError",
      "may not be valid",
    );
  });

  it("Auto Scaling groups are found by name and by kOps' tags", async () => {
    const find = async (...Filters: { Name: string; Values: string[] }[]) =>
      ((await lab.autoscaling.send(new DescribeAutoScalingGroupsCommand({ Filters }))).AutoScalingGroups ?? []).map(
        ({ AutoScalingGroupName, AvailabilityZones, VPCZoneIdentifier }) => [
          AutoScalingGroupName,
          AvailabilityZones,
          VPCZoneIdentifier,
        ],
      );
    const ours = { Name: "tag:KubernetesCluster", Values: [cluster] };
    const found = [[groupName, ["eu-central-1a"], subnetId()]];
    assert.deepEqual(await find(ours, { Name: "tag-key", Values: ["k8s.io/role/control-plane"] }), found);
    assert.deepEqual(await find(ours, { Name: "tag-key", Values: ["k8s.io/role/node"] }), []);
    assert.deepEqual(await find({ Name: "tag:KubernetesCluster", Values: ["other"] }), []);
  });
});
