/**
 * The authorization requests of a call: one for each resource that it uses, and one more for tags at creation. Follows
 * the service authorization reference, for the calls that the program makes.
 */
import type { Account, Tags } from "../account";
import type { Parameter, Parameters } from "../parameters";

export interface AuthorizationRequest {
  /** `ec2:ReleaseAddress`. */
  action: string;
  /** An ARN, or `*` if the action has no resource types. */
  resource: string;
  context: Record<string, string | string[]>;
}

const text = (value: Parameter | undefined): string => (typeof value === "string" ? value : "");
/** Members of a Query protocol list or of Route 53's XML. */
const members = (value: Parameter | undefined): Parameter[] =>
  typeof value === "object" ? Object.values(value as Record<string, Parameter>) : [];
const fields = (value: Parameter | undefined): Record<string, Parameter> =>
  typeof value === "object" && !Array.isArray(value) ? value : {};

const resourceTags = (tags: Tags | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

function requestTags(list: Parameter | undefined): Record<string, string | string[]> {
  const tags = members(list).map((tag) => [text(fields(tag)["Key"]), text(fields(tag)["Value"])] as const);
  return {
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    "aws:TagKeys": tags.map(([key]) => key),
  };
}

/** EC2's resource types by ID prefix. */
const types: Readonly<Record<string, string>> = {
  eipalloc: "elastic-ip",
  sg: "security-group",
  sgr: "security-group-rule",
  eni: "network-interface",
  vpc: "vpc",
  i: "instance",
};

/** Authorization requests of EC2's calls. */
class Ec2Questions {
  constructor(
    private readonly account: Account,
    private readonly action: string,
    private readonly parameters: Parameters,
  ) {}

  #arn(id: string): string {
    const { region, accountId } = this.account;
    return `arn:aws:ec2:${region}:${accountId}:${types[id.replace(/-[^-]*$/, "")] ?? "unknown"}/${id}`;
  }

  #tagsOf(id: string): Tags | undefined {
    const { addresses, securityGroups, securityGroupRules, networkInterfaces, vpcs, instances } = this.account;
    return [
      addresses.find(({ allocationId }) => allocationId === id),
      securityGroups.find(({ groupId }) => groupId === id),
      securityGroupRules.find(({ securityGroupRuleId }) => securityGroupRuleId === id),
      networkInterfaces.find(({ networkInterfaceId }) => networkInterfaceId === id),
      vpcs.find(({ vpcId }) => vpcId === id),
      instances.find(({ instanceId }) => instanceId === id),
    ].find((found) => found)?.tags;
  }

  #ask(action: string, id: string, more: AuthorizationRequest["context"] = {}): AuthorizationRequest {
    const context = { "ec2:Region": this.account.region, ...resourceTags(this.#tagsOf(id)), ...more };
    return { action: `ec2:${action}`, resource: this.#arn(id), context };
  }

  /** For existing resources only: for an unknown ID the call itself returns the error. */
  about(...ids: string[]): AuthorizationRequest[] {
    return ids.filter((id) => this.#tagsOf(id) !== undefined).map((id) => this.#ask(this.action, id));
  }

  /** For a new resource and its tags. */
  making(kind: keyof typeof types): AuthorizationRequest[] {
    const [specification] = members(this.parameters["TagSpecification"]);
    const tags = specification ? requestTags(fields(specification)["Tag"]) : undefined;
    const made = this.#ask(this.action, `${kind}-new`, tags);
    if (!tags) return [made];
    return [made, this.#ask("CreateTags", `${kind}-new`, { ...tags, "ec2:CreateAction": this.action })];
  }

  tagging(): AuthorizationRequest[] {
    const tags = requestTags(this.parameters["Tag"]);
    const exists = (id: string): boolean => this.#tagsOf(id) !== undefined;
    return members(this.parameters["ResourceId"])
      .map(text)
      .filter(exists)
      .map((id) => this.#ask(this.action, id, tags));
  }

  all(): AuthorizationRequest[] {
    const id = (name: string): string => text(this.parameters[name]);
    const association = this.account.addresses.find(
      (address) => address.association?.associationId === id("AssociationId"),
    );
    switch (this.action) {
      case "AllocateAddress":
        return this.making("eipalloc");
      case "ReleaseAddress":
        return this.about(id("AllocationId"));
      case "AssociateAddress":
        return this.about(id("AllocationId"), id("NetworkInterfaceId"));
      case "DisassociateAddress":
        return association
          ? this.about(association.allocationId, association.association?.networkInterfaceId ?? "")
          : [];
      case "CreateSecurityGroup":
        return [...this.making("sg"), ...this.about(id("VpcId"))];
      case "AuthorizeSecurityGroupIngress":
      case "AuthorizeSecurityGroupEgress":
        return [...this.about(id("GroupId")), ...this.making("sgr")];
      case "RevokeSecurityGroupIngress":
      case "RevokeSecurityGroupEgress":
      case "DeleteSecurityGroup":
        return this.about(id("GroupId"));
      case "ModifyNetworkInterfaceAttribute":
        return this.about(id("NetworkInterfaceId"), ...members(this.parameters["SecurityGroupId"]).map(text));
      case "AssignPrivateIpAddresses":
      case "UnassignPrivateIpAddresses":
        return this.about(id("NetworkInterfaceId"));
      case "CreateTags":
      case "DeleteTags":
        return this.tagging();
      default:
        return [{ action: `ec2:${this.action}`, resource: "*", context: { "ec2:Region": this.account.region } }];
    }
  }
}

/** Names as Route 53's condition keys have them: lower case, without trailing dot. */
const normalized = (name: string): string => name.toLowerCase().replace(/\.$/, "");

function route53Request(action: string, parameters: Parameters): AuthorizationRequest {
  const ask = (resource: string, context: AuthorizationRequest["context"] = {}): AuthorizationRequest => ({
    action: `route53:${action}`,
    resource: resource === "*" ? "*" : `arn:aws:route53:::${resource}`,
    context,
  });
  const id = text(parameters["Id"]) || text(parameters["HealthCheckId"]);
  if (action.endsWith("TagsForResource") || action.endsWith("TagsForResources"))
    return ask(`${text(parameters["ResourceType"])}/${text(parameters["ResourceId"])}`);
  if (action === "ChangeResourceRecordSets") {
    const changes = members(fields(fields(parameters["ChangeBatch"])["Changes"])["Change"]).map(fields);
    const each = (name: string): string[] => changes.map((change) => text(fields(change["ResourceRecordSet"])[name]));
    return ask(`hostedzone/${id}`, {
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": each("Name").map(normalized),
      "route53:ChangeResourceRecordSetsRecordTypes": each("Type"),
      "route53:ChangeResourceRecordSetsActions": changes.map((change) => text(change["Action"])),
    });
  }
  if (id === "") return ask("*");
  if (action === "GetChange") return ask(`change/${id}`);
  return ask(`${action.includes("HealthCheck") ? "healthcheck" : "hostedzone"}/${id}`);
}

/**
 * EC2 permissions that Elastic Load Balancing checks for the caller, as AWS's guide listed them
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/load-balancer-authentication-access-control.html).
 */
export const inCallersName: Readonly<Record<string, readonly string[]>> = {
  CreateLoadBalancer: [
    ...["DescribeAccountAttributes", "DescribeAddresses", "DescribeInternetGateways", "DescribeSecurityGroups"],
    ...["DescribeSubnets", "DescribeVpcs"],
  ],
  CreateTargetGroup: ["DescribeInternetGateways", "DescribeVpcs"],
  SetSubnets: ["DescribeSubnets"],
};

/** For the ARNs of existing resources; a call that creates one is also checked for its tags. */
function elbRequests(account: Account, action: string, parameters: Parameters): AuthorizationRequest[] {
  const ask = (
    name: string,
    resource: string,
    context: AuthorizationRequest["context"] = {},
  ): AuthorizationRequest => ({
    action: `elasticloadbalancing:${name}`,
    resource,
    context,
  });
  if (action.startsWith("Describe")) return [ask(action, "*")];
  const { region, accountId, loadBalancers = [], targetGroups = [], listeners = [] } = account;
  const tagsOfArn = (arn: string): Tags | undefined =>
    [...loadBalancers, ...targetGroups, ...listeners].find((each) => each.arn === arn)?.tags;
  // The simulator knows AddTags and RemoveTags only from the older API, whose only resource type is the balancer.
  const taggable = `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/net/new/1`;
  const given = parameters["Tags"];
  const requested = given === undefined ? undefined : requestTags(fields(given)["member"]);
  if (action.startsWith("Create")) {
    const kinds: Readonly<Record<string, string>> = {
      CreateLoadBalancer: "loadbalancer/net/new/1",
      CreateTargetGroup: "targetgroup/new/1",
      CreateListener: "listener/net/new/1/2",
    };
    const made = `arn:aws:elasticloadbalancing:${region}:${accountId}:${kinds[action] ?? ""}`;
    const balancer = text(parameters["LoadBalancerArn"]);
    // CreateListener is authorized on the balancer.
    const asked = balancer === "" ? made : balancer;
    return [
      ask(action, asked, { ...resourceTags(tagsOfArn(asked)), ...requested }),
      ...(requested ? [ask("AddTags", taggable, { ...requested, "elasticloadbalancing:CreateAction": action })] : []),
    ];
  }
  const named = [
    ...["ListenerArn", "TargetGroupArn", "LoadBalancerArn"].map((name) => text(parameters[name])),
    ...members(fields(parameters["ResourceArns"])["member"]).map(text),
  ].filter((arn) => tagsOfArn(arn) !== undefined);
  const asked = (arn: string): string => (/^(Add|Remove)Tags$/.test(action) ? taggable : arn);
  return named.map((arn) => ask(action, asked(arn), { ...resourceTags(tagsOfArn(arn)), ...requested }));
}

function autoscalingRequest(account: Account, action: string, parameters: Parameters): AuthorizationRequest {
  const group = account.autoScalingGroups?.find(({ name }) => name === text(parameters["AutoScalingGroupName"]));
  return {
    action: `autoscaling:${action}`,
    resource: action.startsWith("Describe") || !group ? "*" : group.arn,
    context: resourceTags(group?.tags),
  };
}

/** The call is rejected unless every request is allowed. */
export function authorizationRequests(
  account: Account,
  service: string,
  action: string,
  parameters: Parameters,
): AuthorizationRequest[] {
  if (service === "ec2") return new Ec2Questions(account, action, parameters).all();
  if (service === "route53") return [route53Request(action, parameters)];
  if (service === "elasticloadbalancing") {
    const asked = (inCallersName[action] ?? []).map((name) => ({
      action: `ec2:${name}`,
      resource: "*",
      context: { "ec2:Region": account.region },
    }));
    return [...elbRequests(account, action, parameters), ...asked];
  }
  if (service === "autoscaling") return [autoscalingRequest(account, action, parameters)];
  return [{ action: `${service}:${action}`, resource: "*", context: {} }];
}
