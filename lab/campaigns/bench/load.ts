/**
 * Runs load generators and parses their output: ApacheBench for connections, wrk for requests and bytes on keep-alive
 * connections.
 */
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaces } from "../../network/addresses";
import { run } from "../../process";
import { type Effort, withEffort } from "./effort";

/** Program → Debian package. */
export const loadGenerators = { ab: "apache2-utils", wrk: "wrk" } as const;

/** New connections with one request each. */
export interface Connecting {
  perSecond: number;
  connections: number;
  failed: number;
  /** Responses with a status other than 2xx. */
  refused: number;
  /** Milliseconds from the first packet to the last byte of the response. */
  p50: number;
  p99: number;
}

/** Requests on keep-alive connections. */
export interface Keeping {
  requestsPerSecond: number;
  bytesPerSecond: number;
  /** Failed connections and responses. */
  failed: number;
  /** Responses with a status other than 2xx and 3xx. */
  refused: number;
  /** Milliseconds from request to response. */
  p50: number;
  p99: number;
}

const number = (text: string, pattern: RegExp): number => {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`expected ${pattern.source}, found:\n${text}`);
  return Number(found);
};

/** @param percentiles the file of `ab -e`: "percentage,milliseconds" in lines */
export function parseApacheBench(report: string, percentiles: string): Connecting {
  const at = (percent: number): number => number(percentiles, new RegExp(`^${percent},([\\d.]+)$`, "m"));
  return {
    perSecond: number(report, /^Requests per second: +([\d.]+)/m),
    connections: number(report, /^Complete requests: +(\d+)/m),
    failed: number(report, /^Failed requests: +(\d+)/m),
    refused: Number(/^Non-2xx responses: +(\d+)/m.exec(report)?.[1] ?? 0),
    p50: at(50),
    p99: at(99),
  };
}

const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
const bytes: Record<string, number> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

export function parseWrk(report: string): Keeping {
  const withUnit = (pattern: RegExp, units: Record<string, number>): number => {
    const [, value, unit = ""] = pattern.exec(report) ?? [];
    const factor = units[unit];
    if (value === undefined || factor === undefined) throw new Error(`expected ${pattern.source}, found:\n${report}`);
    return Number(value) * factor;
  };
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report)?.slice(1) ?? [];
  return {
    requestsPerSecond: number(report, /^Requests\/sec: +([\d.]+)/m),
    bytesPerSecond: withUnit(/^Transfer\/sec: +([\d.]+)([KMG]?B)/m, bytes),
    failed: errors.reduce((sum, count) => sum + Number(count), 0),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0),
    p50: withUnit(/^ +50% +([\d.]+)(us|ms|s|m)$/m, milliseconds),
    p99: withUnit(/^ +99% +([\d.]+)(us|ms|s|m)$/m, milliseconds),
  };
}

/** On the VPC's router: one hop from the node, without security groups or NAT. */
export const inVpc = (...command: string[]): string[] => ["ip", "netns", "exec", namespaces.vpc, ...command];

const exec = ([program = "", ...args]: string[]): Promise<string> => run(program, args);

/** Default number of concurrent connections. */
const concurrency = 32;

/** A load, with the CPU use of client and machine. */
export type Loaded<T> = T & { effort: Effort };

async function loaded<T extends object>(work: () => Promise<T>): Promise<Loaded<T>> {
  const { result, effort } = await withEffort(work);
  return { ...result, effort };
}

/** More than any path completes within the duration of a load. */
const endless = 1_000_000;

export interface Amount {
  /** Concurrent connections. */
  clients?: number;
  /** Total number of connections, so that the slowest ones count too; or the duration in seconds. */
  count?: number;
  seconds?: number;
}

/**
 * A reset connection counts as failed (`-r`).
 * @throws if more than a tenth fails
 */
export async function connect(
  url: string,
  { clients = concurrency, count = endless, seconds }: Amount,
): Promise<Loaded<Connecting>> {
  const percentiles = join(tmpdir(), `ab-${process.pid}.csv`);
  // -t sets its own -n, which a later -n overrides.
  const time = seconds === undefined ? [] : ["-t", `${seconds}`];
  const result = await loaded(async () => {
    const report = await exec(
      inVpc("ab", "-q", "-d", "-r", ...time, "-n", `${count}`, "-c", `${clients}`, "-e", percentiles, url),
    );
    return parseApacheBench(report, await readFile(percentiles, "utf8"));
  });
  await rm(percentiles);
  if (result.failed > result.connections / 10)
    throw new Error(`${url}: ${result.failed} of ${result.connections} connections failed`);
  return result;
}

export const keep = (url: string, seconds: number): Promise<Loaded<Keeping>> =>
  loaded(async () => parseWrk(await exec(inVpc("wrk", "-t1", `-c${concurrency}`, `-d${seconds}s`, "--latency", url))));

/** Uncounted requests, so that the first figure after another path does not include cold caches. */
export async function warmUp(url: string, requests: number, kept: boolean): Promise<void> {
  await exec(inVpc("ab", "-q", "-d", "-r", ...(kept ? ["-k"] : []), "-n", `${requests}`, "-c", `${concurrency}`, url));
}
