/** Runs the loads one after the other: with the bounds, without them, and at nobody's port. */
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { keepLab, type KeptLab } from "../../keptLab";
import { lab } from "../../lab";
import { step } from "../../progress";
import { stackOutputs } from "../../proof/outputs";
import { bringUp } from "../bringUp";
import { putBoundsOn, takeBoundsOff } from "./bounds";
import { applications, type Load, loads, nobody } from "./loads";
import { atRest, type Measured, under } from "./measure";
import { limitNode, withSmallTable } from "./node";
import { makeSources } from "./sources";

const variants = ["with the bounds", "without them", "at nobody's port"] as const;
export type Variant = (typeof variants)[number];

export interface Row extends Measured {
  title: string;
  variant: Variant;
  /** Exceeded limits; only a row with the bounds has any. */
  broken: string[];
}

export interface Figures {
  rest: Measured["api"];
  rows: Row[];
}

/** How many times its p99 at rest the API may take. */
const slowest = 3;
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

async function measure(kept: KeptLab, load: Load, variant: Variant, rest: Measured["api"]): Promise<Row> {
  const { secondaryPrivateIp } = await stackOutputs("prod");
  const target = variant === "at nobody's port" ? nobody(secondaryPrivateIp) : applications(secondaryPrivateIp);
  return step(`${load.title}, ${variant}`, async (note) => {
    if (variant === "without them") await takeBoundsOff(kept);
    try {
      const measured = await under(kept, load, target);
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

export async function runLoads({
  kubernetes,
  chosen,
}: {
  kubernetes: boolean;
  chosen: (load: Load) => boolean;
}): Promise<Figures> {
  const kept = await keepLab({
    apiPort: 443,
    apiAddress: "127.0.0.1",
    ...(kubernetes ? { kubernetes: "nftables" } : {}),
    plugins: "auto",
  });
  try {
    return await withSmallTable(async () => {
      await bringUp(kept);
      await step("The node's limits", () => limitNode(kept));
      await makeSources();
      // The prober has a machine of its own, too; what is started from here on inherits this.
      setPriority(-10);
      const rest = await step("At rest", async (note) => {
        const api = await atRest();
        note(JSON.stringify(api));
        return api;
      });
      const rows: Row[] = [];
      for (const load of loads.filter(chosen))
        for (const variant of variants) rows.push(await measure(kept, load, variant, rest));
      return { rest, rows };
    });
  } finally {
    await lab.down();
  }
}
