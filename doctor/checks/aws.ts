/** The account: the instance, its interface, its addresses, and who may come in. */
import type { Check, Facts, Verdict } from "../check";
import type { AwsFacts } from "../collect/aws";
import type { Target } from "../collect/targets";
import { aws, balanced, dualIp, list, lookAtIngress, ofAws, onTheNode, up } from "./define";

/** The rule of the stack for one of the applications' ports. */
function opened(port: number, { reachedBy }: AwsFacts, facts: Facts): Verdict | undefined {
  const ranges = reachedBy[port] ?? [];
  return ranges.length > 0
    ? undefined
    : {
        observed: `no security group of ${facts.outputs.networkInterfaceId} lets anyone reach port ${port}`,
        expected: `a rule for TCP port ${port}`,
        fix: up(facts),
      };
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
    ({ instanceState, attachedTo, controlPlane }, facts) => {
      const { instanceId, networkInterfaceId } = facts.outputs;
      if (attachedTo === instanceId && instanceState !== "terminated") return undefined;
      return {
        observed: `${instanceId} is ${instanceState ?? "unknown to AWS"}, ${networkInterfaceId} is ${attachedTo === undefined ? "unknown" : attachedTo || "attached to nothing"}; control planes that run: ${list(controlPlane)}`,
        expected:
          "the instance and the interface that the stack was brought up for; kOps replaces them at a rolling update",
        fix: up(facts),
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
    ({ privateIps }, facts) =>
      privateIps.includes(facts.outputs.secondaryPrivateIp)
        ? undefined
        : {
            observed: `${facts.outputs.networkInterfaceId} has ${list(privateIps)}`,
            expected: `${facts.outputs.secondaryPrivateIp} among them`,
            fix: up(facts),
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
    ({ elasticIp }, facts) =>
      elasticIp
        ? undefined
        : {
            observed: `no Elastic IP ${facts.outputs.allocationId} (${facts.outputs.ingressPublicIp})`,
            expected: "the one that the stack allocated; a released address seldom comes back",
            fix: up(facts),
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
    ({ elasticIp }, facts) => {
      const { networkInterfaceId, secondaryPrivateIp, allocationId } = facts.outputs;
      if (elasticIp?.networkInterfaceId === networkInterfaceId && elasticIp.privateIp === secondaryPrivateIp)
        return undefined;
      return {
        observed: elasticIp?.networkInterfaceId
          ? `leads to ${elasticIp.privateIp} of ${elasticIp.networkInterfaceId}`
          : "leads nowhere",
        expected: `${secondaryPrivateIp} of ${networkInterfaceId}`,
        fix: aws(
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
      code: "NO_TARGET_HEALTHY",
      area: "AWS",
      severity: "error",
      title: "for each of its ports the load balancer has a node that answers",
      after: ["BALANCER_GONE"],
      modes: balanced,
    },
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
    ({ targets = [] }) =>
      targets.some(isIll)
        ? {
            observed: illOnes(targets),
            expected: "all of them healthy; the others have their share meanwhile",
            fix: `look why the NodePorts do not answer on these nodes: ${lookAtIngress}`,
          }
        : undefined,
  ),
  ofAws(
    {
      code: "API_ADDRESS_LOST",
      area: "AWS",
      severity: "error",
      title: "the API has the public address of the outputs",
      after: ["INSTANCE_STOPPED"],
    },
    ({ primaryPublicIp }, facts) =>
      primaryPublicIp === facts.outputs.apiPublicIp
        ? undefined
        : {
            observed: primaryPublicIp || "none",
            expected: facts.outputs.apiPublicIp || "none",
            fix:
              primaryPublicIp === ""
                ? `AWS gives a started instance no public address while another of its addresses has an Elastic IP: pulumi config set --stack ${facts.stack || "<stack>"} kops-secondary-ingress:primaryAddress elastic-ip, then ${up(facts)}`
                : up(facts),
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
    ({ primaryPublicIp, primaryIsElastic }, { stack }) =>
      primaryPublicIp === "" || primaryIsElastic
        ? undefined
        : {
            observed: `${primaryPublicIp} was assigned automatically, and is lost at the next stop`,
            expected: "an Elastic IP",
            fix: `pulumi config set --stack ${stack || "<stack>"} kops-secondary-ingress:primaryAddress elastic-ip && pulumi up --yes --stack ${stack || "<stack>"}`,
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
    (found, facts) => opened(facts.outputs.ingressPort, found, facts),
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
    (found, facts) => opened(facts.outputs.ingressHttpPort, found, facts),
  ),
  ofAws(
    {
      code: "IDLE_ELASTIC_IP",
      area: "cost",
      severity: "warning",
      title: "no Elastic IP of the stack is paid for and leads nowhere",
      after: ["ELASTIC_IP_UNASSOCIATED"],
    },
    ({ idle }, facts) => {
      const ours = idle.filter((allocationId) => allocationId !== facts.outputs.allocationId);
      return ours.length === 0
        ? undefined
        : {
            observed: `${list(ours)}: 3.65 USD a month each`,
            expected: "none besides the stack's own",
            fix: ours
              .map((allocationId) => aws(facts, `ec2 release-address --allocation-id ${allocationId}`))
              .join(" && "),
          };
    },
  ),
];
