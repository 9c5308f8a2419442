/**
 * `npm run campaign -- interleavings`: random sequences of changes by users, AWS and the operator, followed by one `up`
 * and one `destroy`.
 */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { step } from "../progress";
import { type Interleaving, interleave, sequences } from "./interleavings/campaign";
import { eventNames } from "./interleavings/events";
import { readKept, writeKept } from "./kept";
import { machineInWords, table, writeResults } from "./page";
import { runMain } from "../runMain";

const { times, seed, from, json } = new Command("npm run campaign -- interleavings")
  .description("runs random interleavings from a seed, and writes docs/results/interleavings.md")
  .option("--times <number>", "number of interleavings", "200")
  .option("--seed <number>", "the same seed gives the same interleavings", "1")
  .option(
    "--from <number>",
    "continue with this one, counted from 1, after the saved results of an earlier run with this seed",
    "1",
  )
  .option("--json", "print one JSON object on stdout: { seed, interleavings }")
  .parse()
  .opts<{ times: string; seed: string; from: string; json?: boolean }>();

function pageOf(results: readonly Interleaving[]): string {
  const broken = results.filter((each) => each.broken.length > 0);
  const counts = eventNames.map((name) => [
    name,
    results.reduce((sum, { events }) => sum + events.filter((event) => event === name).length, 0),
  ]);
  return `# Interleavings

<!-- Written by \`npm run campaign -- interleavings\`. -->

Two to five of the events below in random order (seed ${seed}), most often after a first \`up\`; then one \`pulumi up --refresh\`,
after which every URL of prod must respond (the applications by name and address over HTTPS and HTTP, the API on its public address, by
name and on the node), and one \`pulumi destroy\`, after which nothing of the stack may be left in the account.
If another owner's Elastic IP is on the address at the end, \`up\` must not move it, and must fail if it needs the address; then the owner removes it.
Not included: lost responses to \`AllocateAddress\` and \`CreateSecurityGroup\`, which have no client token and which AWS's SDKs retry
(docs/aws-endpoint.md); the checks of the lab's proof other than the URLs, such as a reboot, which other campaigns run.

**${results.length - broken.length} of ${results.length}** held. ${machineInWords()}

${table(["event", "how often"], counts)}

${
  broken.length > 0
    ? table(
        ["what was done", "what did not hold"],
        broken.map(({ events, broken }) => [
          events.join(", "),
          broken.join("; ").replaceAll(/\s+/g, " ").slice(0, 500),
        ]),
      )
    : ""
}
`;
}

async function main(): Promise<void> {
  const name = `interleavings-${seed}-${times}`;
  const results = readKept<Interleaving>(name).slice(0, Number(from) - 1);
  if (results.length < Number(from) - 1)
    throw new Error(
      `--from: expected at most ${results.length + 1}, which an earlier run of this seed has got to, found ${from}`,
    );
  const all = sequences(Number(seed), Number(times)).slice(Number(from) - 1);
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  try {
    for (const [index, steps] of all.entries()) {
      const number = index + Number(from);
      results.push(
        await step(`${number}: ${steps.map(([name]) => name).join(", ")}`, async (note) => {
          const result = await interleave(kept, steps);
          if (result.broken.length > 0) note(`BROKEN ${result.broken.join("; ")}`);
          return result;
        }),
      );
      writeKept(name, results);
      await writeResults("interleavings", pageOf(results));
    }
  } finally {
    await lab.down();
  }
  process.stdout.write(
    json ? `${JSON.stringify({ seed, interleavings: results }, undefined, 2)}\n` : `${pageOf(results)}\n`,
  );
  if (results.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

runMain(main);
