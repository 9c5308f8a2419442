/**
 * Mode load-balancer: a Network Load Balancer with an Elastic IP in each zone, in front of the NodePorts of every node that runs
 * applications. Nothing on a node; the API keeps what kOps gives it.
 */
import * as autoscaling from "@pulumi/aws/autoscaling";
import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../settings/choices";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs } from "./args";
import { awsConnection } from "./aws/connection";
import { findBalanced } from "./balancedNodes";
import { healthCheck } from "./balancerHealth";
import { findPlaces, type Place, subnetTag } from "./balancerPlaces";
import { dnsRecords } from "./dnsRecords";
import type { Node } from "./node";
import { awsName, stackName, type TagArgs, tags as tagsOf } from "./tags";

/** Where the applications' clients come in. */
const ports = { https: 443, http: 80 } as const;

/**
 * As kOps sets its own balancers (pkg/model/awsmodel/api_loadbalancer.go): seconds that it waits before it terminates a node that it has taken out,
 * after which the balancer ends the connections that are still open, so that their clients come again and find another node.
 */
const deregistration = { deregistrationDelay: 30, connectionTermination: true } as const;

const protocols = ["https", "http"] as const;

/** What the balancer is made from, whatever it is made of. */
interface Balancing extends TagArgs {
  name: string;
  vpcId: pulumi.Output<string>;
  nodeSecurityGroupId: pulumi.Output<string>;
  /** Names of Auto Scaling groups. */
  groups: pulumi.Output<string[]>;
  places: pulumi.Output<Place[]>;
  nodePorts: Record<(typeof protocols)[number], number>;
  options: pulumi.CustomResourceOptions;
}

/** Looks at everything before anything is made: what cannot work leaves AWS untouched. */
function lookAround(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): Balancing {
  const { clusterName } = args;
  const tagged: TagArgs = { clusterName, tags: args.tags ?? defaults.tags };
  const look = async () => {
    const balanced = await findBalanced(clusterName, options);
    const places = await findPlaces(awsConnection(), {
      zones: balanced.zones,
      keepAddress: args.keepAddress ?? defaults.keepAddress,
      owners: [stackName(), ...(args.formerStack ? [args.formerStack] : [])],
      nameOf: (purpose) => tagsOf(tagged, purpose)["Name"] ?? "",
    });
    return { ...balanced, places };
  };
  const found = pulumi.output(look());
  return {
    ...tagged,
    name,
    vpcId: pulumi.all([node, found]).apply(([{ vpcId }]) => vpcId),
    nodeSecurityGroupId: found.nodeSecurityGroupId,
    groups: found.groups,
    places: found.places,
    nodePorts: {
      https: args.httpsNodePort ?? defaults.httpsNodePort,
      http: args.httpNodePort ?? defaults.httpNodePort,
    },
    options,
  };
}

/** The balancer's own security group, and the rules by which clients get to it and it gets to the nodes. */
function balancerFirewall(
  { name, vpcId, nodeSecurityGroupId, nodePorts, options, ...tagged }: Balancing,
  allowedCidrs: readonly string[],
): { group: ec2.SecurityGroup; rules: pulumi.Resource[] } {
  const group = new ec2.SecurityGroup(
    `${name}-balancer`,
    {
      namePrefix: `${awsName(tagged.clusterName)}-`,
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
    return [
      new vpc.SecurityGroupEgressRule(
        `${name}-balancer-to-${port}`,
        {
          ...rule,
          securityGroupId: group.id,
          referencedSecurityGroupId: nodeSecurityGroupId,
          tags: tagsOf(tagged, `balancer-to-${port}`),
        },
        options,
      ),
      new vpc.SecurityGroupIngressRule(
        `${name}-nodes-${port}-from-balancer`,
        {
          ...rule,
          securityGroupId: nodeSecurityGroupId,
          referencedSecurityGroupId: group.id,
          tags: tagsOf(tagged, `nodes-${port}`),
        },
        options,
      ),
    ];
  });
  return { group, rules: [...clients, ...toNodes] };
}

const balancerAddresses = ({ name, places, options, ...tagged }: Balancing): pulumi.Output<ec2.Eip[]> =>
  places.apply((each) =>
    each.map(
      ({ purpose, subnetId }) =>
        new ec2.Eip(
          `${name}-${purpose}`,
          { domain: "vpc", tags: { ...tagsOf(tagged, purpose), [subnetTag]: subnetId } },
          options,
        ),
    ),
  );

function networkBalancer(
  { name, places, options, ...tagged }: Balancing,
  args: { group: ec2.SecurityGroup; addresses: pulumi.Output<ec2.Eip[]>; crossZone: boolean },
): lb.LoadBalancer {
  return new lb.LoadBalancer(
    name,
    {
      loadBalancerType: "network",
      internal: false,
      securityGroups: [args.group.id],
      subnetMappings: pulumi.all([places, args.addresses]).apply(([each, made]) =>
        each.map(({ subnetId }, index) => ({
          subnetId,
          ...(made[index] ? { allocationId: made[index].allocationId } : {}),
        })),
      ),
      // Clients have the addresses of every zone: each must answer, whichever zone the nodes are in.
      enableCrossZoneLoadBalancing: args.crossZone,
      tags: tagsOf(tagged, "balancer"),
    },
    // AWS refuses a balancer whose addresses another has.
    { ...options, deleteBeforeReplace: true },
  );
}

/** For each protocol a listener, and the nodes that it leads to: those of the attached groups, whoever they are at the moment. */
function listenersAndTargets(
  { name, vpcId, groups, nodePorts, options, ...tagged }: Balancing,
  args: { balancer: lb.LoadBalancer; proxyProtocol: boolean },
): { listeners: lb.Listener[]; attachments: pulumi.Output<autoscaling.Attachment[]> } {
  const ways = protocols.map((protocol) => {
    const targets = new lb.TargetGroup(
      `${name}-${protocol}`,
      {
        port: nodePorts[protocol],
        protocol: "TCP",
        targetType: "instance",
        vpcId,
        proxyProtocolV2: args.proxyProtocol,
        healthCheck,
        ...deregistration,
        tags: tagsOf(tagged, protocol),
      },
      options,
    );
    const listener = new lb.Listener(
      `${name}-${protocol}`,
      {
        loadBalancerArn: args.balancer.arn,
        port: ports[protocol],
        protocol: "TCP",
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        tags: tagsOf(tagged, protocol),
      },
      options,
    );
    const attached = groups.apply((names) =>
      names.map(
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
  return {
    listeners: ways.map(({ listener }) => listener),
    attachments: pulumi.all(ways.map(({ attached }) => attached)).apply((lists) => lists.flat()),
  };
}

export function loadBalancer(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const { appDomains = defaults.appDomains } = args;
  const balancing = lookAround(name, args, node, options);
  const { group, rules } = balancerFirewall(balancing, args.allowedCidrs ?? defaults.allowedCidrs);
  const addresses = balancerAddresses(balancing);
  const crossZone = args.crossZone ?? defaults.crossZone;
  const balancer = networkBalancer(balancing, { group, addresses, crossZone });
  const proxyProtocol = args.proxyProtocol ?? defaults.proxyProtocol;
  const { listeners, attachments } = listenersAndTargets(balancing, { balancer, proxyProtocol });

  const publicIps = addresses.apply((made) => pulumi.all(made.map(({ publicIp }) => publicIp)));
  const serving = attachments.apply((attached): pulumi.Resource[] => [...rules, ...listeners, ...attached]);
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
  const first = publicIps.apply(([address = ""]) => address);
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
    ready: serving.apply((resources) => allDone([...resources, ...records])),
  };
}
