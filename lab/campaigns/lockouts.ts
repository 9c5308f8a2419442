/** `npm run campaign -- lockouts`: locks the operator out of the API in every way, and counts how long. */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { say } from "../progress";
import { patience } from "../proof/request";
import { runMain } from "../runMain";
import { readKept, writeKept } from "./kept";
import { type Lockout, runLockouts, ways } from "./lockouts/campaign";
import { machineInWords, table, writeResults } from "./page";

const { only, json } = new Command("npm run campaign -- lockouts")
  .description(
    "Locks the operator out of the API in every way, waits until the node undoes it by itself, and writes docs/results/lockouts.md.",
  )
  .option("--json", "print one JSON object on stdout: { lockouts: [{ cause, interruption, outage, broken }] }")
  .option("--only <pattern>", "only the ways whose name matches this regular expression")
  .showHelpAfterError()
  .parse()
  .opts<{ only?: string; json?: boolean }>();

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

async function writePage(lockouts: readonly Lockout[]): Promise<void> {
  const kept = lockouts.filter(({ broken }) => broken.length === 0).length;
  const worst = Math.max(...lockouts.map(({ outage }) => outage));
  await writeResults(
    "lockouts",
    `# Locked out, and in again

<!-- Written by \`npm run campaign -- lockouts\`. -->

Each way is a change of prod after which the API does not answer the operator any more, and something that happens once it acts. Nobody
helps: [the node undoes it](../confirmed-changes.md). Requests go to the API's public address from the operator's machine, 20 a second; one
fails if it gets no response within ${patience / 1000} s, or the wrong certificate: who waits through a short outage is answered. A way passes if
the API answers again within 45 s, the run has failed or was cut short, and the next run with the former settings restores everything. A
reboot's own outage counts too.

${kept} of ${lockouts.length} ways passed. The longest outage took ${seconds(worst)} s. ${machineInWords()}

${table(
  ["change", "then", "requests, failed", "the API was away for, s", "verdict"],
  lockouts.map(({ cause, interruption, sent, failed, outage, broken }) => [
    ...[cause, interruption, `${failed} of ${sent}`, seconds(outage)],
    // The engine's output follows on lines of its own.
    broken.length === 0 ? "in again" : broken.map((what) => what.split("\n")[0]).join("; "),
  ]),
)}
`,
  );
}

/** A complete run takes most of an hour: results are kept one by one. */
async function keep(lockout: Lockout): Promise<void> {
  const same = (one: Lockout, { cause, interruption }: (typeof ways)[number]): boolean =>
    one.cause === cause.name && one.interruption === interruption.name;
  const before = readKept<Lockout>("lockouts");
  const all = ways.flatMap((way) => [lockout, ...before].find((one) => same(one, way)) ?? []);
  writeKept("lockouts", all);
  await writePage(all);
}

runMain(async () => {
  const pattern = new RegExp(only ?? "", "i");
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  let lockouts: Lockout[];
  try {
    lockouts = await runLockouts(kept, (name) => pattern.test(name), keep);
  } finally {
    await lab.down();
  }
  if (json) process.stdout.write(`${JSON.stringify({ lockouts }, undefined, 2)}\n`);
  for (const each of lockouts) for (const what of each.broken) say(`✗ ${each.cause}, ${each.interruption}: ${what}`);
  const passed = lockouts.filter(({ broken }) => broken.length === 0).length;
  say(`${passed} of ${lockouts.length} ways passed`);
  process.exitCode = passed === lockouts.length && lockouts.length > 0 ? 0 : 1;
});
