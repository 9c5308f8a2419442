/** The account: the instance, its interface, its addresses, and who may come in. */
import { parseCIDR } from "ipaddr.js";
import type { Check, Facts, Verdict } from "../check";
import { inWords } from "../../../components/aws/subnetRoute";
import type { ElasticIp } from "../collect/aws";
import type { Target } from "../collect/targets";
import { aws, balanced, dualIp, list, lookAtIngress, ofAws, onTheNode, set, unset, up } from "./define";
import { isUnknown } from "../unknown";

const covers = (outer: string, inner: string): boolean => {
  const [range, bits] = parseCIDR(outer);
  const [first, innerBits] = parseCIDR(inner);
  return bits <= innerBits && range.kind() === first.kind() && first.match(range, bits);
};

/** Rules for one of the applications' ports: one for each range, or any where the ranges are not known. */
function opened(port: number, reachedBy: Record<number, string[]>, facts: Facts): Verdict | undefined {
  const rules = reachedBy[port] ?? [];
  const wanted = facts.allowedCidrs;
  const shut = wanted?.filter((range) => !rules.some((rule) => covers(rule, range)));
  if (shut ? shut.length === 0 : rules.length > 0) return undefined;
  return {
    observed: `no security group of ${facts.outputs.networkInterfaceId} lets ${shut ? list(shut) : "anyone"} reach port ${port}`,
    expected: `rules for TCP port ${port}${wanted ? `, for ${list(wanted)} (allowedCidrs)` : ""}`,
    fix: up(facts),
  };
}

const ingressOf = (all: readonly ElasticIp[], { outputs }: Facts): ElasticIp | undefined =>
  all.find(({ allocationId }) => allocationId === outputs.allocationId);

/**
 * Paid for, leading nowhere, and nobody's way in: what the outputs name has a use, and so have an API's address and those of a
 * balancer's zones, whatever the outputs say. A released address does not come back.
 */
function idleOnes(all: readonly ElasticIp[], { outputs }: Facts): ElasticIp[] {
  const used = [outputs.apiPublicIp, outputs.ingressPublicIp, ...outputs.dns.records.flatMap(({ values }) => values)];
  return all.filter(
    ({ associated, allocationId, publicIp, name }) =>
      !associated &&
      allocationId !== outputs.allocationId &&
      !used.includes(publicIp) &&
      !/-(?:api|balancer-[^-].*)$/.test(name),
  );
}

/** Those that come and go are not ill. */
const isIll = ({ state }: Target): boolean => !["healthy", "initial", "draining"].includes(state);

function illOnes(targets: readonly Target[]): string {
  const ill = targets.filter(isIll).map((each) => `${each.instanceId}:${each.port} is ${each.state} (${each.reason})`);
  return `${ill.length} of ${targets.length}: ${list(ill)}`;
}

export const awsChecks: readonly Check[] = [
  ofAws(
    { code: "INSTANCE_GONE", area: "AWS", severity: "error", title: "the node's instance is there" },
    ["instanceState", "networkInterface"],
    ({ instanceState, networkInterface }, facts) => {
      const { instanceId, networkInterfaceId } = facts.outputs;
      const attachedTo = networkInterface?.attachedTo;
      if (attachedTo === instanceId && instanceState !== "terminated") return undefined;
      const { controlPlane } = facts.aws;
      return {
        observed: `${instanceId} is ${instanceState || "unknown to AWS"}, ${networkInterfaceId} is ${attachedTo === undefined ? "unknown" : attachedTo || "attached to nothing"}; control planes that run: ${isUnknown(controlPlane) ? "unknown" : list(controlPlane)}`,
        expected:
          "the instance and the interface that the stack was brought up for; kOps replaces them at a rolling update",
        fix: `run '${up(facts)}': it stops at the new node's SSH host key, with the command that accepts it; compare the key, run that command, and 'up' again`,
      };
    },
  ),
  ofAws(
    {
      code: "INSTANCE_STOPPED",
      area: "AWS",
      severity: "error",
      title: "the node's instance runs",
      after: ["INSTANCE_GONE"],
    },
    ["instanceState"],
    ({ instanceState }, facts) =>
      instanceState === "running"
        ? undefined
        : {
            observed: `instance ${facts.outputs.instanceId} is ${instanceState}`,
            expected: "running",
            fix: aws(facts, `ec2 start-instances --instance-ids ${facts.outputs.instanceId}`),
          },
  ),
  ofAws(
    {
      code: "SECONDARY_UNASSIGNED",
      area: "AWS",
      severity: "error",
      title: "the interface has the secondary address",
      after: ["INSTANCE_GONE"],
      modes: dualIp,
    },
    ["networkInterface"],
    ({ networkInterface }, facts) =>
      networkInterface?.privateIps.includes(facts.outputs.secondaryPrivateIp)
        ? undefined
        : {
            observed: `${facts.outputs.networkInterfaceId} has ${list(networkInterface?.privateIps ?? [])}`,
            expected: `${facts.outputs.secondaryPrivateIp} among them`,
            fix: up(facts),
          },
  ),
  ofAws(
    {
      code: "SUBNET_PRIVATE",
      area: "AWS",
      severity: "error",
      title: "the node's subnet has a route to an internet gateway",
      after: ["INSTANCE_GONE"],
      modes: dualIp,
    },
    ["route"],
    ({ route }) =>
      !route || route.isPublic
        ? undefined
        : {
            observed: inWords(route),
            expected: "0.0.0.0/0 to an internet gateway (igw-…): without it no Elastic IP gets a client in",
            fix: `restore the route to the internet gateway in ${route.routeTableId}, or associate the node's subnet with a route table that has one`,
          },
  ),
  ofAws(
    {
      code: "ELASTIC_IP_GONE",
      area: "AWS",
      severity: "error",
      title: "the applications' Elastic IP is the account's",
      modes: dualIp,
    },
    ["elasticIps"],
    ({ elasticIps }, facts) =>
      ingressOf(elasticIps, facts)
        ? undefined
        : {
            observed: `no Elastic IP ${facts.outputs.allocationId} (${facts.outputs.ingressPublicIp})`,
            expected: `the one that ${facts.usersElasticIp ? "allocationId names" : "the stack allocated"}; a released address seldom comes back`,
            // The stack allocates no other in the place of the user's unless told to.
            fix: facts.usersElasticIp ? `${unset(facts, "allocationId")} && ${up(facts)}` : up(facts),
          },
  ),
  ofAws(
    {
      code: "ELASTIC_IP_UNASSOCIATED",
      area: "AWS",
      severity: "error",
      title: "the Elastic IP leads to the secondary address",
      after: ["ELASTIC_IP_GONE", "SECONDARY_UNASSIGNED"],
      modes: dualIp,
    },
    ["elasticIps"],
    ({ elasticIps }, facts) => {
      const { networkInterfaceId, secondaryPrivateIp, allocationId } = facts.outputs;
      const elasticIp = ingressOf(elasticIps, facts);
      if (elasticIp?.networkInterfaceId === networkInterfaceId && elasticIp.privateIp === secondaryPrivateIp)
        return undefined;
      return {
        observed: elasticIp?.networkInterfaceId
          ? `leads to ${elasticIp.privateIp} of ${elasticIp.networkInterfaceId}`
          : "leads nowhere",
        expected: `${secondaryPrivateIp} of ${networkInterfaceId}`,
        // Whatever has the user's now may be theirs as well.
        fix:
          facts.usersElasticIp && elasticIp?.networkInterfaceId
            ? `disassociate ${allocationId} there if nothing needs it, then run '${up(facts)}'`
            : aws(
                facts,
                `ec2 associate-address --allocation-id ${allocationId} --network-interface-id ${networkInterfaceId} --private-ip-address ${secondaryPrivateIp} --allow-reassociation`,
              ),
      };
    },
  ),
  ofAws(
    {
      code: "BALANCER_GONE",
      area: "AWS",
      severity: "error",
      title: "a load balancer has the applications' Elastic IP",
      modes: balanced,
    },
    ["targets"],
    ({ targets }, facts) =>
      targets
        ? undefined
        : {
            observed: `no load balancer with ${facts.outputs.allocationId} (${facts.outputs.ingressPublicIp})`,
            expected: "the one that the stack made",
            fix: up(facts),
          },
  ),
  ofAws(
    {
      code: "GROUP_DETACHED",
      area: "AWS",
      severity: "error",
      title: "the load balancer leads to each of kOps' groups of nodes that run applications",
      after: ["BALANCER_GONE"],
      modes: balanced,
    },
    ["detached"],
    ({ detached }, facts) =>
      detached.length === 0
        ? undefined
        : {
            observed: `${list(detached)} ${detached.length === 1 ? "is" : "are"} not attached to the target groups`,
            expected: "each group of nodes attached; kOps detaches target groups that its manifests do not name",
            fix: up(facts),
          },
  ),
  ofAws(
    {
      code: "NO_TARGET_HEALTHY",
      area: "AWS",
      severity: "error",
      title: "for each of its ports the load balancer has a node that answers",
      after: ["BALANCER_GONE"],
      modes: balanced,
    },
    ["targets"],
    ({ targets = [] }, facts) => {
      const ports = [...new Set(targets.map(({ port }) => port))];
      const silent = ports.filter((port) => targets.every((each) => each.port !== port || isIll(each)));
      if (ports.length > 0 && silent.length === 0) return undefined;
      return {
        observed: ports.length === 0 ? "no node behind the load balancer" : illOnes(targets),
        expected: "a healthy one: the NodePorts answer, and the nodes' security group lets the balancer in",
        fix: up(facts),
      };
    },
  ),
  ofAws(
    {
      code: "TARGETS_UNHEALTHY",
      area: "AWS",
      severity: "warning",
      title: "each node answers the load balancer",
      after: ["BALANCER_GONE", "NO_TARGET_HEALTHY"],
      modes: balanced,
    },
    ["targets"],
    ({ targets = [] }) =>
      targets.some(isIll)
        ? {
            observed: illOnes(targets),
            expected: "all of them healthy; the others have their share meanwhile",
            fix: `${lookAtIngress} why the NodePorts do not answer on these nodes`,
          }
        : undefined,
  ),
  ofAws(
    {
      code: "API_ADDRESS_LOST",
      area: "AWS",
      severity: "error",
      title: "the API has the public address of the outputs",
      after: ["INSTANCE_GONE", "INSTANCE_STOPPED"],
    },
    ["networkInterface"],
    ({ networkInterface }, facts) => {
      const { apiPublicIp, networkInterfaceId, primaryPrivateIp } = facts.outputs;
      const publicIp = networkInterface?.publicIp ?? "";
      if (publicIp === apiPublicIp) return undefined;
      const { elasticIps } = facts.aws;
      const own = isUnknown(elasticIps) ? undefined : elasticIps.find((each) => each.publicIp === apiPublicIp);
      return {
        observed: publicIp || "none",
        expected: apiPublicIp || "none",
        fix: own
          ? aws(
              facts,
              `ec2 associate-address --allocation-id ${own.allocationId} --network-interface-id ${networkInterfaceId} --private-ip-address ${primaryPrivateIp} --allow-reassociation`,
            )
          : // AWS gives a started instance no public address while another of its addresses has an Elastic IP.
            publicIp === ""
            ? `${set(facts, "primaryAddress", "elastic-ip")} && ${up(facts)}`
            : up(facts),
      };
    },
  ),
  ofAws(
    {
      code: "API_ADDRESS_AUTOMATIC",
      area: "AWS",
      severity: "warning",
      title: "the API's public address outlives a stop of the instance",
      after: ["API_ADDRESS_LOST"],
      modes: dualIp,
    },
    ["networkInterface"],
    ({ networkInterface }, facts) =>
      !networkInterface?.publicIp || networkInterface.elastic
        ? undefined
        : {
            observed: `${networkInterface.publicIp} was assigned automatically, and is lost at the next stop`,
            expected: "an Elastic IP",
            fix: `${set(facts, "primaryAddress", "elastic-ip")} && ${up(facts)}`,
          },
  ),
  ofAws(
    {
      code: "HTTPS_CLOSED",
      area: "AWS",
      severity: "error",
      title: "the security groups let clients reach the applications' HTTPS port",
      after: ["INSTANCE_GONE"],
      modes: onTheNode,
    },
    ["reachedBy"],
    ({ reachedBy }, facts) => opened(facts.outputs.ingressPort, reachedBy, facts),
  ),
  ofAws(
    {
      code: "HTTP_CLOSED",
      area: "AWS",
      severity: "error",
      title: "the security groups let clients reach the applications' HTTP port",
      after: ["INSTANCE_GONE"],
      modes: onTheNode,
    },
    ["reachedBy"],
    ({ reachedBy }, facts) => opened(facts.outputs.ingressHttpPort, reachedBy, facts),
  ),
  ofAws(
    {
      code: "API_BEHIND_BALANCER",
      area: "cost",
      severity: "warning",
      title: "no load balancer in front of the API is paid for beside this stack",
      modes: dualIp,
    },
    ["apiBalancer"],
    ({ apiBalancer }, facts) =>
      apiBalancer && {
        observed: `a load balancer of kOps for the API of ${facts.outputs.clusterName}, ${apiBalancer.publicIps.length > 0 ? `on ${list(apiBalancer.publicIps)}` : "internal"}: some 20 USD a month`,
        expected: "the API on the node's own address, as in a cluster made with --dns public",
        fix: "move the API to the node (docs/guide.md, Which cluster it fits), or keep both and give the doctor --ignore API_BEHIND_BALANCER",
      },
  ),
  ofAws(
    {
      code: "IDLE_ELASTIC_IP",
      area: "cost",
      severity: "warning",
      title: "no Elastic IP of the stack is paid for and leads nowhere",
      after: [
        ...["INSTANCE_GONE", "API_ADDRESS_LOST", "BALANCER_GONE"],
        ...["ELASTIC_IP_GONE", "ELASTIC_IP_UNASSOCIATED", "SECONDARY_UNASSIGNED"],
      ],
    },
    ["elasticIps"],
    ({ elasticIps }, facts) => {
      const idle = idleOnes(elasticIps, facts).map(({ allocationId }) => allocationId);
      return idle.length === 0
        ? undefined
        : {
            observed: `${list(idle)}: 3.65 USD a month each`,
            expected: "none besides the stack's own",
            fix: idle
              .map((allocationId) => aws(facts, `ec2 release-address --allocation-id ${allocationId}`))
              .join(" && "),
          };
    },
  ),
];
