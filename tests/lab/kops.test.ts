/** A node that kOps replaces heals by itself: what stands in its way is said in its journal, and the API is never touched. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeStatements } from "../../operator/iam/nodePolicy";
import type { Account } from "../../lab/aws/account";
import type { CallRecord } from "../../lab/aws/callRecord";
import { profileOf } from "../../lab/aws/instanceProfile";
import { type Operator, startOperator } from "../../lab/campaigns/diagnoses/operator";
import { giveToKops, healOnce, installed, probeApi, upAfterwards } from "../../lab/campaigns/selfheals/campaign";
import {
  manifestFile,
  secondaryIngressKops,
  updateCluster,
  writeManifests,
} from "../../lab/campaigns/selfheals/manifests";
import { tellCloud } from "../../lab/network/cloudEvents";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { type InstanceGroup, lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labCluster, labDomain, otherCluster, otherInstanceId } from "../../lab/cloud/labAccount";
import { awsEndpoint } from "../../lab/network/addresses";
import { currentNode } from "../../lab/node/identity";
import { reboot, waitForApi } from "../../lab/node/machine";
import { asOperator } from "../../lab/operator";
import { labPaths } from "../../lab/paths";
import type { Prober } from "../../lab/proof/prober";
import { accountSnapshot, difference, type Snapshot } from "../../lab/proof/snapshot";
import { type Outputs, stackOutputs } from "../../lab/proof/outputs";
import { installDnsPrograms, needsProgram, needsRoot } from "../support/needs";

describe("a node that kOps replaces", function () {
  let kept: KeptLab;
  let first: Outputs;
  let group: InstanceGroup;
  let operator: Operator;
  let apiProber: Prober;
  /** The account before the stack was. */
  let untouched: Snapshot;

  const unit = "secondary-ingress-boot.service";
  const account = async (): Promise<Account> => JSON.parse(await readFile(labPaths.account, "utf8")) as Account;
  const associated = async (): Promise<string | undefined> =>
    (await account()).addresses.find(({ publicIp }) => publicIp === first.ingressPublicIp)?.association
      ?.networkInterfaceId;
  const interfaceOf = async (instance: string): Promise<string> =>
    (await account()).networkInterfaces.find(({ attachment }) => attachment?.instanceId === instance)
      ?.networkInterfaceId ?? "";
  /** What the node itself has asked for since a moment. */
  const calls = async (since = 0): Promise<CallRecord[]> =>
    (await readFile(labPaths.awsCalls, "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as CallRecord)
      .filter(({ principal, time }) => principal.startsWith("ASIA") && Date.parse(time) >= since);
  const journal = (): Promise<string> => kept.node(`journalctl -u ${unit} -o cat --no-pager`);
  const says = async (pattern: RegExp): Promise<void> => {
    let text = "";
    for (let tries = 0; tries < 600; tries++) {
      text = await journal();
      if (pattern.test(text)) return;
      await sleep(500);
    }
    assert.match(text, pattern);
  };
  /** With the shortest pause again. */
  const afresh = async (): Promise<void> => {
    await kept.node(`systemctl restart ${unit}`);
  };
  /** The API server serves on the new node, and the unit has not ended. */
  const apiIsThere = async (): Promise<void> => {
    await waitForApi(443);
    await kept.node("curl -sk --max-time 5 -o /dev/null https://127.0.0.1/");
    assert.equal((await kept.node(`systemctl show -p SubState --value ${unit}`)).trim(), "running");
  };
  const tagOther = (cluster: string): Promise<unknown> =>
    kept.aws("CreateTagsCommand", {
      Resources: [otherInstanceId],
      Tags: [{ Key: "KubernetesCluster", Value: cluster }],
    });

  before(async function () {
    needsRoot(this);
    await installDnsPrograms();
    needsProgram(this, "named");
    kept = await keepPreparedLab("empty");
    untouched = await accountSnapshot();
    const { status, stdout, stderr } = await kept.up("prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    first = await stackOutputs("prod");
    operator = await startOperator(kept);
  });
  after(async () => {
    if (operator as Operator | undefined) await operator.stop();
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("is launched from manifests that lack nothing once they are patched", async () => {
    const { pulumi } = kept.state.engine;
    await writeManifests();
    const lacking = await secondaryIngressKops(pulumi, "--check", manifestFile);
    assert.deepEqual([lacking.status, lacking.stdout.trim().split("\n").length], [1, 5]);
    group = await giveToKops(kept);
    for (const name of ["prod", "organization/kops-secondary-ingress/prod"]) {
      const complete = await secondaryIngressKops(pulumi, "--check", manifestFile, "--stack", name);
      assert.deepEqual([complete.status, complete.stdout], [0, "nothing is missing\n"], complete.stderr);
    }
  });

  it("without a metadata service: says so, and tries again", async () => {
    await lab.replaceNode(group);
    apiProber = await probeApi();
    await says(/expected the metadata service.*tried again in 2 s[\s\S]*tried again in 4 s/);
    await apiIsThere();
  });

  it("without the permission: says which one, and installs its files all the same", async () => {
    await lab.startMetadata();
    await tellCloud("nodePolicy", { statements: [] });
    await afresh();
    await says(/allowed ec2:DescribeAddresses, found UnauthorizedOperation.*tried again/);
    await installed();
    await apiIsThere();
  });

  it("gets nothing from the metadata service without a token", async () => {
    const code = await kept.node(
      "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/instance-id",
    );
    assert.equal(code, "401");
  });

  it("leaves what a healthy node of the cluster holds", async () => {
    const other = await interfaceOf(otherInstanceId);
    await tagOther(labCluster);
    await kept.aws("AssociateAddressCommand", { AllocationId: first.allocationId, NetworkInterfaceId: other });
    await updateCluster();
    await afresh();
    await says(
      new RegExp(`found it on ${otherInstanceId}, a running control-plane node of ${labCluster}.*tried again`),
    );
    await apiIsThere();
    assert.equal(await associated(), other);
  });

  it("is throttled, tries again, and takes what anybody else holds", async () => {
    const fault = { action: "AssignPrivateIpAddresses", kind: "throttled", times: 1 };
    const url = `http://${awsEndpoint.host}:${awsEndpoint.port}/_lab/faults`;
    await asOperator(kept.state.engine.pulumi, ["curl", "-sf", "-d", JSON.stringify(fault), url]);
    await tagOther(otherCluster);
    await afresh();
    await says(/expected EC2 to do AssignPrivateIpAddresses, found RequestLimitExceeded.*tried again in \d+ s/);
    await says(new RegExp(`the Elastic IP ${first.ingressPublicIp} leads to ${first.secondaryPrivateIp} on`));
    assert.equal(await associated(), await interfaceOf(currentNode().instanceId));
  });

  it("has served the API all the while", async () => {
    const { sent, failed, failures } = await apiProber.stop();
    assert.deepEqual([failed, failures], [0, []]);
    assert.ok(sent > 200, `${sent}`);
  });

  it("then serves, and the doctor names what happened first", async () => {
    await operator.nsupdate(`update add ${labDomain}. 60 A ${first.ingressPublicIp}`);
    const [finding] = (await operator.doctor("prod")).report.findings;
    assert.equal(finding?.code, "INSTANCE_GONE");
  });

  it("the next up finds everything in place, and the doctor nothing", async () => {
    assert.deepEqual((await upAfterwards(kept, first)).broken, []);
    await kept.node("systemctl start secondary-ingress-check.service");
    const { findings, skipped } = (await operator.doctor("prod", "--ignore", "API_ADDRESS_AUTOMATIC")).report;
    assert.deepEqual(findings, []);
    assert.deepEqual(skipped, []);
  });

  it("asks once whether all is well after a reboot, and changes nothing", async () => {
    const since = Date.now();
    const files = await kept.node("find /etc/secondary-ingress -type f | sort | xargs stat -c '%n %Z'");
    await reboot();
    await waitForApi(443);
    await sleep(3000);
    assert.equal(await kept.node("find /etc/secondary-ingress -type f | sort | xargs stat -c '%n %Z'"), files);
    assert.deepEqual(await kept.failingRows(), []);
    assert.deepEqual(
      (await calls(since)).map(({ action }) => action),
      ["DescribeAddresses"],
    );
  });

  it("does what its policy allows, all of that, and nothing that is refused", async () => {
    const used = new Set((await calls()).map(({ service, action }) => `${service}:${action}`));
    const { region } = await account();
    const statements = nodeStatements({
      clusterName: labCluster,
      region,
      accountId: "*",
      allocationId: first.allocationId,
      ofUser: false,
    });
    assert.deepEqual([...used].sort(), [...new Set(statements.flatMap(({ Action }) => Action))].sort());
    const refused = (await calls()).filter(({ error }) => error === "UnauthorizedOperation");
    assert.deepEqual(
      [...new Set(refused.map(({ action }) => action))],
      ["DescribeAddresses"],
      "but for the missing policy",
    );
    const [instance] = (await account()).instances.filter(({ instanceId }) => instanceId === currentNode().instanceId);
    assert.ok(instance);
    const { secretAccessKey, token } = profileOf(instance);
    const logs = `${await kept.node("journalctl --no-pager")}${await kept.node("cat /proc/*/cmdline | tr '\\0' ' '")}`;
    for (const secret of [secretAccessKey, token]) assert.ok(!logs.includes(secret));
  });

  it("is destroyed to the last of it: group, address and host files leave the node, which a reboot does not bring back", async () => {
    // As docs/kops.md says: the pieces go first.
    await writeManifests();
    await updateCluster();
    const { status, stdout, stderr } = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    // The instance is another one than before; nothing else is.
    const changes = difference(untouched, await accountSnapshot());
    assert.deepEqual(
      changes.filter((fact) => !/^[+-] (instances|networkInterfaces) /.test(fact)),
      [],
    );
    const { networkInterfaces, securityGroups } = await account();
    const eni = networkInterfaces.find(({ attachment }) => attachment?.instanceId === currentNode().instanceId);
    assert.equal(eni?.privateIps.length, 1);
    for (const id of eni.securityGroupIds)
      assert.ok(
        securityGroups.some(({ groupId }) => groupId === id),
        id,
      );

    const unitFile = "/etc/systemd/system/multi-user.target.wants/secondary-ingress-boot.service";
    assert.equal((await kept.node(`ls ${unitFile} 2>/dev/null; true`)).trim(), "");
    await reboot();
    await waitForApi(443);
    // nodeup still has what it was given at launch, and starts the unit.
    await says(/the stack has given this node back: nothing is installed/);
    assert.equal((await kept.node("ls -d /etc/secondary-ingress /usr/sbin/haproxy 2>/dev/null; true")).trim(), "");
  });

  it("installs nothing for a stack that is gone", async () => {
    const { region } = await account();
    const { allocationId } = first;
    const statements = nodeStatements({ clusterName: labCluster, region, accountId: "*", allocationId, ofUser: false });
    await tellCloud("nodePolicy", { statements });
    await kept.node("rm /opt/secondary-ingress/released");
    await afresh();
    await says(/is gone, so the stack is: nothing is installed/);
    assert.equal((await kept.node("ls -d /etc/secondary-ingress 2>/dev/null; true")).trim(), "");
  });
});

describe("a node that kOps replaces, on Debian 13", function () {
  it("heals by itself", async function () {
    needsRoot(this);
    const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto", debian: "trixie" });
    try {
      const { status, stdout, stderr } = await kept.up("prod");
      assert.equal(status, 0, `${stdout}${stderr}`);
      const group = await giveToKops(kept);
      await lab.startMetadata();
      assert.deepEqual((await healOnce(kept, group)).broken, []);
      assert.match(await kept.node("cat /etc/debian_version"), /^13/);
    } finally {
      await lab.down();
    }
  });
});
