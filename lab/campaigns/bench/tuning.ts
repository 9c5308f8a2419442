/** Settings of HAProxy that could make our path faster, each beside our configuration as it is. */
import type { KeptLab } from "../../keptLab";
import { connect, keep } from "./load";
import { bigPage } from "./paths";
import { type Figure, ratio } from "./statistics";

interface Variant {
  title: string;
  /** Lines after `global`, and after `defaults`. */
  global?: string;
  defaults?: string;
}

const variants: readonly Variant[] = [
  { title: "as it is" },
  { title: "one thread (`nbthread 1`)", global: "nbthread 1" },
  { title: "the kernel moves the bytes (`option splice-auto`)", defaults: "option splice-auto" },
  { title: "buffers of 64 KiB (`tune.bufsize 65536`)", global: "tune.bufsize 65536" },
  {
    title: "fewer packets (`option tcp-smart-accept`, `tcp-smart-connect`)",
    defaults: "option tcp-smart-accept\n  option tcp-smart-connect",
  },
];

export interface Tuned {
  title: string;
  /** Run by run, against the configuration as it is. */
  newConnections: Figure;
  keepAlive: Figure;
  throughput: Figure;
}

const firstPort = 11443;

/** Our installed configuration with other ports and one more line, as a process of its own. */
const start = ({ global = "", defaults = "" }: Variant, index: number): string => {
  const port = firstPort + index;
  return [
    `sed -E -e 's/:10443 transparent/:${port} transparent/' -e '/^frontend http$/,/^$/d' -e '/^frontend stats$/,/^$/d' -e '/stats socket/d'`,
    global === "" ? "" : `-e '/^global$/a\\  ${global}'`,
    defaults === "" ? "" : `-e '/^defaults$/a\\  ${defaults.replaceAll("\n", "\\n")}'`,
    `/etc/haproxy/haproxy.cfg >/srv/bench/variant-${index}.cfg`,
    `&& systemd-run --quiet --collect --unit=bench-variant-${index} -p LimitNOFILE=65536 haproxy -db -f /srv/bench/variant-${index}.cfg`,
  ].join(" ");
};

export async function measureTuning(
  kept: KeptLab,
  secondary: string,
  runs: number,
  connections: number,
  seconds: number,
  note: (text: string) => void,
): Promise<Tuned[]> {
  for (const [index, variant] of variants.entries()) await kept.node(start(variant, index));
  await kept.node(
    `for i in $(seq 50); do [ "$(ss -Hltn | grep -c ':114')" = ${variants.length} ] && exit; sleep 0.1; done; exit 1`,
  );
  const measured = variants.map(() => ({
    newConnections: [] as number[],
    keepAlive: [] as number[],
    throughput: [] as number[],
  }));
  for (let number = 1; number <= runs; number++) {
    note(`${number}: variants of HAProxy's configuration`);
    for (const [index, results] of measured.entries()) {
      const url = `https://${secondary}:${firstPort + index}`;
      results.newConnections.push((await connect(`${url}/`, connections)).perSecond);
      results.keepAlive.push((await keep(`${url}/`, seconds)).requestsPerSecond);
      results.throughput.push((await keep(`${url}${bigPage.path}`, seconds)).bytesPerSecond);
    }
  }
  await kept.node(variants.map((_variant, index) => `systemctl stop bench-variant-${index}.service`).join("; "));
  const [base] = measured;
  if (!base) return [];
  return measured.slice(1).map((results, index) => ({
    title: variants[index + 1]?.title ?? "",
    newConnections: ratio(results.newConnections, base.newConnections),
    keepAlive: ratio(results.keepAlive, base.keepAlive),
    throughput: ratio(results.throughput, base.throughput),
  }));
}
