/** The endpoint, asked by the `aws` command line as a person types it. One variable leads it here. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { DnsRecord } from "../../../outputs/records";
import { type ChangeBatch, changeBatch, inverseBatch } from "../../../dns/route53";
import { type PythonTool, pythonTool } from "../../../lab/build/pythonTool";
import { instanceId, primaryIp, useEndpoint, zoneId } from "./harness";

const secondaryIp = "172.20.45.80";

describe("the endpoint, by the aws command line", function () {
  const lab = useEndpoint();
  let cli: PythonTool;

  before(async () => {
    cli = await pythonTool("awscli", ["awscli==1.46.3"]);
  });

  /** Differs from the operator's environment for one command. */
  let environment: NodeJS.ProcessEnv = {};
  beforeEach(() => {
    environment = {};
  });

  async function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const [program = "", ...rest] = [...cli.command("awscli"), ...args];
    const child = spawn(program, rest, {
      env: {
        PATH: process.env["PATH"],
        ...cli.env,
        AWS_ENDPOINT_URL: lab.url,
        AWS_ACCESS_KEY_ID: "AKIATEST",
        AWS_SECRET_ACCESS_KEY: "very-secret",
        AWS_DEFAULT_REGION: "eu-central-1",
        AWS_MAX_ATTEMPTS: "1",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_PAGER: "",
        HOME: "/nonexistent",
        ...environment,
      },
    });
    const [stdout, stderr, status] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.on("close", resolve)),
    ]);
    return { status, stdout, stderr };
  }
  const aws = async <T = Record<string, never>>(...args: string[]): Promise<T> => {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 0, stderr);
    return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as T;
  };
  /** AWS's code and text, as the command line prints them. */
  const refused = async (code: string, operation: string, says: string | RegExp, ...args: string[]): Promise<void> => {
    const { status, stderr } = await run(...args);
    assert.notEqual(status, 0);
    assert.ok(stderr.includes(`An error occurred (${code}) when calling the ${operation} operation`), stderr);
    assert.match(stderr, typeof says === "string" ? new RegExp(says) : says);
  };
  const assign = (...how: string[]) =>
    aws<{ AssignedPrivateIpAddresses: { PrivateIpAddress: string }[] }>(
      ...["ec2", "assign-private-ip-addresses", "--network-interface-id", lab.eniId],
      ...how,
    );
  const allocate = () => aws<{ AllocationId: string; PublicIp: string }>("ec2", "allocate-address", "--domain", "vpc");
  const associate = (AllocationId: string, address: string, ...more: string[]) => [
    ...["ec2", "associate-address", "--allocation-id", AllocationId],
    ...["--network-interface-id", lab.eniId, "--private-ip-address", address, ...more],
  ];

  it("the write-up's four commands: assign, allocate, associate, look", async () => {
    const { AssignedPrivateIpAddresses } = await assign("--secondary-private-ip-address-count", "1");
    const [{ PrivateIpAddress } = { PrivateIpAddress: "" }] = AssignedPrivateIpAddresses;
    assert.equal(AssignedPrivateIpAddresses.length, 1);
    const { AllocationId, PublicIp } = await allocate();
    const { AssociationId } = await aws<{ AssociationId: string }>(...associate(AllocationId, PrivateIpAddress));
    assert.match(AssociationId, /^eipassoc-/);
    const { NetworkInterfaces } = await aws<{
      NetworkInterfaces: { PrivateIpAddresses: { PrivateIpAddress: string; Association?: { PublicIp: string } }[] }[];
    }>(
      ...["ec2", "describe-network-interfaces"],
      ...["--filters", `Name=addresses.private-ip-address,Values=${PrivateIpAddress}`],
    );
    const [, secondary] = NetworkInterfaces[0]?.PrivateIpAddresses ?? [];
    assert.deepEqual([secondary?.PrivateIpAddress, secondary?.Association?.PublicIp], [PrivateIpAddress, PublicIp]);
  });

  it("assign-private-ip-addresses: lists what is new, and refuses reserved, foreign and too many addresses", async () => {
    const first = await assign("--private-ip-addresses", secondaryIp);
    assert.deepEqual(
      first.AssignedPrivateIpAddresses.map((each) => each.PrivateIpAddress),
      [secondaryIp],
    );
    const again = ["ec2", "assign-private-ip-addresses", "--network-interface-id", lab.eniId, "--private-ip-addresses"];
    await refused("InvalidParameterValue", "AssignPrivateIpAddresses", "reserved|subnet", ...again, "172.20.32.1");
    await refused("InvalidParameterValue", "AssignPrivateIpAddresses", "subnet", ...again, "10.0.0.1");
    const many = Array.from({ length: 12 }, (_, index) => `172.20.45.${150 + index}`);
    await refused("PrivateIpAddressLimitExceeded", "AssignPrivateIpAddresses", "limit", ...again, ...many);
  });

  it("assign-private-ip-addresses: what another interface has is refused, and --allow-reassignment moves it", async () => {
    lab.account.networkInterfaces.push({
      ...structuredClone(lab.eni),
      networkInterfaceId: "eni-0000000000000000f",
      privateIps: [
        { privateIpAddress: "172.20.50.1", primary: true },
        { privateIpAddress: secondaryIp, primary: false },
      ],
    });
    const take = ["ec2", "assign-private-ip-addresses", "--network-interface-id", lab.eniId];
    const taken = ["--private-ip-addresses", secondaryIp];
    const says = `\\[${secondaryIp}\\] assigned, but move is not allowed\\.`;
    await refused("InvalidParameterValue", "AssignPrivateIpAddresses", says, ...take, ...taken);
    const { AssignedPrivateIpAddresses } = await assign(...taken, "--allow-reassignment");
    assert.deepEqual(AssignedPrivateIpAddresses, [{ PrivateIpAddress: secondaryIp }]);
  });

  it("--dry-run: says whether it would be allowed, and changes nothing", async () => {
    const allocation = ["ec2", "allocate-address", "--domain", "vpc", "--dry-run"];
    await refused("DryRunOperation", "AllocateAddress", "Request would have succeeded", ...allocation);
    lab.faults.push({ action: "AllocateAddress", kind: "unauthorized", times: 1 });
    await refused("UnauthorizedOperation", "AllocateAddress", "not authorized", ...allocation);
    assert.deepEqual(lab.account.addresses, []);
  });

  it("associate-address: --no-allow-reassociation protects, its absence does not", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const { AllocationId } = await allocate();
    const { AssociationId: first } = await aws<{ AssociationId: string }>(...associate(AllocationId, secondaryIp));
    const primary = lab.eni.privateIps[0]?.privateIpAddress ?? "";
    await refused(
      ...(["Resource.AlreadyAssociated", "AssociateAddress", "already associated"] as const),
      ...associate(AllocationId, primary, "--no-allow-reassociation"),
    );
    const { AssociationId: same } = await aws<{ AssociationId: string }>(...associate(AllocationId, secondaryIp));
    assert.equal(same, first);
    const { AssociationId: moved } = await aws<{ AssociationId: string }>(...associate(AllocationId, primary));
    assert.notEqual(moved, first);
    await refused(
      ...(["InvalidParameterValue", "AssociateAddress", "not assigned"] as const),
      ...associate(AllocationId, "172.20.45.200"),
    );
  });

  it("two Elastic IPs on one interface, each on its own address, and disassociate-address takes one away", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const [api, ingress] = [await allocate(), await allocate()];
    await aws(...associate(api.AllocationId, primaryIp));
    const { AssociationId } = await aws<{ AssociationId: string }>(...associate(ingress.AllocationId, secondaryIp));
    const publicIps = async (): Promise<(string | undefined)[]> => {
      const { NetworkInterfaces } = await aws<{
        NetworkInterfaces: { PrivateIpAddresses: { Association?: { PublicIp: string } }[] }[];
      }>("ec2", "describe-network-interfaces", "--network-interface-ids", lab.eniId);
      return NetworkInterfaces[0]?.PrivateIpAddresses.map(({ Association }) => Association?.PublicIp) ?? [];
    };
    assert.deepEqual(await publicIps(), [api.PublicIp, ingress.PublicIp]);
    const disassociate = ["ec2", "disassociate-address", "--association-id", AssociationId];
    await aws(...disassociate);
    assert.deepEqual(await publicIps(), [api.PublicIp, undefined]);
    await refused("InvalidAssociationID.NotFound", "DisassociateAddress", AssociationId, ...disassociate);
  });

  it("release-address: not while associated, and unassign ends an association", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const { AllocationId } = await allocate();
    await aws(...associate(AllocationId, secondaryIp));
    const release = ["ec2", "release-address", "--allocation-id", AllocationId];
    await refused("InvalidIPAddress.InUse", "ReleaseAddress", "in use", ...release);
    const unassign = [
      ...["ec2", "unassign-private-ip-addresses", "--network-interface-id", lab.eniId],
      ...["--private-ip-addresses", secondaryIp],
    ];
    await aws(...unassign);
    const { Addresses } = await aws<{ Addresses: { AssociationId?: string }[] }>("ec2", "describe-addresses");
    assert.deepEqual(
      Addresses.map(({ AssociationId }) => AssociationId),
      [undefined],
    );
    await refused("InvalidParameterValue", "UnassignPrivateIpAddresses", "not assigned", ...unassign);
    await aws(...release);
    assert.deepEqual(lab.account.addresses, []);
  });

  it("describe-addresses: every filter that is typed", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const [one, two] = [await allocate(), await allocate()];
    const { AssociationId } = await aws<{ AssociationId: string }>(...associate(two.AllocationId, secondaryIp));
    await aws("ec2", "create-tags", "--resources", two.AllocationId, "--tags", "Key=Name,Value=ingress");
    const found = async (filter: string): Promise<string[]> => {
      const answer = await aws<{ Addresses: { AllocationId: string }[] }>(
        ...["ec2", "describe-addresses", "--filters", filter],
      );
      return answer.Addresses.map(({ AllocationId }) => AllocationId);
    };
    for (const filter of [
      `Name=allocation-id,Values=${two.AllocationId}`,
      `Name=association-id,Values=${AssociationId}`,
      `Name=network-interface-id,Values=${lab.eniId}`,
      `Name=private-ip-address,Values=${secondaryIp}`,
      `Name=public-ip,Values=${two.PublicIp}`,
      "Name=tag:Name,Values=ing*",
    ])
      assert.deepEqual(await found(filter), [two.AllocationId], filter);
    assert.deepEqual(await found(`Name=public-ip,Values=${one.PublicIp}`), [one.AllocationId]);
  });

  it("allocate-address: border group and pool are told, and the sixth is over the quota", async () => {
    const { AttributeValues } =
      (
        await aws<{ AccountAttributes: { AttributeValues: { AttributeValue: string }[] }[] }>(
          ...["ec2", "describe-account-attributes", "--attribute-names", "vpc-max-elastic-ips"],
        )
      ).AccountAttributes[0] ?? {};
    assert.deepEqual(AttributeValues, [{ AttributeValue: "5" }]);
    const first = await allocate();
    assert.deepEqual(first, {
      PublicIp: "203.0.113.10",
      AllocationId: lab.account.addresses[0]?.allocationId,
      PublicIpv4Pool: "amazon",
      NetworkBorderGroup: "eu-central-1",
      Domain: "vpc",
    });
    for (let count = 1; count < 5; count++) await allocate();
    await refused("AddressLimitExceeded", "AllocateAddress", "maximum number", "ec2", "allocate-address");
  });

  it("modify-address-attribute: sets the name that describe-addresses-attribute shows", async () => {
    const { AllocationId, PublicIp } = await allocate();
    const of = ["--allocation-id", AllocationId];
    await aws("ec2", "modify-address-attribute", ...of, "--domain-name", "app.example.com");
    const { Addresses } = await aws<{ Addresses: object[] }>(
      ...["ec2", "describe-addresses-attribute", "--allocation-ids", AllocationId, "--attribute", "domain-name"],
    );
    assert.deepEqual(Addresses, [{ PublicIp, AllocationId, PtrRecord: "app.example.com." }]);
  });

  it("modify-network-interface-attribute: replaces the groups, five at most", async () => {
    const groups: string[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      const { GroupId } = await aws<{ GroupId: string }>(
        ...["ec2", "create-security-group", "--vpc-id", lab.vpcId, "--group-name", name, "--description", name],
      );
      groups.push(GroupId);
    }
    const set = (...ids: string[]): string[] => [
      ...["ec2", "modify-network-interface-attribute", "--network-interface-id", lab.eniId, "--groups", ...ids],
    ];
    await aws(...set(...groups.slice(0, 5)));
    assert.deepEqual(lab.eni.securityGroupIds, groups.slice(0, 5));
    await refused(
      ...(["SecurityGroupsPerInterfaceLimitExceeded", "ModifyNetworkInterfaceAttribute", "maximum number"] as const),
      ...set(...groups),
    );
    await aws(...set(groups[5] ?? ""));
    assert.deepEqual(lab.eni.securityGroupIds, [groups[5]]);
  });

  it("describe-instance-types: how many addresses an interface can have", async () => {
    const { InstanceTypes } = await aws<{
      InstanceTypes: { InstanceType: string; NetworkInfo: { Ipv4AddressesPerInterface: number } }[];
    }>("ec2", "describe-instance-types", "--instance-types", "t3.nano", "t3.medium", "m5.large");
    assert.deepEqual(
      InstanceTypes.map(({ InstanceType, NetworkInfo }) => [InstanceType, NetworkInfo.Ipv4AddressesPerInterface]),
      [
        ["t3.nano", 2],
        ["t3.medium", 6],
        ["m5.large", 10],
      ],
    );
  });

  it("stop-instances and start-instances: no new public address beside an Elastic IP on the secondary", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const { AllocationId } = await allocate();
    await aws(...associate(AllocationId, secondaryIp));
    const ids = ["--instance-ids", instanceId];
    await aws("ec2", "stop-instances", ...ids);
    await aws("ec2", "start-instances", ...ids);
    const { Reservations } = await aws<{ Reservations: { Instances: { PublicIpAddress?: string }[] }[] }>(
      ...["ec2", "describe-instances", ...ids],
    );
    assert.equal(Reservations[0]?.Instances[0]?.PublicIpAddress, undefined);
  });

  it("route53: a change is atomic, checked, PENDING and then INSYNC", async () => {
    const change = (...changes: object[]): string[] => [
      ...["route53", "change-resource-record-sets", "--hosted-zone-id", zoneId],
      ...["--change-batch", JSON.stringify({ Changes: changes })],
    ];
    const set = (Action: string, name: string, Value: string): object => ({
      Action,
      ResourceRecordSet: { Name: name, Type: "A", TTL: 60, ResourceRecords: [{ Value }] },
    });
    await refused(
      ...(["InvalidChangeBatch", "ChangeResourceRecordSets", "not a valid IPv4 address"] as const),
      ...change(set("UPSERT", "good.example.com", "192.0.2.1"), set("UPSERT", "bad.example.com", "no address")),
    );
    const names = async (): Promise<string[]> => {
      const answer = await aws<{ ResourceRecordSets: { Name: string; Type: string }[] }>(
        ...["route53", "list-resource-record-sets", "--hosted-zone-id", zoneId],
      );
      return answer.ResourceRecordSets.filter(({ Type }) => Type === "A").map(({ Name }) => Name);
    };
    assert.ok(!(await names()).includes("good.example.com."));
    const { ChangeInfo } = await aws<{ ChangeInfo: { Id: string; Status: string } }>(
      ...change(set("UPSERT", "app.example.com", "192.0.2.1")),
    );
    assert.equal(ChangeInfo.Status, "PENDING");
    assert.ok((await names()).includes("app.example.com."));
    await aws("route53", "wait", "resource-record-sets-changed", "--id", ChangeInfo.Id);
    const { ChangeInfo: then } = await aws<{ ChangeInfo: { Status: string } }>(
      ...["route53", "get-change", "--id", ChangeInfo.Id],
    );
    assert.equal(then.Status, "INSYNC");
    await aws(...change(set("DELETE", "app.example.com", "192.0.2.1")));
    assert.ok(!(await names()).includes("app.example.com."));
  });

  it("route53: the batches for a stack's records lead there and back", async () => {
    const record = (...values: string[]): DnsRecord => ({ name: "app.example.com.", type: "A", ttl: 60, values });
    const apply = (batch: ChangeBatch): Promise<unknown> =>
      aws(
        ...["route53", "change-resource-record-sets", "--hosted-zone-id", zoneId],
        ...["--change-batch", JSON.stringify(batch)],
      );
    const now = async (): Promise<string[]> => {
      const { ResourceRecordSets } = await aws<{
        ResourceRecordSets: { Name: string; ResourceRecords?: { Value: string }[] }[];
      }>("route53", "list-resource-record-sets", "--hosted-zone-id", zoneId);
      const found = ResourceRecordSets.find(({ Name }) => Name === "app.example.com.");
      return (found?.ResourceRecords ?? []).map(({ Value }) => Value);
    };
    const wanted = [record("203.0.113.10")];
    for (const before of [[], [record("192.0.2.8", "192.0.2.9")]]) {
      if (before.length > 0) await apply(changeBatch(before));
      await apply(changeBatch(wanted));
      assert.deepEqual(await now(), ["203.0.113.10"]);
      await apply(inverseBatch(wanted, before));
      assert.deepEqual(await now(), before[0]?.values ?? []);
    }
  });

  it("route53: a zone is found by its name", async () => {
    const { HostedZones } = await aws<{ HostedZones: { Id: string; Name: string }[] }>(
      ...["route53", "list-hosted-zones-by-name", "--dns-name", "example.com", "--max-items", "1"],
    );
    assert.deepEqual(
      HostedZones.map(({ Id, Name }) => [Id, Name]),
      [[`/hostedzone/${zoneId}`, "example.com."]],
    );
  });

  it("route53: a health check that a record uses cannot be deleted", async () => {
    const config = { Type: "TCP", IPAddress: "203.0.113.10", Port: 443, RequestInterval: 30, FailureThreshold: 3 };
    const { HealthCheck } = await aws<{ HealthCheck: { Id: string } }>(
      ...["route53", "create-health-check", "--caller-reference", "one"],
      ...["--health-check-config", JSON.stringify(config)],
    );
    const change = (Action: string): string[] => [
      ...["route53", "change-resource-record-sets", "--hosted-zone-id", zoneId, "--change-batch"],
      JSON.stringify({
        Changes: [
          {
            Action,
            ResourceRecordSet: {
              ...{ Name: "app.example.com", Type: "A", TTL: 60, ResourceRecords: [{ Value: "203.0.113.10" }] },
              ...{ SetIdentifier: "one", Weight: 1, HealthCheckId: HealthCheck.Id },
            },
          },
        ],
      }),
    ];
    await aws(...change("CREATE"));
    const remove = ["route53", "delete-health-check", "--health-check-id", HealthCheck.Id];
    await refused("HealthCheckInUse", "DeleteHealthCheck", "", ...remove);
    await aws(...change("DELETE"));
    await aws(...remove);
    assert.deepEqual(lab.account.healthChecks, []);
  });

  it("sts: who the key is, and the session of a role under its own name", async () => {
    const { Arn } = await aws<{ Arn: string }>("sts", "get-caller-identity");
    assert.equal(Arn, "arn:aws:iam::123456789012:user/operator");
    const { Credentials } = await aws<{
      Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    }>(
      ...["sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/Deployer"],
      ...["--role-session-name", "ci-42"],
    );
    environment = {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    };
    await refused("ValidationError", "GetUser", "non-User credentials", "iam", "get-user");
    const session = await aws<{ Arn: string }>("sts", "get-caller-identity");
    assert.equal(session.Arn, "arn:aws:sts::123456789012:assumed-role/Deployer/ci-42");
    assert.equal(lab.calls.at(-1)?.arn, session.Arn);
  });

  it("an unknown call and an unknown parameter are refused as AWS does", async () => {
    await refused("InvalidAction", "DescribeImages", "is not valid for this web service", "ec2", "describe-images");
    await refused(
      ...(["UnknownParameter", "AllocateAddress", "is not recognized"] as const),
      ...["ec2", "allocate-address", "--address", "192.0.2.1"],
    );
  });

  it("a fresh address may be unknown for a moment", async () => {
    const { AllocationId } = await allocate();
    const look = ["ec2", "describe-addresses", "--allocation-ids", AllocationId];
    lab.faults.push({ action: "DescribeAddresses", kind: "stale", times: 1 });
    await refused("InvalidAllocationID.NotFound", "DescribeAddresses", AllocationId, ...look);
    const { Addresses } = await aws<{ Addresses: object[] }>(...look);
    assert.equal(Addresses.length, 1);
  });

  it("a lost answer is asked for again, and two addresses are left", async () => {
    environment = { AWS_MAX_ATTEMPTS: "2" };
    lab.faults.push({ action: "AllocateAddress", kind: "lost", times: 1 });
    const { AllocationId } = await allocate();
    assert.equal(lab.account.addresses.length, 2);
    assert.equal(lab.account.addresses[1]?.allocationId, AllocationId);
  });

  it("throttling is passed on when the tries are used up", async () => {
    lab.faults.push({ action: "DescribeAddresses", kind: "throttled", times: 5 });
    await refused("RequestLimitExceeded", "DescribeAddresses", "Request limit exceeded", "ec2", "describe-addresses");
  });
});
