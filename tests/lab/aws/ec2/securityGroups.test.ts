import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type IpPermission,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { refuses, useEndpoint } from "../harness";

const everywhere = { IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
const https: IpPermission = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, ...everywhere };

describe("lab EC2: security groups", () => {
  const lab = useEndpoint();

  const create = async (GroupName = "ingress"): Promise<string> => {
    const { GroupId } = await lab.ec2.send(
      new CreateSecurityGroupCommand({ GroupName, Description: "Managed by Pulumi", VpcId: lab.vpcId }),
    );
    assert(GroupId);
    return GroupId;
  };
  const groupOf = async (GroupId: string): Promise<SecurityGroup> => {
    const { SecurityGroups } = await lab.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    assert.equal(SecurityGroups?.length, 1);
    return SecurityGroups[0] as SecurityGroup;
  };
  const authorize = async (GroupId: string, ...IpPermissions: IpPermission[]): Promise<SecurityGroupRule[]> => {
    const answer = await lab.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    return answer.SecurityGroupRules ?? [];
  };
  const ruleIds = async (GroupId: string): Promise<(string | undefined)[]> => {
    const Filters = [{ Name: "group-id", Values: [GroupId] }];
    const answer = await lab.ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
    return (answer.SecurityGroupRules ?? []).map((rule) => rule.SecurityGroupRuleId);
  };

  it("CreateSecurityGroup: with tags and the default egress rule", async () => {
    const { GroupId, Tags } = await lab.ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: "ingress",
        Description: "Managed by Pulumi",
        VpcId: lab.vpcId,
        TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "Name", Value: "ingress" }] }],
      }),
    );
    assert.match(GroupId ?? "", /^sg-0[0-9a-f]{16}$/);
    assert.deepEqual(Tags, [{ Key: "Name", Value: "ingress" }]);
    const group = await groupOf(GroupId ?? "");
    assert.equal(group.OwnerId, "123456789012");
    assert.equal(group.GroupName, "ingress");
    assert.equal(group.Description, "Managed by Pulumi");
    assert.equal(group.VpcId, lab.vpcId);
    assert.deepEqual(group.IpPermissions, []);
    assert.deepEqual(group.IpPermissionsEgress, [
      {
        IpProtocol: "-1",
        IpRanges: [{ CidrIp: "0.0.0.0/0" }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      },
    ]);
  });

  it("CreateSecurityGroup: a name twice in one VPC is InvalidGroup.Duplicate", async () => {
    await create();
    await refuses(create(), "InvalidGroup.Duplicate", `already exists for VPC '${lab.vpcId}'`);
  });

  it("CreateSecurityGroup: names that AWS keeps for itself, no VPC, an unknown VPC", async () => {
    await refuses(create("sg-mine"), "InvalidParameterValue", "sg-");
    await refuses(create("default"), "InvalidGroup.Reserved");
    const input = { GroupName: "ingress", Description: "test" };
    await refuses(lab.ec2.send(new CreateSecurityGroupCommand(input)), "VPCIdNotSpecified");
    await refuses(lab.ec2.send(new CreateSecurityGroupCommand({ ...input, VpcId: "vpc-0" })), "InvalidVpcID.NotFound");
    await refuses(
      lab.ec2.send(new CreateSecurityGroupCommand({ ...input, Description: "größer", VpcId: lab.vpcId })),
      "InvalidParameterValue",
    );
  });

  it("the official provider's first steps: revoke the IPv4 egress rule with ports 0–0, then find no IPv6 one", async () => {
    const GroupId = await create();
    const all = { IpProtocol: "-1", FromPort: 0, ToPort: 0 };
    const revoke = (permission: IpPermission): Promise<unknown> =>
      lab.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [permission] }));
    await revoke({ ...all, ...everywhere });
    await refuses(revoke({ ...all, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }), "InvalidPermission.NotFound");
    assert.deepEqual((await groupOf(GroupId)).IpPermissionsEgress, []);
    await lab.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [{ IpProtocol: "-1", ...everywhere }] }),
    );
    assert.equal((await groupOf(GroupId)).IpPermissionsEgress?.length, 1);
  });

  it("Authorize…: the answer has securityGroupRuleSet, and tags set on creation", async () => {
    const GroupId = await create();
    const { SecurityGroupRules } = await lab.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [{ ...https, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "apps" }] }],
        TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "Name", Value: "https" }] }],
      }),
    );
    const [rule] = SecurityGroupRules ?? [];
    assert.match(rule?.SecurityGroupRuleId ?? "", /^sgr-0[0-9a-f]{16}$/);
    assert.deepEqual(
      { ...rule, SecurityGroupRuleId: "", SecurityGroupRuleArn: "" },
      {
        SecurityGroupRuleId: "",
        SecurityGroupRuleArn: "",
        GroupId,
        GroupOwnerId: "123456789012",
        IsEgress: false,
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        CidrIpv4: "0.0.0.0/0",
        Description: "apps",
        Tags: [{ Key: "Name", Value: "https" }],
      },
    );
    const read = await lab.ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ""] }),
    );
    assert.deepEqual(read.SecurityGroupRules, SecurityGroupRules);
  });

  it("Authorize…: no description is absent, not empty", async () => {
    const [rule] = await authorize(await create(), https);
    assert.equal(rule && "Description" in rule && rule.Description !== undefined, false);
  });

  it("Authorize…: a rule that is there is InvalidPermission.Duplicate, whatever its description", async () => {
    const GroupId = await create();
    await authorize(GroupId, https);
    await refuses(
      authorize(GroupId, { ...https, IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "again" }] }),
      "InvalidPermission.Duplicate",
      'the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists',
    );
    await refuses(
      authorize(GroupId, { ...https, IpProtocol: "6" }, { ...https, FromPort: 80, ToPort: 80 }),
      "InvalidPermission.Duplicate",
    );
    assert.equal((await groupOf(GroupId)).IpPermissions?.length, 1);
    await refuses(
      authorize(await create("twice"), https, https),
      "InvalidParameterValue",
      "must not appear multiple times",
    );
  });

  it("Authorize…: CIDR blocks become canonical, peers are grouped by protocol and ports", async () => {
    const GroupId = await create();
    const other = await create("other");
    await authorize(
      GroupId,
      { ...https, IpRanges: [{ CidrIp: "203.0.113.9/24" }, { CidrIp: "198.51.100.1/32" }] },
      { ...https, IpRanges: [], Ipv6Ranges: [{ CidrIpv6: "2001:db8::1/32" }], UserIdGroupPairs: [{ GroupId: other }] },
    );
    assert.deepEqual((await groupOf(GroupId)).IpPermissions, [
      {
        IpProtocol: "tcp",
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: "203.0.113.0/24" }, { CidrIp: "198.51.100.1/32" }],
        Ipv6Ranges: [{ CidrIpv6: "2001:db8::/32" }],
        UserIdGroupPairs: [{ GroupId: other, UserId: "123456789012" }],
        PrefixListIds: [],
      },
    ]);
  });

  for (const [what, permission, code, text] of [
    ["an unknown protocol", { ...https, IpProtocol: "quic" }, "InvalidParameterValue", "Unknown protocol"],
    ["TCP without ports", { IpProtocol: "tcp", ...everywhere }, "InvalidParameterValue", "Must specify both"],
    ["ports the wrong way round", { ...https, FromPort: 444 }, "InvalidParameterValue", "444-443"],
    ["a port that is none", { ...https, ToPort: 65536 }, "InvalidParameterValue", "443-65536"],
    [
      "a block without prefix",
      { ...https, IpRanges: [{ CidrIp: "203.0.113.9" }] },
      "InvalidParameterValue",
      "malformed",
    ],
    ["a short block", { ...https, IpRanges: [{ CidrIp: "10/8" }] }, "InvalidParameterValue", "malformed"],
    ["a prefix too long", { ...https, IpRanges: [{ CidrIp: "10.0.0.0/33" }] }, "InvalidParameterValue", "malformed"],
    ["no peer", { ...https, IpRanges: [] }, "MissingParameter", ""],
    [
      "an unknown group as peer",
      { ...https, IpRanges: [], UserIdGroupPairs: [{ GroupId: "sg-0" }] },
      "InvalidGroup.NotFound",
      "sg-0",
    ],
  ] as const)
    it(`Authorize…: ${what} is ${code}`, async () => {
      const GroupId = await create();
      await refuses(
        lab.ec2.send(
          new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission as IpPermission] }),
        ),
        code,
        text,
      );
    });

  it("Authorize…: the 61st rule is RulesPerSecurityGroupLimitExceeded", async () => {
    const GroupId = await create();
    const IpRanges = Array.from({ length: 60 }, (_, index) => ({ CidrIp: `10.0.${index}.0/24` }));
    await authorize(GroupId, { ...https, IpRanges });
    await refuses(authorize(GroupId, https), "RulesPerSecurityGroupLimitExceeded");
  });

  it("Revoke…: by rule id and by permission; unknown, and of the other direction, is NotFound", async () => {
    const GroupId = await create();
    const [first, second] = await authorize(GroupId, https, { ...https, FromPort: 80, ToPort: 80 });
    const revoke = (input: object): Promise<unknown> =>
      lab.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, ...input }));
    await refuses(
      lab.ec2.send(
        new RevokeSecurityGroupEgressCommand({ GroupId, SecurityGroupRuleIds: [first?.SecurityGroupRuleId ?? ""] }),
      ),
      "InvalidSecurityGroupRuleId.NotFound",
    );
    await revoke({ SecurityGroupRuleIds: [first?.SecurityGroupRuleId] });
    await refuses(revoke({ IpPermissions: [https] }), "InvalidPermission.NotFound");
    await refuses(
      revoke({ SecurityGroupRuleIds: [first?.SecurityGroupRuleId] }),
      "InvalidSecurityGroupRuleId.NotFound",
    );
    await refuses(revoke({}), "MissingParameter");
    assert((await ruleIds(GroupId)).includes(second?.SecurityGroupRuleId));
    await revoke({ IpPermissions: [{ ...https, FromPort: 80, ToPort: 80 }] });
    assert.deepEqual((await groupOf(GroupId)).IpPermissions, []);
  });

  it("ModifySecurityGroupRules: the rule keeps its id and becomes what is asked", async () => {
    const GroupId = await create();
    const [rule, other] = await authorize(GroupId, https, { ...https, FromPort: 80, ToPort: 80 });
    const SecurityGroupRuleId = rule?.SecurityGroupRuleId;
    const modify = (SecurityGroupRule: object, id = SecurityGroupRuleId): Promise<unknown> =>
      lab.ec2.send(
        new ModifySecurityGroupRulesCommand({
          GroupId,
          SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule }],
        }),
      );
    const wanted = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv4: "203.0.113.0/24", Description: "office" };
    await modify(wanted);
    const read = await lab.ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [SecurityGroupRuleId ?? ""] }),
    );
    const [now] = read.SecurityGroupRules ?? [];
    assert.equal(now?.CidrIpv4, "203.0.113.0/24");
    assert.equal(now.Description, "office");
    await refuses(modify(wanted, other?.SecurityGroupRuleId), "InvalidPermission.Duplicate");
    await refuses(modify(wanted, "sgr-0"), "InvalidSecurityGroupRuleId.NotFound");
    await refuses(modify({ ...wanted, CidrIpv6: "::/0" }), "InvalidParameterCombination");
  });

  it("DeleteSecurityGroup: DependencyViolation while an ENI or another group's rule uses it", async () => {
    const GroupId = await create();
    const remove = (): Promise<unknown> => lab.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    const kops = lab.eni.securityGroupIds;
    const setGroups = (Groups: string[]): Promise<unknown> =>
      lab.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: lab.eniId, Groups }));
    await setGroups([GroupId, ...kops]);
    await refuses(remove(), "DependencyViolation", `resource ${GroupId} has a dependent object`);
    await setGroups(kops);

    const other = await create("other");
    const reference = { ...https, IpRanges: [], UserIdGroupPairs: [{ GroupId }] };
    await authorize(other, reference);
    await refuses(remove(), "DependencyViolation");
    await lab.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: other, IpPermissions: [reference] }));

    await remove();
    await refuses(remove(), "InvalidGroup.NotFound", `The security group '${GroupId}' does not exist`);
    await refuses(groupOf(GroupId), "InvalidGroup.NotFound");
    assert.deepEqual(await ruleIds(GroupId), []);
  });

  it("DescribeSecurityGroups and …Rules: documented filters only", async () => {
    const GroupId = await create();
    await authorize(GroupId, { ...https, FromPort: 30443, ToPort: 30443 });
    const found = async (Name: string, ...Values: string[]): Promise<(string | undefined)[]> => {
      const answer = await lab.ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name, Values }] }));
      return (answer.SecurityGroups ?? []).map((group) => group.GroupId);
    };
    assert.deepEqual(await found("group-name", "ingress"), [GroupId]);
    assert.deepEqual(await found("group-id", GroupId), [GroupId]);
    assert.deepEqual(await found("ip-permission.to-port", "30443"), [GroupId]);
    assert.deepEqual(await found("egress.ip-permission.to-port", "30443"), []);
    assert.equal((await found("vpc-id", lab.vpcId)).length, 2);
    await refuses(found("name", "ingress"), "InvalidParameterValue", "The filter 'name' is invalid");
    await refuses(
      lab.ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "vpc-id", Values: [lab.vpcId] }] })),
      "InvalidParameterValue",
      "The filter 'vpc-id' is invalid",
    );
    await refuses(
      lab.ec2.send(new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: ["sgr-0"] })),
      "InvalidSecurityGroupRuleId.NotFound",
    );
  });
});
