/** Each stack under exactly the policy that `secondary-ingress iam` prints for it: enough for its life, and nothing left over. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyDocument } from "../../operator/iam/policy";
import type { Account } from "../../lab/aws/account";
import { set } from "../../lab/campaigns/interleavings/events";
import { tellCloud } from "../../lab/network/cloudEvents";
import { everyPolicy } from "../../lab/cloud/policy";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labZoneId } from "../../lab/cloud/labAccount";
import { asOperator } from "../../lab/operator";
import { labPaths, repositoryRoot } from "../../lab/paths";
import type { Finished } from "../../lab/process";
import { awsCalls } from "../../lab/proof/proof";
import { needsRoot } from "../support/needs";
import { policyGaps } from "../support/operatorPolicy";

describe("under the printed policy", function () {
  let kept: KeptLab;

  const account = (): Account => JSON.parse(readFileSync(labPaths.account, "utf8")) as Account;
  const cli = (...args: string[]): Promise<Finished> =>
    asOperator(kept.state.engine.pulumi, [process.execPath, join(repositoryRoot, "operator/cli/main.cjs"), ...args]);
  const good = async (run: Promise<Finished>): Promise<string> => {
    const { status, stdout, stderr } = await run;
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  };
  const printed = async (stack: string): Promise<PolicyDocument> =>
    JSON.parse(await good(cli("iam", "--stack", stack, "--account", account().accountId))) as PolicyDocument;
  /** Makes all the settings of prod, and carries them out. */
  const up = async (settings: Record<string, unknown> = {}, ...more: string[]): Promise<void> => {
    for (const [key, value] of Object.entries(settings)) await set([key], value);
    await good(kept.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", ...more));
  };
  const destroy = (stack: string): Promise<string> =>
    good(kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack));
  /** It finds something where nobody publishes the names: that is no failure of its own. */
  const doctor = async (stack: string): Promise<void> => {
    const { status, stderr } = await cli("doctor", "--stack", stack, "--json");
    assert.ok(status < 2, stderr);
  };

  /** A stack's life by an operator who has its policy and no other. */
  const lives = (stack: string, life: () => Promise<void>) => async (): Promise<void> => {
    const policy = await printed(stack);
    await tellCloud("operatorPolicies", { policies: [policy] });
    const from = (await awsCalls()).length;
    try {
      await life();
      assert.deepEqual(await policyGaps(policy, from), { refused: [], unused: [] });
    } finally {
      await tellCloud("operatorPolicies", { policies: everyPolicy });
    }
  };

  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("empty");
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  /** Fills the node's interface with groups, as many as AWS allows, and gives back what was there. */
  const withFullInterface = async (work: () => Promise<void>): Promise<void> => {
    const [eni] = account().networkInterfaces;
    assert.ok(eni);
    const { networkInterfaceId: NetworkInterfaceId, securityGroupIds: before, vpcId: VpcId } = eni;
    const groups: string[] = [];
    while (before.length + groups.length < 5) {
      const input = { GroupName: `somebodys-${groups.length}`, Description: "of somebody else", VpcId };
      groups.push((await kept.aws("CreateSecurityGroupCommand", input))["GroupId"] as string);
    }
    const attach = (Groups: string[]): Promise<unknown> =>
      kept.aws("ModifyNetworkInterfaceAttributeCommand", { NetworkInterfaceId, Groups });
    await attach([...before, ...groups]);
    try {
      await work();
    } finally {
      await attach(before);
      for (const GroupId of groups) await kept.aws("DeleteSecurityGroupCommand", { GroupId });
    }
  };

  it(
    "dev: refuses a full interface before anything is made, comes up, changes, is looked at and goes",
    lives("dev", async () => {
      const config = (...args: string[]): Promise<string> => good(kept.pulumi("config", ...args, "--stack", "dev"));
      await withFullInterface(async () => {
        const { result, changes } = await kept.untouched(() => kept.up("dev"));
        assert.notEqual(result.status, 0);
        assert.match(
          `${result.stdout}${result.stderr}`,
          /one more security group on eni-\w+, found 5 of 5: detach one/,
        );
        assert.deepEqual(changes, []);
      });
      await good(kept.up("dev"));
      await config("set", "--path", "kops-secondary-ingress:tags.team", "web");
      await good(kept.up("dev"));
      await config("rm", "kops-secondary-ingress:tags");
      await good(kept.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "dev"));
      await doctor("dev");
      await destroy("dev");
    }),
  );

  it(
    "prod: comes up, changes, is looked at and goes",
    lives("prod", async () => {
      await up();
      await up({ tags: { team: "web" } });
      await up({ tags: undefined }, "--refresh");
      await doctor("prod");
      await destroy("prod");
    }),
  );

  it("prod with an Elastic IP of the user's: comes up, changes, is looked at and goes, and the address is left", async () => {
    const { AllocationId, PublicIp } = await kept.aws("AllocateAddressCommand", { Domain: "vpc" });
    await set(["allocationId"], AllocationId);
    const ofUser = () => account().addresses.find(({ allocationId }) => allocationId === AllocationId);
    try {
      await lives("prod", async () => {
        await withFullInterface(async () => assert.notEqual((await kept.up("prod")).status, 0));
        await up();
        assert.ok(ofUser()?.association);
        const failing = await kept.failingRows();
        assert.deepEqual(failing, []);
        await up({ tags: { team: "web" } });
        await up({ tags: undefined }, "--refresh");
        await doctor("prod");
        await destroy("prod");
      })();
      const { association, publicIp, tags } = ofUser() ?? {};
      assert.deepEqual({ association, publicIp, tags }, { association: undefined, publicIp: PublicIp, tags: {} });
    } finally {
      await set(["allocationId"], undefined);
      await kept.aws("ReleaseAddressCommand", { AllocationId });
    }
  });

  it("load-balancer: comes up, changes, is looked at and goes", async () => {
    await set(["mode"], "load-balancer");
    try {
      await lives("prod", async () => {
        await up();
        await tellCloud("spread", { zones: 2 });
        await up({ crossZone: false, tags: { team: "web" }, proxyProtocol: true, httpNodePort: 30081 });
        await up(
          { crossZone: undefined, tags: undefined, proxyProtocol: undefined, httpNodePort: undefined },
          "--refresh",
        );
        await doctor("prod");
        await destroy("prod");
      })();
    } finally {
      await tellCloud("spread", { zones: 1 });
      await set(["mode"], "dual-ip");
    }
  });

  it("a change has what it needs in the policies of the settings before and after it, and no other", async () => {
    await set(["route53ZoneId"], labZoneId);
    await set(["healthChecks"], true);
    const before = await printed("prod");
    await tellCloud("operatorPolicies", { policies: [before] });
    await up();
    const from = (await awsCalls()).length;
    for (const key of ["route53ZoneId", "healthChecks"]) await set([key], undefined);
    await set(["mode"], "node-port");
    await tellCloud("operatorPolicies", { policies: [before, await printed("prod")] });
    await up();
    await tellCloud("operatorPolicies", { policies: [await printed("prod")] });
    await up({}, "--refresh", "--expect-no-changes");
    await destroy("prod");
    await tellCloud("operatorPolicies", { policies: everyPolicy });
    assert.deepEqual((await policyGaps(before, from)).refused, []);
    const { addresses, healthChecks = [] } = account();
    assert.deepEqual({ addresses, healthChecks }, { addresses: [], healthChecks: [] });
  });

  it("a node in a private subnet, as in kOps' private topology, is refused before anything is made", async () => {
    const { RouteTables } = (await kept.aws("DescribeRouteTablesCommand", {})) as {
      RouteTables: { RouteTableId: string }[];
    };
    const leadTo = (target: object): Promise<unknown> =>
      kept.aws("ReplaceRouteCommand", {
        ...{ RouteTableId: RouteTables[0]?.RouteTableId, DestinationCidrBlock: "0.0.0.0/0" },
        ...target,
      });
    await set(["mode"], "dual-ip");
    await leadTo({ NatGatewayId: "nat-0123456789abcdef0" });
    try {
      const { result, changes } = await kept.untouched(() => kept.pulumi("preview", "--stack", "prod"));
      assert.notEqual(result.status, 0);
      assert.match(
        `${result.stdout}${result.stderr}`,
        /expected a public subnet.*found 0\.0\.0\.0\/0 to nat-.*or use mode load-balancer/,
      );
      assert.deepEqual(changes, []);
    } finally {
      await leadTo({ GatewayId: "igw-0123456789abcdef0" });
    }
  });

  it("a name outside the zone is refused before anything is made", async () => {
    const { result, changes } = await kept.untouched(() =>
      kept.withConfig(
        "prod",
        (change) => {
          change(["mode"], "dual-ip");
          change(["route53ZoneId"], labZoneId);
          change(["appDomains"], ["app.example.org"]);
        },
        () => kept.up("prod"),
      ),
    );
    assert.notEqual(result.status, 0);
    assert.match(
      `${result.stdout}${result.stderr}`,
      /expected names in the hosted zone example\.com .*found app\.example\.org/,
    );
    assert.deepEqual(changes, []);
  });
});
