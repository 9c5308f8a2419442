/** Random interleavings from a seed: after each, one `up` must repair everything and `destroy` leave nothing. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { tellCloud } from "../../network/cloudEvents";
import type { KeptLab } from "../../keptLab";
import type { Finished } from "../../process";
import {
  account,
  type EventName,
  eventNames,
  events,
  faults,
  releaseStrangersElasticIps,
  set,
  setting,
  strangersElasticIps,
} from "./events";

export interface Interleaving {
  /** The events in order. */
  events: EventName[];
  seconds: number;
  /** Failed expectations; empty if all held. */
  broken: string[];
}

type Step = [EventName, number];

/** Reproducible from the seed. */
export function sequences(seed: number, times: number): Step[][] {
  const others = eventNames.filter((name) => name !== "up");
  const name = fc.oneof(
    { weight: 1, arbitrary: fc.constant<EventName>("up") },
    { weight: 3, arbitrary: fc.constantFrom(...others) },
  );
  const steps = fc.array(fc.tuple(name, fc.nat(1000)), { minLength: 2, maxLength: 4 });
  // On an empty stack half of the events have no effect.
  const first = fc.constantFrom<Step[]>([["up", 0]], [["up", 0]], []);
  return fc.sample(
    fc.tuple(first, steps).map(([first, rest]) => [...first, ...rest]),
    { seed, numRuns: times },
  );
}

/** The stack's resources that are left in the account. */
async function left(): Promise<string[]> {
  const { addresses, securityGroups, networkInterfaces } = await account();
  const groups = securityGroups.filter(({ tags }) => tags["managed-by"] !== undefined);
  return [
    ...addresses.map(({ publicIp }) => `Elastic IP ${publicIp}`),
    ...groups.map(({ groupId }) => `security group ${groupId}`),
    ...networkInterfaces.flatMap(({ networkInterfaceId, privateIps }) =>
      privateIps.filter(({ primary }) => !primary).map((ip) => `${ip.privateIpAddress} on ${networkInterfaceId}`),
    ),
  ];
}

/**
 * An `up` must not move another owner's Elastic IP from an address of the node, even if it must fail; then the owner
 * removes it.
 */
async function nothingStolen(kept: KeptLab, up: () => Promise<Finished>): Promise<string[]> {
  const before = await strangersElasticIps();
  if (before.length === 0) return [];
  const { status, stdout, stderr } = await up();
  const broken = isDeepStrictEqual(await strangersElasticIps(), before) ? [] : ["somebody's Elastic IP was moved"];
  if (status !== 0 && !/which is not this stack's/.test(stdout + stderr))
    broken.push(`an up beside somebody's Elastic IP failed otherwise: ${stdout}${stderr}`);
  await releaseStrangersElasticIps(kept);
  return broken;
}

export async function interleave(kept: KeptLab, steps: readonly Step[]): Promise<Interleaving> {
  const start = Date.now();
  const broken: string[] = [];
  const run = (...args: string[]) => kept.pulumi(...args, "--yes", "--skip-preview", "--stack", "prod");
  try {
    for (const [name, number] of steps) await events[name](kept, number);
    await faults(undefined);
    // If another owner has an address that the operator set by name, `up` fails and asks for another one.
    if ((await account()).networkInterfaces.some(({ description }) => description === "a stranger's"))
      await set(["secondaryPrivateIp"], undefined);
    await set(["mode"], "dual-ip");
    broken.push(...(await nothingStolen(kept, () => run("up", "--refresh"))));
    const up = await run("up", "--refresh");
    if (up.status !== 0) broken.push(`the final up failed: ${up.stdout}${up.stderr}`);
    else broken.push(...(await kept.failingRows()).map((id) => `row ${id} fails`));
  } finally {
    const mode = await setting("mode");
    const destroy = await run("destroy");
    if (destroy.status !== 0) broken.push(`destroy (mode ${String(mode)}) failed: ${destroy.stdout}${destroy.stderr}`);
    await releaseStrangersElasticIps(kept);
    await tellCloud("leave", {});
    broken.push(...(await left()).map((thing) => `left behind: ${thing}`));
    await set(["secondaryPrivateIp"], undefined);
  }
  return { events: steps.map(([name]) => name), seconds: (Date.now() - start) / 1000, broken };
}
