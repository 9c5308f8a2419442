/** A stack's life in AWS with everything turned on: each change in place, by an operator who has the printed policy and no more. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Account } from "../../lab/aws/account";
import { operatorPolicy } from "../../lab/cloud/policy";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labDomain, labZoneId } from "../../lab/cloud/labAccount";
import { node } from "../../lab/network/addresses";
import { labPaths } from "../../lab/paths";
import type { Finished } from "../../lab/process";
import { type Outputs, stackOutputs } from "../../lab/proof/outputs";
import { accountSnapshot, difference, nodeSnapshot } from "../../lab/proof/snapshot";
import { set } from "../../lab/campaigns/interleavings/events";
import { needsRoot } from "../support/needs";
import { operatorPolicyTests } from "../support/operatorPolicy";

describe("a stack's life in AWS", function () {
  let kept: KeptLab;
  let atFirst: { account: readonly string[]; node: readonly string[] };
  let publicIp: string;

  const account = (): Account => JSON.parse(readFileSync(labPaths.account, "utf8")) as Account;
  const outputs = (): Promise<Outputs> => stackOutputs("prod");
  const good = async (run: Promise<Finished>): Promise<string> => {
    const { status, stdout, stderr } = await run;
    assert.equal(status, 0, `${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  };
  const up = (): Promise<string> => good(kept.up("prod"));
  const unchanged = (): Promise<string> =>
    good(kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "prod"));
  const works = async (): Promise<void> => assert.deepEqual(await kept.failingRows(), []);
  const record = () => account().hostedZones[0]?.records.find(({ name }) => name === `${labDomain}.`);
  const ours = () => account().addresses.filter(({ tags }) => tags["managed-by"] === "kops-secondary-ingress");

  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("empty");
    atFirst = { account: await accountSnapshot(), node: await nodeSnapshot() };
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("warns that the API's address would be lost, once, and says what keeps it", async () => {
    const text = await up();
    // The engine says everything as it comes, and once more at the end.
    const [, summary = ""] = text.split("Diagnostics:");
    assert.equal(summary.match(/warning: the API's public address/g)?.length, 1, text);
    assert.match(text, /was assigned automatically.*primaryAddress elastic-ip/s);
    publicIp = (await outputs()).ingressPublicIp;
    await works();
  });

  it("does not overwrite somebody's record", async () => {
    const ResourceRecordSet = { Name: labDomain, Type: "A", TTL: 300, ResourceRecords: [{ Value: "192.0.2.99" }] };
    const change = (Action: string): Promise<unknown> =>
      kept.route53("ChangeResourceRecordSetsCommand", {
        HostedZoneId: labZoneId,
        ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
      });
    await change("CREATE");
    await set(["route53ZoneId"], labZoneId);
    const { status, stdout, stderr } = await kept.up("prod");
    const values = record()?.values;
    await change("DELETE");
    assert.notEqual(status, 0);
    assert.match(`${stdout}${stderr}`, /app\.example\.com: found A 192\.0\.2\.99: .*overwriteRecords true/);
    assert.deepEqual(values, ["192.0.2.99"]);
  });

  it("turns on records, health checks, an Elastic IP for the API and a list of who reaches it", async () => {
    await set(["healthChecks"], true);
    await set(["primaryAddress"], "elastic-ip");
    await set(["apiAllowedCidrs"], ["0.0.0.0/0"]);
    await set(["tags"], { team: "platform" });
    await up();
    await works();
    assert.deepEqual(record()?.values, [publicIp]);
    assert.equal(account().healthChecks?.length, 2);
    assert.equal(ours().length, 2);
    assert.ok(ours().every(({ tags }) => tags["team"] === "platform"));
    // The first up looked at the node where it was before; this one where it is now.
    await up();
    await unchanged();
  });

  it("moves to another secondary address and keeps the public one", async () => {
    const { secondaryPrivateIp: old } = await outputs();
    await set(["secondaryPrivateIp"], "172.20.45.99");
    // The check must not put the old address back while it is replaced.
    await kept.node(
      "systemd-run --quiet --unit=lab-checks sh -c 'while :; do systemctl start secondary-ingress-check; done'",
    );
    await up();
    await kept.node("systemctl stop lab-checks");
    assert.ok(!(await kept.node("ip -4 -o addr show dev lo")).includes(`${old}/`));
    const { secondaryPrivateIp, ingressPublicIp } = await outputs();
    assert.deepEqual([secondaryPrivateIp, ingressPublicIp], ["172.20.45.99", publicIp]);
    await works();
  });

  it("takes nothing from a stranger: an address that cannot be had is refused, and the old one goes on serving", async () => {
    const networkInterfaceId = account().addresses[0]?.association?.networkInterfaceId;
    const others = { NetworkInterfaceId: networkInterfaceId, PrivateIpAddresses: ["172.20.45.98"] };
    await kept.aws("AssignPrivateIpAddressesCommand", others);
    const { AllocationId } = await kept.aws("AllocateAddressCommand", {});
    const tie = (PrivateIpAddress: string): Promise<unknown> =>
      kept.aws("AssociateAddressCommand", { AllocationId, NetworkInterfaceId: networkInterfaceId, PrivateIpAddress });
    const stranger = () => account().addresses.find(({ allocationId }) => allocationId === AllocationId);
    const refused = async (...more: string[]): Promise<void> => {
      const { status, stdout, stderr } = await kept.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", ...more);
      assert.notEqual(status, 0);
      assert.match(`${stdout}${stderr}`, /found 203\.0\.113\.\d+ \(eipalloc-\w+\) on it, which is not this stack's/);
    };

    await tie("172.20.45.98");
    await set(["secondaryPrivateIp"], "172.20.45.98");
    const before = await accountSnapshot();
    await refused();
    assert.deepEqual(difference(before, await accountSnapshot()), []);
    await works();

    // On the address itself, later: ours is off it, and an up with a refresh does not take theirs off.
    await set(["secondaryPrivateIp"], "172.20.45.99");
    await tie("172.20.45.99");
    const theirs = stranger()?.association;
    assert.equal(theirs?.privateIpAddress, "172.20.45.99");
    await refused("--refresh");
    assert.deepEqual(stranger()?.association, theirs);
    assert.deepEqual(await kept.failingRows().then((rows) => rows.filter((id) => id.startsWith("api-p"))), []);

    await kept.aws("DisassociateAddressCommand", { AssociationId: theirs?.associationId });
    await kept.aws("ReleaseAddressCommand", { AllocationId });
    await kept.aws("UnassignPrivateIpAddressesCommand", others);
    await up();
    assert.equal((await outputs()).ingressPublicIp, publicIp);
    await works();
  });

  it("gives back an address that was taken away by hand", async () => {
    const { networkInterfaceId } = (account().addresses[0] ?? {}).association ?? {};
    await kept.aws("UnassignPrivateIpAddressesCommand", {
      NetworkInterfaceId: networkInterfaceId,
      PrivateIpAddresses: ["172.20.45.99"],
    });
    await good(kept.pulumi("refresh", "--yes", "--skip-preview", "--stack", "prod"));
    await up();
    await works();
    assert.equal((await outputs()).ingressPublicIp, publicIp);
  });

  it("changes tags, NodePorts' rules and ranges in place", async () => {
    await set(["tags"], { owner: "somebody" });
    await set(["allowedCidrs"], ["0.0.0.0/0", "10.0.0.0/8"]);
    await up();
    assert.ok(ours().every(({ tags }) => tags["owner"] === "somebody" && !("team" in tags)));
    await works();
    await set(["allowedCidrs"], undefined);
    await up();
    await works();
  });

  it("follows an Elastic IP that somebody released with a new one, in records and health checks too", async () => {
    const eip = account().addresses.find((address) => address.publicIp === publicIp);
    await kept.aws("DisassociateAddressCommand", { AssociationId: eip?.association?.associationId });
    await kept.aws("ReleaseAddressCommand", { AllocationId: eip?.allocationId });
    await good(kept.pulumi("refresh", "--yes", "--skip-preview", "--stack", "prod"));
    await up();
    publicIp = (await outputs()).ingressPublicIp;
    assert.deepEqual(record()?.values, [publicIp]);
    assert.ok(account().healthChecks?.some(({ config }) => JSON.stringify(config).includes(publicIp)));
    await works();
  });

  it("takes the node over after the stack was renamed, and the addresses stay", async () => {
    await good(kept.pulumi("stack", "rename", "live", "--stack", "prod"));
    const refused = await kept.pulumi("up", "--yes", "--skip-preview", "--stack", "live");
    assert.notEqual(refused.status, 0);
    assert.match(`${refused.stdout}${refused.stderr}`, /formerStack 'kops-secondary-ingress\/prod'/);
    // Renaming moves the settings' file as well.
    await good(kept.pulumi("config", "set", "--stack", "live", "formerStack", "kops-secondary-ingress/prod"));
    await good(kept.pulumi("up", "--yes", "--skip-preview", "--stack", "live"));
    assert.ok(ours().every(({ tags }) => tags["kops-secondary-ingress:stack"] === "kops-secondary-ingress/live"));
    assert.ok(ours().some((address) => address.publicIp === publicIp));
    await good(kept.pulumi("stack", "rename", "prod", "--stack", "live"));
    await set(["formerStack"], "kops-secondary-ingress/live");
    await up();
    await set(["formerStack"], undefined);
    await up();
    assert.equal((await outputs()).ingressPublicIp, publicIp);
    await works();
  });

  it("leaves the API's Elastic IP where it is when it is given up, and takes it back", async () => {
    const { apiPublicIp } = await outputs();
    await set(["primaryAddress"], "keep");
    await up();
    assert.equal((await outputs()).apiPublicIp, apiPublicIp);
    await works();
    await set(["primaryAddress"], "elastic-ip");
    await up();
    assert.equal((await outputs()).apiPublicIp, apiPublicIp);
    assert.equal(ours().length, 2);
    await works();
    await up();
    await unchanged();
  });

  it("switches to node-port, which leaves nothing behind and the API reachable, and back", async () => {
    const { apiPublicIp } = await outputs();
    for (const key of ["route53ZoneId", "healthChecks", "apiAllowedCidrs", "secondaryPrivateIp", "tags"])
      await set([key], undefined);
    await set(["mode"], "node-port");
    await up();
    assert.deepEqual(
      account().addresses.map((address) => address.publicIp),
      [apiPublicIp],
    );
    assert.deepEqual(account().healthChecks ?? [], []);
    assert.equal(record(), undefined);
    assert.deepEqual(difference(atFirst.node, await nodeSnapshot()), []);
    assert.equal((await outputs()).apiPublicIp, apiPublicIp);
    await set(["mode"], "dual-ip");
    await up();
    await works();
  });

  it("is destroyed without a trace but the API's Elastic IP, without which nobody would reach the node", async () => {
    const { apiPublicIp } = await outputs();
    await good(kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod"));
    assert.deepEqual(
      account().addresses.map(({ publicIp, association }) => [publicIp, association?.privateIpAddress]),
      [[apiPublicIp, node.primaryPrivateIp]],
    );
    const changes = difference(atFirst.account, await accountSnapshot()).filter(
      (change) => !/^[+-] (addresses|networkInterfaces) /.test(change),
    );
    assert.deepEqual(changes, []);
    assert.deepEqual(
      account().networkInterfaces.map(({ privateIps }) => privateIps.length),
      [1, 1],
    );
    assert.deepEqual(difference(atFirst.node, await nodeSnapshot()), []);
  });

  operatorPolicyTests(operatorPolicy);
});
