/** The performance limits, and whether the figures meet them. */
import type { Bench } from "./figures";
import type { Comparison } from "./statistics";

interface Limit {
  least?: number;
  most?: number;
}

export interface Promised {
  title: string;
  /** Description of the limit; "–" if the figure has none. */
  asked: string;
  found: string;
  /** For a ratio: the ratio of the medians, and whether it gives the same verdict. */
  ofMedians?: { text: string; agrees: boolean };
  kept: boolean;
  /** Whether missing the limit fails the command: of two alternatives, one that meets the limit is enough. */
  binding: boolean;
}

export const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
export const spread = ({ median, min, max }: { median: number; min: number; max: number }): string =>
  `${digits(median)} (${digits(min)}–${digits(max)})`;

const within = (value: number, { least = -Infinity, most = Infinity }: Limit): boolean =>
  value >= least && value <= most;

const limitInWords = ({ least, most }: Limit): string =>
  least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : "–";

/**
 * Compared within each run, so that drift of the machine's speed cancels out. If the ratio of the medians disagrees,
 * the result is too close to call.
 */
function ratio(title: string, value: Comparison, limit: Limit, binding = true): Promised {
  const kept = within(value.median, limit);
  return {
    title,
    asked: limitInWords(limit),
    found: spread(value),
    ofMedians: { text: digits(value.ofMedians), agrees: within(value.ofMedians, limit) === kept },
    kept,
    binding,
  };
}

/** "Never below" allows for the variation of one configuration between runs. */
const notBelow: Limit = { least: 0.97 };
const notSlower: Limit = { most: 1.1 };

function ratios({ spreads, comparisons: c }: Bench): Promised[] {
  return [
    ratio("new TLS connections, secondary:443 against the NodePort", spreads.newConnections, { least: 0.75 }),
    ratio("p99 of new TLS connections, against the NodePort", spreads.p99, { most: 2 }),
    ratio("requests on kept connections, against the NodePort", spreads.keepAlive, { least: 0.5 }),
    ratio("throughput of 1 MiB pages, against the NodePort", spreads.throughput, {}),
    ratio("connections without TLS, secondary:80 against :30080", c.bareConnectionsToNodePort, {}),
    ratio("new TLS connections, against HAProxy bound by hand", c.newConnectionsToHandMade, notBelow),
    ratio("p99 of new TLS connections, against HAProxy bound by hand", c.p99ToHandMade, notSlower),
    ratio("requests on kept connections, against HAProxy bound by hand", c.keepAliveToHandMade, notBelow),
    ratio("throughput of 1 MiB pages, against HAProxy bound by hand", c.throughputToHandMade, notBelow),
    ratio("connections without TLS, against HAProxy bound by hand", c.bareConnectionsToHandMade, notBelow),
    ratio("API by socket-proxyd, against plain socat: connections without TLS", c.apiBareSocketProxydToHandMade, { least: 3 }),
    ratio("API by socket-proxyd, against plain socat: p99 of the same load", c.apiBareP99SocketProxydToHandMade, { most: 0.1 }),
    ratio("API by socket-proxyd, against plain socat: new TLS connections", c.apiNewConnectionsSocketProxydToHandMade, {}),
    ratio("API by socat, against plain socat: connections without TLS", c.apiBareSocatToHandMade, { least: 3 }, false),
    ratio("API by socat, against plain socat: p99 of the same load", c.apiBareP99SocatToHandMade, { most: 0.1 }, false),
    ratio("API by socat, against plain socat: new TLS connections", c.apiNewConnectionsSocatToHandMade, {}),
    ratio("the forwarder's nft rule: connections without TLS with it, against without", c.apiDnatHop, {}),
    ratio("`pulumi preview` of dev, against an empty program", c.previewDevToEmpty, { most: 1.25 }),
    ratio("`pulumi preview` of prod, against an empty program", c.previewProdToEmpty, { most: 1.5 }),
    ratio("`pulumi preview` of dev, against an empty program whose types are not checked either", c.previewDevToEmptyUnchecked, {}),
    ratio("`pulumi preview` of prod, against an empty program whose types are not checked either", c.previewProdToEmptyUnchecked, {}),
    ratio("`pulumi up` of dev that changes nothing, against an empty program", c.unchangedDevToEmpty, {}),
    ratio("`pulumi up` of prod that changes nothing, against an empty program", c.unchangedProdToEmpty, {}),
  ]; // prettier-ignore
}

function counts({ held: { idle, streams }, program: { first, unchanged } }: Bench): Promised[] {
  const logins = unchanged.prod.reduce((sum, each) => sum + each.sshLogins, 0);
  const survived = Math.min(streams.afterReload.alive, streams.afterChange.alive);
  const reloads = new Set(streams.workers).size - 1;
  return [
    {
      title: "idle connections that are open and answer in the end",
      asked: `${idle.asked} of ${idle.asked}`,
      found: `${idle.alive}`,
      kept: idle.open === idle.asked && idle.alive === idle.asked,
      binding: true,
    },
    {
      title: "streams that go on through a reload and a change of the configuration",
      asked: `${streams.asked} of ${streams.asked}, 2 new workers`,
      found: `${survived}, ${reloads} new workers`,
      kept: survived === streams.asked && reloads === 2,
      binding: true,
    },
    {
      title: "first `pulumi up` of prod (measured once)",
      asked: "≤ 30 s",
      found: `${first.prod.seconds.toFixed(1)} s`,
      kept: first.prod.seconds <= 30,
      binding: true,
    },
    {
      title: "SSH connections of a `pulumi up` of prod that changes nothing",
      asked: "0",
      found: `${logins} in ${unchanged.prod.length}`,
      kept: logins === 0,
      binding: true,
    },
  ];
}

export const promisesOf = (bench: Bench): Promised[] => [...ratios(bench), ...counts(bench)];

/** The missed limits that make the command fail. */
export const missed = (bench: Bench): Promised[] => promisesOf(bench).filter(({ kept, binding }) => binding && !kept);
