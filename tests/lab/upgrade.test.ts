/** Stacks of earlier releases are previewed, refreshed, updated and destroyed by this one, and keep their addresses. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Account } from "../../lab/aws/account";
import { labCluster, labDomain } from "../../lab/cloud/labAccount";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keyPair } from "../../lab/node/certificates";
import { type StackName, stacks } from "../../lab/operator";
import type { Finished } from "../../lab/process";
import { type Outputs, stackOutputs } from "../../lab/proof/outputs";
import { type Prober, startProber } from "../../lab/proof/prober";
import { accountFacts, accountSnapshot, difference, nodeSnapshot } from "../../lab/proof/snapshot";
import { savedLab } from "../../lab/savedLab";
import { needsRoot } from "../support/needs";
import { fixtureOf, releases, resourcesOf } from "../support/releases";

/** Types whose replacement or deletion changes an address or interrupts traffic to it. */
const carriers = /(eip:Eip|eipAssociation:EipAssociation|SecondaryPrivateIp|Attachment|Membership|record:Record)$/;

/** A fixture's account without its stacks' resources. `destroy` keeps the API's Elastic IP, or the node would be unreachable. */
function withoutStacks(account: Account, apiPublicIp: string): Account {
  const isOurs = ({ tags }: { tags?: Record<string, string> }): boolean =>
    tags?.["managed-by"] === "kops-secondary-ingress";
  const ours = account.securityGroups.filter(isOurs).map(({ groupId }) => groupId);
  return {
    ...account,
    addresses: account.addresses.filter((each) => !isOurs(each) || each.publicIp === apiPublicIp),
    securityGroups: account.securityGroups.filter((each) => !isOurs(each)),
    securityGroupRules: account.securityGroupRules.filter(({ groupId }) => !ours.includes(groupId)),
    healthChecks: [],
    hostedZones: account.hostedZones.map((zone) => ({
      ...zone,
      records: zone.records.filter(({ name }) => name !== `${labDomain}.`),
    })),
    networkInterfaces: account.networkInterfaces.map((eni) => ({
      ...eni,
      privateIps: eni.privateIps.filter(({ primary }) => primary),
      securityGroupIds: eni.securityGroupIds.filter((id) => !ours.includes(id)),
    })),
  };
}

for (const release of releases)
  describe(`stacks of release ${release}`, function () {
    let kept: KeptLab;
    let atFirst: Outputs;
    let api: Prober;
    let application: Prober[];

    const good = async (run: Promise<Finished>): Promise<string> => {
      const { status, stdout, stderr } = await run;
      assert.equal(status, 0, `${stdout}${stderr}`);
      return stdout;
    };
    const outputs = (): Promise<Outputs> => stackOutputs("prod");
    /** Runs the same operation on both stacks in parallel. */
    const both = async (work: (stack: StackName) => Promise<unknown>): Promise<void> => {
      await Promise.all(stacks.map(work));
    };
    const addressesOf = ({ apiPublicIp, ingressPublicIp, secondaryPrivateIp, allocationId }: Outputs) => ({
      apiPublicIp,
      ingressPublicIp,
      secondaryPrivateIp,
      allocationId,
    });

    before(async function () {
      needsRoot(this);
      kept = await keepLab(savedLab(fixtureOf(release)));
      atFirst = await outputs();
      // Runs through all tests below.
      api = await startProber(
        {
          from: "internet",
          address: atFirst.apiPublicIp,
          port: 443,
          host: `api.${labCluster}`,
          authority: keyPair("cluster-authority").certificate,
        },
        10,
      );
      application = await Promise.all(
        [443, 80].map((port) =>
          startProber(
            {
              ...{ from: "internet", address: atFirst.ingressPublicIp, port, host: labDomain },
              ...(port === 443 ? { authority: keyPair("web-authority").certificate } : {}),
            },
            20,
          ),
        ),
      );
    });
    after(async () => {
      if (kept as KeptLab | undefined) await lab.down();
    });

    it("serve before the upgrade", async () => {
      assert.deepEqual(await kept.failingRows(), []);
    });

    it("are previewed without replacing or deleting anything that carries an address", async () => {
      await both(async (stack) => {
        const { steps } = JSON.parse(
          await good(kept.pulumi("preview", "--json", "--show-sames", "--stack", stack)),
        ) as {
          steps: { op: string; urn: string }[];
        };
        const done = new Map(steps.map(({ urn, op }) => [urn, op]));
        const carrying = resourcesOf(release, stack).filter(({ type }) => carriers.test(type));
        assert.ok(carrying.length > 0);
        for (const { urn } of carrying) assert.match(`${urn}: ${done.get(urn)}`, /: (same|update)$/);
      });
    });

    it("are refreshed with the providers serialized in their states", async () => {
      await both((stack) => good(kept.pulumi("refresh", "--yes", "--skip-preview", "--stack", stack)));
    });

    it("are updated, keep their addresses, and have no change left", async () => {
      await both((stack) => good(kept.up(stack)));
      assert.deepEqual(addressesOf(await outputs()), addressesOf(atFirst));
      assert.deepEqual(await kept.failingRows(), []);
      await both((stack) =>
        good(kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)),
      );
    });

    it("fail at most the application's requests that HAProxy's former service was serving when it ended", async () => {
      for (const client of application) {
        const { sent, failed, failures, longestOutage } = await client.stop();
        assert.ok(sent > 200);
        assert.ok(failed <= 2, `${failed} in ${longestOutage} ms: ${failures.join("\n")}`);
      }
    });

    it("leave the distribution's HAProxy as it was before the program came", async () => {
      const state = await kept.node("systemctl is-active haproxy.service; systemctl is-enabled haproxy.service; true");
      assert.equal(state, "inactive\ndisabled\n");
    });

    it("are destroyed, which restores the AWS account and the node", async () => {
      for (const stack of ["prod", "dev"])
        await good(kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack));
      const account = JSON.parse(readFileSync(join(fixtureOf(release), "account.json"), "utf8")) as Account;
      const expected = withoutStacks(account, atFirst.apiPublicIp);
      assert.deepEqual(difference(accountFacts(expected), await accountSnapshot()), []);
      const left = (await nodeSnapshot()).filter((fact) =>
        /secondary-ingress|secondary_ingress|kube-api-|haproxy|socat/.test(fact),
      );
      assert.deepEqual(left, []);
    });

    it("fail no API request throughout", async () => {
      const { sent, failed, failures } = await api.stop();
      assert.ok(sent > 100);
      assert.equal(failed, 0, failures.join("\n"));
    });
  });
