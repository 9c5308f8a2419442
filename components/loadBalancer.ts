/**
 * Mode load-balancer: a Network Load Balancer with an Elastic IP in each zone, in front of the NodePorts of every node that runs
 * applications. Nothing on a node; the API keeps what kOps gives it.
 */
import * as autoscaling from "@pulumi/aws/autoscaling";
import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../settings";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs } from "./args";
import { findBalanced } from "./balancedNodes";
import { dnsRecords } from "./dnsRecords";
import type { Node } from "./node";
import { awsName, tags as tagsOf } from "./tags";

/** Where the applications' clients come in. */
const ports = { https: 443, http: 80 } as const;

/** As often as AWS asks without extra charge, and as few failures as it takes: a node that hangs is left out within 25 s. */
export const healthCheck = {
  protocol: "TCP",
  port: "traffic-port",
  interval: 10,
  timeout: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
} as const;

/** Seconds that kOps waits before it terminates a node it has taken out: as for its own balancers (kops pkg/model/awsmodel/api_loadbalancer.go). */
const deregistrationDelay = 30;

export function loadBalancer(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const { clusterName, appDomains = defaults.appDomains, allowedCidrs = defaults.allowedCidrs } = args;
  const keepAddress = args.keepAddress ?? defaults.keepAddress;
  const tagged = { clusterName, tags: args.tags ?? defaults.tags };
  const nodePorts = {
    https: args.httpsNodePort ?? defaults.httpsNodePort,
    http: args.httpNodePort ?? defaults.httpNodePort,
  };
  const vpcId = node.vpcId;
  const found = pulumi.output(findBalanced(clusterName, options));

  const group = new ec2.SecurityGroup(
    `${name}-balancer`,
    {
      namePrefix: `${awsName(clusterName)}-`,
      description: "Load balancer of a kOps cluster (kops-secondary-ingress)",
      vpcId,
      tags: tagsOf(tagged, "balancer"),
    },
    options,
  );
  const clients = Object.values(ports).flatMap((port) =>
    allowedCidrs.map(
      (cidr) =>
        new vpc.SecurityGroupIngressRule(
          `${name}-balancer-${port}-from-${cidr}`,
          {
            securityGroupId: group.id,
            ipProtocol: "tcp",
            fromPort: port,
            toPort: port,
            cidrIpv4: cidr,
            tags: tagsOf(tagged, `balancer-${port}`),
          },
          options,
        ),
    ),
  );
  // From the balancer to the nodes, and by the nodes: kOps leaves rules for NodePorts in its groups alone.
  const toNodes = Object.values(nodePorts).flatMap((port) => {
    const rule = { ipProtocol: "tcp", fromPort: port, toPort: port };
    const nodes = found.nodeSecurityGroupId;
    return [
      new vpc.SecurityGroupEgressRule(
        `${name}-balancer-to-${port}`,
        {
          ...rule,
          securityGroupId: group.id,
          referencedSecurityGroupId: nodes,
          tags: tagsOf(tagged, `balancer-to-${port}`),
        },
        options,
      ),
      new vpc.SecurityGroupIngressRule(
        `${name}-nodes-${port}-from-balancer`,
        { ...rule, securityGroupId: nodes, referencedSecurityGroupId: group.id, tags: tagsOf(tagged, `nodes-${port}`) },
        options,
      ),
    ];
  });

  const addresses = found.subnets.apply((subnets) =>
    subnets.map(({ zone }, index) => {
      // By the name that mode dual-ip gives it, it is the same resource.
      const purpose = keepAddress && index === 0 ? "ingress" : `balancer-${zone}`;
      return new ec2.Eip(`${name}-${purpose}`, { domain: "vpc", tags: tagsOf(tagged, purpose) }, options);
    }),
  );
  const publicIps = addresses.apply((made) => pulumi.all(made.map(({ publicIp }) => publicIp)));
  const balancer = new lb.LoadBalancer(
    name,
    {
      loadBalancerType: "network",
      internal: false,
      securityGroups: [group.id],
      subnetMappings: pulumi.all([found.subnets, addresses]).apply(([subnets, made]) =>
        subnets.map(({ subnetId }, index) => ({
          subnetId,
          ...(made[index] ? { allocationId: made[index].allocationId } : {}),
        })),
      ),
      // Clients have the addresses of every zone: each must answer, whichever zone the nodes are in.
      enableCrossZoneLoadBalancing: args.crossZone ?? defaults.crossZone,
      tags: tagsOf(tagged, "balancer"),
    },
    options,
  );
  const ways = (["https", "http"] as const).map((protocol) => {
    const targets = new lb.TargetGroup(
      `${name}-${protocol}`,
      {
        port: nodePorts[protocol],
        protocol: "TCP",
        targetType: "instance",
        vpcId,
        proxyProtocolV2: args.proxyProtocol ?? defaults.proxyProtocol,
        healthCheck,
        deregistrationDelay,
        tags: tagsOf(tagged, protocol),
      },
      options,
    );
    const listener = new lb.Listener(
      `${name}-${protocol}`,
      {
        loadBalancerArn: balancer.arn,
        port: ports[protocol],
        protocol: "TCP",
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        tags: tagsOf(tagged, protocol),
      },
      options,
    );
    const attached = found.groups.apply((groups) =>
      groups.map(
        (autoscalingGroupName) =>
          new autoscaling.Attachment(
            `${name}-${protocol}-${autoscalingGroupName}`,
            { autoscalingGroupName, lbTargetGroupArn: targets.arn },
            options,
          ),
      ),
    );
    return { listener, attached };
  });

  const attachments = pulumi.all(ways.map(({ attached }) => attached)).apply((lists) => allDone(lists.flat()));
  const serving = [...clients, ...toNodes, ...ways.map(({ listener }) => listener)];
  const first = publicIps.apply(([address = ""]) => address);
  const records = args.route53ZoneId
    ? dnsRecords(
        name,
        {
          zoneId: args.route53ZoneId,
          domains: appDomains,
          addresses: publicIps,
          ttl: args.dnsTtl ?? defaults.dnsTtl,
          overwrite: args.overwriteRecords ?? defaults.overwriteRecords,
        },
        { ...options, dependsOn: serving },
      )
    : [];
  return {
    apiPublicIp: node.publicIp,
    secondaryPrivateIp: pulumi.output(""),
    ingressPublicIp: first,
    ingressPublicIps: publicIps,
    ingressPort: ports.https,
    ingressHttpPort: ports.http,
    ingressUrls: first.apply((address) =>
      (appDomains.length > 0 ? appDomains : [address]).map((host) => `https://${host}`),
    ),
    allocationId: addresses.apply(([address]) => address?.allocationId ?? pulumi.output("")),
    statsPassword: pulumi.output(""),
    ready: pulumi.all([allDone([...serving, ...records]), attachments]).apply(() => true),
  };
}
