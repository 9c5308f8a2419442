/** One row: what API, SSH and applications do while a load runs, and after it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KeptLab } from "../../keptLab";
import { overSsh } from "../../node/ssh";
import { probe } from "../../proof/probe";
import { startProber } from "../../proof/prober";
import { publicApi, publicApp } from "../../proof/probes";
import { applicationsAddress } from "../faults/scenario";
import { type Load, start, type Target } from "./loads";

export interface Measured {
  api: { asked: number; failed: number; /** Milliseconds. */ p99: number };
  /** Seconds of a login; undefined where it failed. */
  ssh: number | undefined;
  /** Programs of the control plane that ended meanwhile. */
  killed: string[];
  /** Seconds from the end of the load until the applications answer all requests; undefined where they do not within `patience`. */
  back: number | undefined;
  /** Most entries of the node's connection table. */
  tracked: number;
}

/** Requests a second to the API: more than 1000 in half a minute. */
const perSecond = 50;
/** Seconds that the applications get. */
const patience = 10;

const programs = ["kube-apiserver", "etcd"];
async function processIds({ node }: KeptLab): Promise<string[]> {
  return Promise.all(programs.map(async (name) => `${name} ${(await node(`pgrep -ox ${name} || true`)).trim()}`));
}

/** Runs `work`, and samples the entries of the node's connection table meanwhile. */
async function withTracked<T>({ node }: KeptLab, work: () => Promise<T>): Promise<{ result: T; tracked: number }> {
  let tracked = 0;
  const timer = setInterval(() => {
    void node("cat /proc/sys/net/netfilter/nf_conntrack_count").then(
      (count) => (tracked = Math.max(tracked, Number(count))),
      () => undefined,
    );
  }, 2000);
  try {
    const result = await work();
    return { result, tracked };
  } finally {
    clearInterval(timer);
  }
}

async function logIn(): Promise<number | undefined> {
  const begin = Date.now();
  const { status } = await overSsh("true", "");
  return status === 0 ? (Date.now() - begin) / 1000 : undefined;
}

/** Requests to the API for as long as `work` takes, and `seconds` at least. */
async function askApi<T>(seconds: number, work: () => Promise<T>): Promise<{ api: Measured["api"]; result: T }> {
  const prober = await startProber(publicApi, perSecond);
  const [result] = await Promise.all([work(), sleep(seconds * 1000)]);
  const { sent, failed, p99 } = await prober.stop();
  return { api: { asked: sent, failed, p99 }, result };
}

export const atRest = async (seconds: number): Promise<Measured["api"]> =>
  (await askApi(seconds, async () => undefined)).api;

export async function under(kept: KeptLab, load: Load, target: Target, seconds: number): Promise<Measured> {
  const address = await applicationsAddress();
  const before = await processIds(kept);
  const end = start(load, target);
  let measured;
  try {
    await sleep(load.growing * 1000);
    measured = await withTracked(kept, () => askApi(seconds, logIn));
  } finally {
    await end();
  }
  const ended = Date.now();
  const app = await startProber(publicApp(address), 10);
  await sleep(patience * 1000);
  const { lastFailure } = await app.stop();
  const [answer] = await probe([publicApp(address)]);
  const after = await processIds(kept);
  return {
    api: measured.result.api,
    ssh: measured.result.result,
    killed: before.filter((each) => !after.includes(each)),
    back: answer?.status === 200 ? Math.max(0, (lastFailure - ended) / 1000) : undefined,
    tracked: measured.tracked,
  };
}
