/** prod brought up and destroyed with moto in the place of the lab's AWS; the node is the lab's. */
import assert from "node:assert/strict";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { node } from "../../lab/network/addresses";
import { set } from "../../lab/campaigns/interleavings/events";
import { asOperator, inInternet } from "../../lab/operator";
import type { Finished } from "../../lab/process";
import { difference, nodeSnapshot } from "../../lab/proof/snapshot";
import { type Moto, startMoto } from "../support/moto";
import { needsRoot } from "../support/needs";
import { repositoryRoot } from "../../lab/paths";

const port = 5055;

describe("prod in moto's AWS", function () {
  let kept: KeptLab;
  let moto: Moto;

  const inMoto = async (...command: string[]): Promise<string> => {
    const finished: Finished = await asOperator(kept.state.engine.pulumi, [
      "env",
      `AWS_ENDPOINT_URL=http://127.0.0.1:${port}`,
      ...command,
    ]);
    assert.equal(finished.status, 0, `${finished.stdout}${finished.stderr}`);
    return finished.stdout;
  };
  const pulumi = (...args: string[]): Promise<string> =>
    inMoto("pulumi", ...args, "--stack", "prod", "--non-interactive", "--color=never");

  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("empty");
    moto = await startMoto(port, inInternet);
    // moto's own addresses lead nowhere.
    await set(["ssh", "host"], node.autoPublicIp);
  });
  after(async () => {
    (moto as Moto | undefined)?.stop();
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("comes up, and goes without a trace", async () => {
    const seed = `require("./scripts/register.cjs"); const { EC2Client } = require("@aws-sdk/client-ec2");
      require("./tests/support/moto").seedMoto(new EC2Client({}), "${node.primaryPrivateIp}").then((seeded) => console.log(JSON.stringify(seeded)));`;
    const seeded = await inMoto("sh", "-c", `cd ${repositoryRoot} && exec ${process.execPath} -e '${seed}'`);
    const { networkInterfaceId } = JSON.parse(seeded) as { networkInterfaceId: string };
    // moto has no filter by attachment.device-index, by which the interface is found otherwise.
    await set(["networkInterfaceId"], networkInterfaceId);
    const before = await nodeSnapshot();
    await pulumi("up", "--yes", "--skip-preview");
    const { ready, secondaryPrivateIp } = JSON.parse(await pulumi("stack", "output", "--json")) as {
      ready: boolean;
      secondaryPrivateIp: string;
    };
    assert.equal(ready, true);
    assert.match(await kept.node("ip -4 -o addr show dev lo"), new RegExp(`${secondaryPrivateIp}/32`));
    await pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(difference(before, await nodeSnapshot()), []);
    const look = `const { EC2Client, DescribeAddressesCommand, DescribeSecurityGroupsCommand } = require("@aws-sdk/client-ec2"); const client = new EC2Client({});
      Promise.all([client.send(new DescribeAddressesCommand({})), client.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:managed-by", Values: ["kops-secondary-ingress"] }] }))])
        .then(([{ Addresses }, { SecurityGroups }]) => console.log(JSON.stringify([Addresses, SecurityGroups])));`;
    const left = await inMoto("sh", "-c", `cd ${repositoryRoot} && exec ${process.execPath} -e '${look}'`);
    assert.deepEqual(JSON.parse(left), [[], []]);
  });
});
