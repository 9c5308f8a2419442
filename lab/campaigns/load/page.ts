/** Renders docs/results/load.md. */
import { machineInWords, table, writeResults } from "../page";
import { type Figures, type Row, slowest } from "./campaign";

const cells =
  (rest: number) =>
  ({ title, variant, api, ssh, killed, back, tracked }: Row): (string | number)[] => [
    title,
    variant,
    `${api.failed} of ${api.asked}`,
    api.failed === api.asked ? "no answer" : (api.p99 / rest).toFixed(1),
    ssh === undefined ? "**fails**" : `${ssh.toFixed(1)} s`,
    killed.join(", ") || "none",
    back === undefined ? "> 10" : back.toFixed(1),
    tracked,
  ];

export const writeLoadPage = ({ rest, connections, rows }: Figures): Promise<void> =>
  writeResults(
    "load",
    `# Load on the applications' address

<!-- Written by \`npm run campaign -- load\`. -->

A node of 2 processors and 2 GiB with the real kube-apiserver, etcd and kube-proxy, and the connection table that kube-proxy sets on a node of that
size (131 072 entries). A process may open no more files on this machine than HAProxy needs for ${connections} connections: further clients wait. While a load
runs, 50 requests a second ask for the API from outside; p99 is against that at rest (${rest.p99.toFixed(0)} ms), and ${slowest} is the limit that is aimed at: see
[decision 0019](../decisions/0019-haproxys-share-is-bounded-by-its-connections.md) for what does not lower it. The
clients run on the same machine, at the lowest priority: what they cost all the same is in the rows of a port where nobody listens. "Without" has
the [timeouts of the applications' connections](../guide.md#load-on-the-applications) taken off. The last columns: when the applications answer again
after the load, and the most entries of the connection table, with those that the kernel has forgotten and not removed yet. ${machineInWords()}

${table(
  [
    "load",
    "where it goes, with or without the bounds",
    "API, failed",
    "p99, × at rest",
    "SSH logs in",
    "killed",
    "applications back, s",
    "entries",
  ],
  rows.map(cells(rest.p99)),
)}
`,
  );
