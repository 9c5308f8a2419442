/** Load generators, and what they print: ApacheBench for connections, wrk for requests and bytes on kept ones. */
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaces } from "../../network/addresses";
import { run } from "../../process";

/** Program → Debian package. */
export const loadGenerators = { ab: "apache2-utils", wrk: "wrk" } as const;

export interface Connecting {
  /** New TLS connections a second, each with one request. */
  perSecond: number;
  connections: number;
  failed: number;
  /** Milliseconds from the first packet to the last byte of the answer. */
  p50: number;
  p99: number;
}

export interface Keeping {
  requestsPerSecond: number;
  bytesPerSecond: number;
  /** Connections and answers that failed. */
  failed: number;
  /** Milliseconds from request to answer. */
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
    p50: withUnit(/^ +50% +([\d.]+)(us|ms|s|m)$/m, milliseconds),
    p99: withUnit(/^ +99% +([\d.]+)(us|ms|s|m)$/m, milliseconds),
  };
}

/** On the router of the VPC: one hop from the node, with no security group and no translation on the way. */
export const inVpc = (...command: string[]): string[] => ["ip", "netns", "exec", namespaces.vpc, ...command];

const exec = ([program = "", ...args]: string[]): Promise<string> => run(program, args);

/** Connections at once. */
const concurrency = 32;

/** @param count connections, so that those that wait longest count as well @throws when more than a tenth fails */
export async function connect(url: string, count: number): Promise<Connecting> {
  const percentiles = join(tmpdir(), `ab-${process.pid}.csv`);
  const report = await exec(inVpc("ab", "-q", "-d", "-n", `${count}`, "-c", `${concurrency}`, "-e", percentiles, url));
  const result = parseApacheBench(report, await readFile(percentiles, "utf8"));
  await rm(percentiles);
  if (result.failed > result.connections / 10) throw new Error(`${url} does not answer:\n${report}`);
  return result;
}

export const keep = async (url: string, seconds: number): Promise<Keeping> =>
  parseWrk(await exec(inVpc("wrk", "-t1", `-c${concurrency}`, `-d${seconds}s`, "--latency", url)));
