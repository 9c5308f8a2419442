/** Runs the loads one after the other: with the bounds, without them, and at nobody's port. */
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { haproxyUnit } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { step } from "../../progress";
import { stackOutputs } from "../../proof/outputs";
import { mostConnections } from "../bench/paths";
import { putBoundsOn, takeBoundsOff } from "./bounds";
import { applications, type Load, nobody, nodePort } from "./loads";
import { atRest, type Measured, under } from "./measure";
import { withSmallTable } from "./node";
import { makeSources } from "./sources";

const variants = ["with the bounds", "without them", "at nobody's port"] as const;
const direct = "at the NodePort, without HAProxy";
export type Variant = (typeof variants)[number] | typeof direct;

export interface Row extends Measured {
  title: string;
  variant: Variant;
  /** Exceeded limits; only a row with the bounds has any. */
  broken: string[];
}

export interface Figures {
  rest: Measured["api"];
  /** Connections that HAProxy can take at a time on this machine. */
  connections: number;
  rows: Row[];
}

/** How many times its p99 at rest the API may take. */
export const slowest = 3;
/** Seconds until the applications answer again. */
const longestWait = 5;
/** Seconds in which the node forgets a load's connections before the next one. */
const between = 10;

/** What a load may not do where the bounds are on. */
export function judge(rest: Measured["api"], { api, ssh, killed, back }: Measured): string[] {
  return [
    ...(api.asked < 1000 ? [`${api.asked} requests to the API, 1000 at least`] : []),
    ...(api.failed > 0 ? [`${api.failed} of ${api.asked} requests to the API failed`] : []),
    ...(api.p99 > slowest * rest.p99 ? [`p99 of the API: ${api.p99} ms, ${rest.p99} ms at rest`] : []),
    ...(ssh === undefined ? ["SSH did not log in"] : []),
    ...killed.map((program) => `${program} ended`),
    ...(back === undefined || back > longestWait
      ? [`the applications answered after ${back ?? "more than 10"} s`]
      : []),
  ];
}

async function measure(
  kept: KeptLab,
  load: Load,
  variant: Variant,
  rest: Measured["api"],
  seconds: number,
): Promise<Row> {
  const { secondaryPrivateIp } = await stackOutputs("prod");
  const target =
    variant === direct
      ? nodePort
      : variant === "at nobody's port"
        ? nobody(secondaryPrivateIp)
        : applications(secondaryPrivateIp);
  return step(`${load.title}, ${variant}`, async (note) => {
    if (variant === "without them") await takeBoundsOff(kept);
    try {
      const measured = await under(kept, load, target, seconds);
      const broken = variant === "with the bounds" ? judge(rest, measured) : [];
      note(JSON.stringify(measured));
      return { title: load.title, variant, ...measured, broken };
    } finally {
      if (variant === "without them") await putBoundsOn(kept);
      // The node's own table; the kernel's timeouts last for minutes.
      await kept.node("conntrack -F 2>/dev/null");
      await sleep(between * 1000);
    }
  });
}

/**
 * @param kept prod is up
 * @param seconds for which the API is asked, at least
 */
export async function runLoads(
  kept: KeptLab,
  loads: readonly Load[],
  { chosen, seconds = 30 }: { chosen?: readonly Variant[]; seconds?: number } = {},
): Promise<Figures> {
  return withSmallTable(async () => {
    await makeSources();
    // The prober has a machine of its own, too; what is started from here on inherits this.
    setPriority(-10);
    const rest = await step("At rest", async (note) => {
      const api = await atRest(seconds);
      note(JSON.stringify(api));
      return api;
    });
    const rows: Row[] = [];
    for (const load of loads)
      for (const variant of chosen ?? [...variants, ...(load.direct ? ([direct] as const) : [])])
        rows.push(await measure(kept, load, variant, rest, seconds));
    return { rest, connections: await mostConnections(kept, haproxyUnit), rows };
  });
}
