/**
 * Runs inside a namespace: reads a request from the first line of stdin, sends it at a steady rate until stdin ends,
 * and prints the count.
 */
import { createInterface } from "node:readline";
import type { WireRequest } from "./probe";
import type { Count } from "./prober";
import { request } from "./request";

const perSecond = Number(process.argv[2]);
const count: Count = { sent: 0, failed: 0, longestOutage: 0, strangers: 0, lastFailure: 0, p99: 0, failures: [] };
const milliseconds: number[] = [];
const underWay = new Set<Promise<void>>();
/** Start of the earliest failed request since the last good one. */
let outageSince: number | undefined;
let timer: NodeJS.Timeout | undefined;

async function once(wire: WireRequest): Promise<void> {
  count.sent++;
  const start = Date.now();
  const answer = await request(wire);
  const good = answer.status !== 0 && (answer.trusted || wire.ca === undefined);
  if (outageSince !== undefined && (!good || start > outageSince))
    count.longestOutage = Math.max(count.longestOutage, Date.now() - outageSince);
  if (good) {
    milliseconds.push(answer.milliseconds);
    if (outageSince !== undefined && start > outageSince) outageSince = undefined;
    return;
  }
  outageSince = Math.min(outageSince ?? start, start);
  count.failed++;
  count.lastFailure = Math.max(count.lastFailure, start);
  if (answer.status !== 0) count.strangers++;
  const what = answer.error ?? `certificate for ${answer.certificateNames.join(", ")}`;
  if (count.failures.length < 5) count.failures.push(`${new Date().toISOString()} ${what}`);
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  const wire = JSON.parse(line) as WireRequest;
  timer = setInterval(() => {
    const request = once(wire).finally(() => underWay.delete(request));
    underWay.add(request);
  }, 1000 / perSecond);
  process.stdout.write("\n");
});
input.once("close", () => {
  clearInterval(timer);
  void Promise.all(underWay).then(() => {
    count.p99 = milliseconds.sort((a, b) => a - b)[Math.floor(milliseconds.length * 0.99)] ?? 0;
    process.stdout.write(JSON.stringify(count));
  });
});
