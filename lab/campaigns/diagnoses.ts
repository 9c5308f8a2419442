/** `npm run diagnoses`: every fault that the doctor knows, made for real, found, and mended by what the doctor says. */
import { Command } from "commander";
import { keepLab, type KeptLab } from "../keptLab";
import { lab } from "../lab";
import { labDomain } from "../labAccount";
import { step } from "../progress";
import { stackOutputs } from "../proof/outputs";
import { type Diagnosis, diagnose, type Draw, drawOnce } from "./diagnoses/campaign";
import { type Fixture, fixtures } from "./diagnoses/fixtures";
import { type Operator, startOperator } from "./diagnoses/operator";
import { readKept, writeKept } from "./kept";
import { machineInWords, table, writeResults } from "./page";

const { draws, onlyDraws, seed, only, json } = new Command("npm run diagnoses --")
  .description("makes each of the doctor's findings true, follows its fix, and writes docs/results/diagnoses.md")
  .option("--draws <number>", "how many times one or two faults are made at random", "20")
  .option("--only-draws", "nothing but these")
  .option("--seed <number>", "the same seed draws the same faults", "1")
  .option(
    "--only <pattern>",
    "only the codes that match this regular expression, and no draws; of the others the page keeps what it has",
  )
  .option("--json", "print one JSON object on stdout: { diagnoses, draws }")
  .parse()
  .opts<{ draws: string; onlyDraws?: boolean; seed: string; only?: string; json?: boolean }>();

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function withLab(moved: boolean, work: (operator: Operator) => Promise<void>): Promise<void> {
  const kept: KeptLab = await keepLab({
    apiPort: moved ? 8443 : 443,
    apiAddress: "127.0.0.1",
    plugins: "auto",
    // For the load balancer.
    nodes: 3,
  });
  let operator: Operator | undefined;
  try {
    await step("prod", async () => {
      const { status, stdout, stderr } = await kept.up("prod");
      if (status !== 0) throw new Error(`${stdout}${stderr}`);
    });
    operator = await startOperator(kept);
    const { ingressPublicIp } = await stackOutputs(kept.state.engine.pulumi, "prod");
    await operator.shell(
      "for i in $(seq 50); do dig +short +tries=1 @127.0.0.1 ns.example.com. | grep -q . && break; sleep 0.1; done",
    );
    await operator.nsupdate(`update add ${labDomain}. 60 A ${ingressPublicIp}`);
    await work(operator);
  } finally {
    await operator?.stop();
    await lab.down();
  }
}

function pageOf(diagnoses: readonly Diagnosis[], drawn: readonly Draw[]): string {
  const right = drawn.filter((draw) => draw.right).length;
  return `# Diagnoses

<!-- Written by \`npm run diagnoses\`. -->

Each fault is made in the lab, by itself. "named" is the place of its code among the doctor's findings; the fix is run as it is printed, or,
where it is not a command, what it says is done by hand; "mended" is what the doctor says then.
**${diagnoses.filter(({ mended }) => mended).length} of ${diagnoses.length}** are found and mended.
With one or two faults at once, drawn at random (seed ${seed}), all that was made is among the first two findings in **${right} of ${drawn.length}** draws.
${machineInWords()}

${table(
  ["code", "fault", "named", "fix", "as printed", "mended"],
  diagnoses.map(({ code, fault, place, fix, asPrinted, mended }) => [
    `[${code}](../checks.md#${code.toLowerCase()})`,
    fault,
    place === 0 ? "no" : `${place}.`,
    `\`${fix.replaceAll("|", "\\|")}\``,
    asPrinted ? "yes" : "by hand",
    mended ? "yes" : "**no**",
  ]),
)}

${table(
  ["made", "found", "right"],
  drawn.map(({ codes, found, right }) => [codes.join(", "), found.join(", "), right ? "yes" : "**no**"]),
)}
`;
}

async function main(): Promise<void> {
  const diagnoses: Diagnosis[] = [];
  const drawn: Draw[] = [];
  // Half an hour's work: what an earlier run has found of the others stays on the page.
  const before = readKept<Diagnosis>("diagnoses");
  const drawnBefore = readKept<Draw>(`diagnoses-draws-${seed}`);
  const write = async (): Promise<void> => {
    const all = fixtures.flatMap(
      ({ code }) => diagnoses.find((each) => each.code === code) ?? before.find((each) => each.code === code) ?? [],
    );
    writeKept("diagnoses", all);
    if (drawn.length > 0) writeKept(`diagnoses-draws-${seed}`, drawn);
    await writeResults("diagnoses", pageOf(all, drawn.length > 0 ? drawn : drawnBefore));
  };
  const each = async (operator: Operator, chosen: readonly Fixture[]): Promise<void> => {
    for (const fixture of chosen) {
      diagnoses.push(
        await step(fixture.code, async (note) => {
          const diagnosis = await diagnose(operator, fixture);
          note(`named ${diagnosis.place}., ${diagnosis.mended ? "mended" : `NOT MENDED ${diagnosis.broken ?? ""}`}`);
          return diagnosis;
        }),
      );
      await write();
    }
  };
  const chosen = onlyDraws ? [] : fixtures.filter(({ code }) => new RegExp(only ?? "").test(code));
  await withLab(false, async (operator) => {
    await each(
      operator,
      chosen.filter(({ moved }) => !moved),
    );
    const next = random(Number(seed));
    const quick = fixtures.filter((fixture) => fixture.quick);
    const pick = (): Fixture => quick[Math.floor(next() * quick.length)] as Fixture;
    for (let count = 0; count < (only ? 0 : Number(draws)); count++) {
      const pair = [...new Set(next() < 0.5 ? [pick()] : [pick(), pick()])];
      drawn.push(
        await step(`${count + 1}: ${pair.map(({ code }) => code).join(", ")}`, () => drawOnce(operator, pair)),
      );
      await write();
    }
  });
  const moved = chosen.filter((fixture) => fixture.moved);
  if (moved.length > 0) await withLab(true, (operator) => each(operator, moved));
  if (json) process.stdout.write(`${JSON.stringify({ diagnoses, draws: drawn }, undefined, 2)}\n`);
  if (diagnoses.some(({ mended }) => !mended)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
