import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DeregisterImageCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
  DisassociateAddressCommand,
  EC2Client,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { GetHealthCheckCountCommand, GetHostedZoneCommand, Route53Client } from "@aws-sdk/client-route-53";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import type { Account } from "../../../lab/aws/account";
import { refuses, useEndpoint, zoneId } from "./harness";

describe("lab AWS endpoint", () => {
  const lab = useEndpoint();

  const allocate = () => lab.ec2.send(new AllocateAddressCommand({}));
  const send = async (
    body: string,
    headers: Record<string, string> = {},
    path = "/",
  ): Promise<{ status: number; text: string }> => {
    const init = body === "" ? { headers } : { method: "POST", body, headers };
    const answer = await fetch(`${lab.url}${path}`, init);
    return { status: answer.status, text: await answer.text() };
  };
  const signed = (scope: string): Record<string, string> => ({
    authorization: `AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/${scope}/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
  });
  const ec2Scope = signed("eu-central-1/ec2");
  const describeAddresses = "Action=DescribeAddresses&Version=2016-11-15";

  describe("calls that AWS does not take", () => {
    it("an unknown action is InvalidAction, in the words that the official provider looks for", async () => {
      await refuses(
        lab.ec2.send(new DeregisterImageCommand({ ImageId: "ami-0" })),
        "InvalidAction",
        "The action DeregisterImage is not valid for this web service.",
      );
      await refuses(lab.sts.send(new GetSessionTokenCommand({})), "InvalidAction");
      await refuses(lab.route53.send(new GetHealthCheckCountCommand({})), "InvalidAction");
      const inherited = await send("Action=toString&Version=2016-11-15", ec2Scope);
      assert.match(inherited.text, /InvalidAction/);
    });

    it("an unknown parameter is UnknownParameter, at any depth", async () => {
      for (const [parameter, name] of [
        ["Colour=red", "Colour"],
        ["Filter.1.Name=domain&Filter.1.Value.1=vpc&Filter.1.Colour=red", "Filter.1.Colour"],
        ["Filter.one.Name=domain", "Filter.one"],
        ["__proto__=x", "__proto__"],
      ] as const) {
        const { status, text } = await send(`${describeAddresses}&${parameter}`, ec2Scope);
        assert.equal(status, 400);
        assert(text.includes(`<Code>UnknownParameter</Code><Message>The parameter ${name} is not recognized`), text);
      }
    });

    it("a missing or malformed parameter is told by its name", async () => {
      await refuses(
        lab.ec2.send(new ReleaseAddressCommand({})),
        "MissingParameter",
        "The request must contain the parameter AllocationId",
      );
      const malformed = await send(`${describeAddresses}&DryRun=perhaps`, ec2Scope);
      assert.match(
        malformed.text,
        /<Code>InvalidParameterValue<\/Code><Message>Value \(perhaps\) for parameter DryRun/,
      );
      assert.match(
        (await send(`${describeAddresses}&Filter=x&Filter.1.Name=y`, ec2Scope)).text,
        /MalformedQueryString/,
      );
      assert.match((await send("Version=2016-11-15", ec2Scope)).text, /MissingParameter.*Action/);
    });

    it("another version of the service is NoSuchVersion", async () => {
      assert.match((await send("Action=DescribeAddresses&Version=2013-02-01", ec2Scope)).text, /NoSuchVersion/);
    });

    it("an unsigned request is AuthFailure for EC2, MissingAuthenticationToken for the others", async () => {
      const ec2 = await send(describeAddresses);
      assert.deepEqual([ec2.status, /<Code>(\w+)</.exec(ec2.text)?.[1]], [401, "AuthFailure"]);
      const sts = await send("Action=GetCallerIdentity&Version=2011-06-15");
      assert.deepEqual([sts.status, /<Code>(\w+)</.exec(sts.text)?.[1]], [403, "MissingAuthenticationToken"]);
      const route53 = await send("", {}, `/2013-04-01/hostedzone/${zoneId}`);
      assert.deepEqual([route53.status, /<Code>(\w+)</.exec(route53.text)?.[1]], [403, "MissingAuthenticationToken"]);
      const halfSigned = {
        authorization: "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/eu-central-1/ec2/aws4_request",
      };
      assert.equal((await send(describeAddresses, halfSigned)).status, 401);
      assert(lab.calls.every(({ principal, error }) => principal === "" && error !== undefined));
    });

    it("a signature for another Region or service is AuthFailure", async () => {
      await refuses(
        lab.ec2With({ region: "us-east-1" }).send(new DescribeVpcsCommand({})),
        "AuthFailure",
        "valid region",
      );
      assert.equal((await send("", ec2Scope, `/2013-04-01/hostedzone/${zoneId}`)).status, 401);
    });
  });

  it("AWS_ENDPOINT_URL alone leads the SDK's clients here", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: lab.url,
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKIAENV",
      AWS_SECRET_ACCESS_KEY: "very-secret",
    });
    const [ec2, route53, sts] = [new EC2Client({}), new Route53Client({}), new STSClient({})];
    try {
      await ec2.send(new DescribeVpcsCommand({}));
      await route53.send(new GetHostedZoneCommand({ Id: zoneId }));
      await sts.send(new GetCallerIdentityCommand({}));
    } finally {
      for (const client of [ec2, route53, sts]) client.destroy();
      for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, before);
    }
    assert.deepEqual(
      lab.calls.map(({ service, principal, status }) => [service, principal, status]),
      [
        ["ec2", "AKIAENV", 200],
        ["route53", "AKIAENV", 200],
        ["sts", "AKIAENV", 200],
      ],
    );
  });

  it("STS GetCallerIdentity: the account", async () => {
    const { Account, Arn, UserId } = await lab.sts.send(new GetCallerIdentityCommand({}));
    assert.equal(Account, lab.account.accountId);
    assert.equal(Arn, `arn:aws:iam::${lab.account.accountId}:user/operator`);
    assert(UserId);
  });

  it("DryRun: DryRunOperation, status 412, and nothing changes", async () => {
    const before = structuredClone(lab.account);
    await refuses(lab.ec2.send(new AllocateAddressCommand({ DryRun: true })), "DryRunOperation");
    await refuses(lab.ec2.send(new DescribeAddressesCommand({ DryRun: true })), "DryRunOperation");
    assert.deepEqual(
      lab.calls.map(({ status }) => status),
      [412, 412],
    );
    assert.deepEqual(lab.account, before);
    assert.deepEqual(lab.changes, []);
  });

  it("pages a list, and refuses a size or token that AWS would refuse", async () => {
    const [eni] = lab.account.networkInterfaces;
    assert(eni);
    for (let count = 1; count < 12; count++)
      lab.account.networkInterfaces.push({ ...eni, networkInterfaceId: `eni-${count}` });
    const found: (string | undefined)[] = [];
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ MaxResults: 5, NextToken }));
      const items = answer.NetworkInterfaces ?? [];
      sizes.push(items.length);
      found.push(...items.map((item) => item.NetworkInterfaceId));
      NextToken = answer.NextToken;
    } while (NextToken);
    assert.deepEqual(sizes, [5, 5, 2]);
    assert.equal(new Set(found).size, 12);
    const list = (input: object) => lab.ec2.send(new DescribeNetworkInterfacesCommand(input));
    await refuses(list({ MaxResults: 4 }), "InvalidParameterValue", "( 4 )");
    await refuses(list({ NextToken: "guess" }), "InvalidNextToken");
  });

  describe("onChange", () => {
    it("is awaited before a change is answered, and told of no other call", async () => {
      let applied = false;
      lab.onChange = async (changed) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.equal(changed.addresses.length, 1);
        applied = true;
      };
      await allocate();
      assert(applied);
      lab.onChange = () => assert.fail("a call that only looks, or is refused, changes nothing");
      await lab.ec2.send(new DescribeAddressesCommand({}));
      await refuses(
        lab.ec2.send(new ReleaseAddressCommand({ AllocationId: "eipalloc-0" })),
        "InvalidAllocationID.NotFound",
      );
    });

    it("that fails is InternalError, logged, and the account is as before", async () => {
      const before = structuredClone(lab.account);
      const logged: unknown[] = [];
      const original = console.error;
      console.error = (...parts: unknown[]) => void logged.push(...parts);
      try {
        lab.onChange = () => Promise.reject(new Error("nft: no such table, token=hunter2"));
        await refuses(allocate(), "InternalError", /^(?!.*hunter2)/);
      } finally {
        console.error = original;
      }
      assert.match(String(logged[0]), /no such table/);
      assert.deepEqual(lab.account, before);
      lab.onChange = async () => undefined;
      assert.equal((await allocate()).PublicIp, "203.0.113.10");
    });

    it("sees calls made at the same time one after the other", async () => {
      let running = 0;
      const sizes: number[] = [];
      lab.onChange = async (changed: Account) => {
        assert.equal(++running, 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        sizes.push(changed.addresses.length);
        running--;
      };
      const answers = await Promise.all(Array.from({ length: 5 }, allocate));
      assert.deepEqual(sizes, [1, 2, 3, 4, 5]);
      assert.equal(new Set(answers.map(({ PublicIp }) => PublicIp)).size, 5);
    });
  });

  describe("faults", () => {
    it("any call can answer RequestLimitExceeded; the SDK tries again", async () => {
      const fault = { action: "DescribeAddresses", kind: "throttled" as const, times: 2 };
      lab.faults.push(fault);
      const look = () => lab.ec2.send(new DescribeAddressesCommand({}));
      await refuses(look(), "RequestLimitExceeded", "Request limit exceeded.");
      assert.equal(lab.calls.at(-1)?.status, 503);
      await lab.ec2With({ maxAttempts: 2 }).send(new DescribeAddressesCommand({}));
      assert.equal(fault.times, 0);
      await look();
      lab.faults.push({ action: "GetCallerIdentity", kind: "throttled", times: 1 });
      await refuses(lab.sts.send(new GetCallerIdentityCommand({})), "Throttling");
    });

    it("reads are eventually consistent: a fresh id may be NotFound for a moment", async () => {
      const { AllocationId = "" } = await allocate();
      const look = () => lab.ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }));
      lab.faults.push(
        { action: "DescribeAddresses", kind: "stale", times: 1 },
        { action: "AssociateAddress", kind: "stale", times: 1 },
      );
      await refuses(look(), "InvalidAllocationID.NotFound");
      assert.equal((await look()).Addresses?.length, 1);
      const associate = () =>
        lab.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: lab.eniId }));
      await refuses(associate(), "InvalidAllocationID.NotFound");
      await associate();
    });

    it("a stale read still shows what the latest change removed", async () => {
      const { AllocationId = "" } = await allocate();
      await lab.ec2.send(new ReleaseAddressCommand({ AllocationId }));
      lab.faults.push({ action: "DescribeAddresses", kind: "stale", times: 1 });
      const look = () => lab.ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }));
      assert.equal((await look()).Addresses?.length, 1);
      await refuses(look(), "InvalidAllocationID.NotFound");
    });

    it("a principal can lack a permission", async () => {
      lab.faults.push({ action: "DescribeAddressesAttribute", kind: "unauthorized", times: 1 });
      lab.faults.push({ action: "AllocateAddress", kind: "unauthorized", times: 2 });
      await refuses(allocate(), "UnauthorizedOperation");
      await refuses(lab.ec2.send(new AllocateAddressCommand({ DryRun: true })), "UnauthorizedOperation");
      assert.deepEqual(lab.account.addresses, []);
    });
  });

  describe("call records", () => {
    it("tell who called what with which parameters and how it ended, without secrets", async () => {
      await lab.ec2.send(new DescribeAddressesCommand({ Filters: [{ Name: "public-ip", Values: ["192.0.2.1"] }] }));
      await refuses(
        lab.ec2.send(new DisassociateAddressCommand({ AssociationId: "eipassoc-0" })),
        "InvalidAssociationID.NotFound",
      );
      const [read, refused] = lab.calls;
      assert.match(read?.time ?? "", /^\d{4}-\d\d-\d\dT.*Z$/);
      assert.match(read?.userAgent ?? "", /aws-sdk-js/);
      assert.deepEqual(
        { ...read, time: "", userAgent: "" },
        {
          time: "",
          userAgent: "",
          service: "ec2",
          action: "DescribeAddresses",
          principal: "AKIATEST",
          arn: "arn:aws:iam::123456789012:user/operator",
          parameters: { "Filter.1.Name": "public-ip", "Filter.1.Value.1": "192.0.2.1" },
          status: 200,
        },
      );
      assert.equal(refused?.status, 400);
      assert.equal(refused.error, "InvalidAssociationID.NotFound");
      assert.doesNotMatch(JSON.stringify(lab.calls), /Signature|very-secret/);
    });
  });
});
