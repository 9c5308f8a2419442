/** The endpoint, asked by the `aws` command line as a person types it. One variable leads it here. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { type PythonTool, pythonTool } from "../../support/python";
import { useEndpoint, zoneId } from "./harness";

const secondaryIp = "172.20.45.80";

describe("the endpoint, by the aws command line", function () {
  this.timeout(5 * 60_000);
  const lab = useEndpoint();
  let cli: PythonTool;

  before(async () => {
    cli = await pythonTool("awscli", ["awscli==1.46.3"]);
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

  it("--dry-run: says what would be, and changes nothing", async () => {
    await refused(
      ...(["DryRunOperation", "AllocateAddress", "Request would have succeeded"] as const),
      ...["ec2", "allocate-address", "--domain", "vpc", "--dry-run"],
    );
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

  it("allocate-address: the sixth is over the quota", async () => {
    for (let count = 0; count < 5; count++) await allocate();
    await refused("AddressLimitExceeded", "AllocateAddress", "maximum number", "ec2", "allocate-address");
  });

  it("stop-instances and start-instances: no new public address beside an Elastic IP on the secondary", async () => {
    await assign("--private-ip-addresses", secondaryIp);
    const { AllocationId } = await allocate();
    await aws(...associate(AllocationId, secondaryIp));
    const ids = ["--instance-ids", lab.account.instances[0]?.instanceId ?? ""];
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

  it("sts get-caller-identity: who the key is", async () => {
    const { Arn } = await aws<{ Arn: string }>("sts", "get-caller-identity");
    assert.equal(Arn, "arn:aws:iam::123456789012:user/operator");
  });

  it("an unknown call and an unknown parameter are refused as AWS does", async () => {
    await refused("InvalidAction", "DescribeVolumes", "is not valid for this web service", "ec2", "describe-volumes");
    await refused(
      ...(["UnknownParameter", "AllocateAddress", "is not recognized"] as const),
      ...["ec2", "allocate-address", "--address", "192.0.2.1"],
    );
  });

  it("throttling is passed on when the tries are used up", async () => {
    lab.faults.push({ action: "DescribeAddresses", kind: "throttled", times: 5 });
    await refused("RequestLimitExceeded", "DescribeAddresses", "Request limit exceeded", "ec2", "describe-addresses");
  });
});
