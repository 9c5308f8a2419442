/** kOps replaces the node and the node heals itself: the duration, and the changes of the next `pulumi up`. */
import { setTimeout as sleep } from "node:timers/promises";
import { lastFile } from "../../../hostfiles/steps/hostSteps";
import { installedMark } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { type InstanceGroup, lab } from "../../lab";
import { labCluster, labDomain } from "../../cloud/labAccount";
import { keyPair } from "../../node/certificates";
import { currentNode } from "../../node/identity";
import { nodeHostKey, onNode } from "../../node/machine";
import { asOperator } from "../../operator";
import { type Outputs, stackOutputs } from "../../proof/outputs";
import { type Prober, startProber } from "../../proof/prober";
import { accountSnapshot, difference, nodeSnapshot } from "../../proof/snapshot";
import { manifestFile, secondaryIngressKops, updateCluster, writeManifests } from "./manifests";

export interface Healed {
  /** Seconds from power on until the new API server responds; not ours. */
  api: number;
  /** Seconds from power on until the application responds reliably on its public address. */
  app: number;
  /** Duration in seconds of the following `pulumi up`. */
  up: number;
  /** Failed requests during that `up`, at twenty a second: to the application, to the API. */
  failedDuringUp: { app: number; api: number };
  /** Failed expectations; empty if all held. */
  broken: string[];
}

const perSecond = 20;
const probeApp = (address: string): Promise<Prober> =>
  startProber(
    { from: "internet", address, port: 443, host: labDomain, authority: keyPair("web-authority").certificate },
    perSecond,
  );
/** Sends 20 requests a second to the API's public address. */
export const probeApi = (): Promise<Prober> =>
  startProber(
    {
      from: "internet",
      address: currentNode().autoPublicIp,
      port: 443,
      host: `api.internal.${labCluster}`,
      authority: keyPair("cluster-authority").certificate,
    },
    perSecond,
  );

/** Adds prod's pieces to the cluster's manifests, and applies them as kOps does. */
export async function giveToKops(kept: KeptLab): Promise<InstanceGroup> {
  await writeManifests();
  const patched = await secondaryIngressKops(kept.state.engine.pulumi, "--patch", manifestFile);
  if (patched.status !== 0) throw new Error(patched.stderr);
  return updateCluster();
}

/**
 * Waits until every host file on the node is in effect.
 * @throws with the unit's journal after a minute
 */
export async function installed(): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if ((await onNode(["test", "-s", installedMark(lastFile)])).status === 0) return;
    await sleep(500);
  }
  throw new Error((await onNode(["journalctl", "-u", "secondary-ingress-boot", "-o", "cat", "--no-pager"])).stdout);
}

/** Accepts the new node's host key as the operator. */
export async function acceptHostKey(kept: KeptLab): Promise<void> {
  const path = "kops-secondary-ingress:ssh.hostKey";
  // prettier-ignore
  const { status, stderr } = await asOperator(kept.state.engine.pulumi, ["pulumi", "config", "set", "--stack", "prod", "--path", path, await nodeHostKey()]);
  if (status !== 0) throw new Error(stderr);
}

/** The next `pulumi up` after a self-heal, which must find everything in place. */
export async function upAfterwards(
  kept: KeptLab,
  before: Pick<Outputs, "ingressPublicIp" | "primaryPrivateIp">,
): Promise<Pick<Healed, "up" | "failedDuringUp" | "broken">> {
  const broken: string[] = [];
  const expect = (right: boolean, otherwise: string): void => {
    if (!right) broken.push(otherwise);
  };
  await acceptHostKey(kept);
  const account = await accountSnapshot();
  const node = await nodeSnapshot();
  const probers = { app: await probeApp(before.ingressPublicIp), api: await probeApi() };
  const start = Date.now();
  const moved = await kept.up("prod");
  const up = Date.now() - start;
  const counts = { app: await probers.app.stop(), api: await probers.api.stop() };
  expect(moved.status === 0, `up failed: ${moved.stdout}${moved.stderr}`);
  const { failed, failures } = counts.app;
  expect(failed === 0, `${failed} requests of the application failed: ${failures.join("; ")}`);
  expect(counts.api.failed === 0, `${counts.api.failed} requests of the API failed: ${counts.api.failures.join("; ")}`);
  const inAws = difference(account, await accountSnapshot());
  expect(inAws.length === 0, `up changed in AWS: ${inAws.join("; ")}`);
  // No manifest contains the password of the statistics page.
  const onDisk = difference(node, await nodeSnapshot()).filter((fact) => !/stats-password/.test(fact));
  expect(onDisk.length === 0, `up changed on the node: ${onDisk.join("; ")}`);

  const after = await stackOutputs("prod");
  expect(after.ingressPublicIp === before.ingressPublicIp, `the public address is ${after.ingressPublicIp} now`);
  expect(after.primaryPrivateIp !== before.primaryPrivateIp, "the node was not replaced");
  const failing = await kept.failingRows();
  expect(failing.length === 0, `rows that fail: ${failing.join(", ")}`);
  const again = await kept.pulumi(
    "up",
    "--yes",
    "--skip-preview",
    "--refresh",
    "--expect-no-changes",
    "--stack",
    "prod",
  );
  expect(again.status === 0, `a second up, with a refresh, changes something: ${again.stdout}`);
  return { up: up / 1000, failedDuringUp: { app: counts.app.failed, api: counts.api.failed }, broken };
}

/** Replaces the node, waits for the application, and runs `pulumi up`. The metadata service must be running. */
export async function healOnce(kept: KeptLab, group: InstanceGroup): Promise<Healed> {
  const before = await stackOutputs("prod");
  const whileDown = await probeApp(before.ingressPublicIp);
  const api = await lab.replaceNode(group);
  const poweredOn = Date.now() - api;
  await installed();
  await sleep(2000);
  const { lastFailure, strangers } = await whileDown.stop();
  const { broken, ...rest } = await upAfterwards(kept, before);
  return {
    api: api / 1000,
    app: (lastFailure - poweredOn) / 1000,
    ...rest,
    broken: [
      ...(strangers > 0 ? [`${strangers} requests for the application met another certificate`] : []),
      ...broken,
    ],
  };
}
