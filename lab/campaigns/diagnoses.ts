/**
 * `npm run campaign -- diagnoses`: creates every fault that the doctor knows, and checks that the doctor finds it and
 * its fix works.
 */
import { Command } from "commander";
import { keepLab, type KeptLab } from "../keptLab";
import { lab } from "../lab";
import { labDomain } from "../cloud/labAccount";
import { step } from "../progress";
import { stackOutputs } from "../proof/outputs";
import { type Diagnosis, diagnose, type Draw, drawOnce, pool } from "./diagnoses/campaign";
import { type Fixture, fixtures } from "./diagnoses/fixtures";
import { type Operator, startOperator, waitForNameServer } from "./diagnoses/operator";
import { set } from "./interleavings/events";
import { readKept, writeKept } from "./kept";
import { machineInWords, table, writeResults } from "./page";
import { runMain } from "../runMain";
import { bringUp } from "./bringUp";

const { draws, onlyDraws, seed, only, json } = new Command("npm run campaign -- diagnoses")
  .description(
    "creates the fault of each of the doctor's findings, applies the fix, and writes docs/results/diagnoses.md",
  )
  .option("--draws <number>", "number of random draws of one or two faults", "20")
  .option("--only-draws", "only the draws")
  .option("--seed <number>", "the same seed draws the same faults", "1")
  .option(
    "--only <pattern>",
    "only the codes that match this regular expression, and no draws; the page keeps the other results",
  )
  .option("--json", "print one JSON object on stdout: { diagnoses, draws }")
  .parse()
  .opts<{ draws: string; onlyDraws?: boolean; seed: string; only?: string; json?: boolean }>();

/** Numbers from 0 to 1, reproducible from the seed (mulberry32). */
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
    // The load balancer's targets.
    nodes: 3,
  });
  let operator: Operator | undefined;
  try {
    await step("prod", () => bringUp(kept));
    operator = await startOperator(kept);
    const { ingressPublicIp } = await stackOutputs("prod");
    await operator.shell(waitForNameServer);
    await operator.nsupdate(`update add ${labDomain}. 60 A ${ingressPublicIp}`);
    await work(operator);
  } finally {
    await operator?.stop();
    await lab.down();
  }
}

/** All faults that can be drawn, each once. */
function shuffled(next: () => number): Fixture[] {
  const left = [...pool];
  return pool.map(() => left.splice(Math.floor(next() * left.length), 1)[0] as Fixture);
}

/** Otherwise every draw would also find that a stop loses the API's address. */
async function keepApiAddress(operator: Operator): Promise<void> {
  await set(["primaryAddress"], "elastic-ip");
  await operator.shell("pulumi up --yes --skip-preview --stack prod");
}

/** Summary of the draws; empty if there were none. */
function drawsInWords(drawn: readonly Draw[]): string {
  if (drawn.length === 0) return "";
  const all = drawn.filter((draw) => draw.right).length;
  const one = drawn.filter(({ codes, found }) => codes.some((code) => found.slice(0, 2).includes(code))).length;
  return `One or two faults at once are drawn at random (seed ${seed}), without repetition, from all that can be combined: ${pool.map(({ code }) => code).join(", ")}.
A created fault is among the first two findings in **${one} of ${drawn.length}** draws, all created faults in ${all}, because one fault can hide the other: for example,
without a login the doctor cannot inspect the node. Repeatedly fixing the first finding leaves no findings in **${drawn.filter((draw) => draw.fixed).length} of ${drawn.length}**.

${table(
  ["made", "first findings", "all among the first two"],
  drawn.map(({ codes, found, right: ok }) => [codes.join(", "), found.join(", "), ok ? "yes" : "no"]),
)}

`;
}

function pageOf(diagnoses: readonly Diagnosis[], drawn: readonly Draw[]): string {
  const asPrinted = diagnoses.filter((each) => each.asPrinted);
  const fixed = (all: readonly Diagnosis[]): number => all.filter((each) => each.fixed).length;
  return `# Diagnoses

<!-- Written by \`npm run campaign -- diagnoses\`. -->

Each fault is created in the lab by itself. "named" is the position of its code among the doctor's findings. A fix that is a command is run as
printed, and nothing else: **${fixed(asPrinted)} of ${asPrinted.length}** make their check pass. A fix that is a sentence is applied by hand:
${fixed(diagnoses) - fixed(asPrinted)} of ${diagnoses.length - asPrinted.length}. Together **${fixed(diagnoses)} of ${fixtures.length}** faults are found and fixed.

${machineInWords()}

${table(
  ["code", "fault", "named", "fix", "run", "fixed"],
  diagnoses.map(({ code, fault, place, fix, asPrinted: printed, fixed: passes }) => [
    `[${code}](../checks.md#${code.toLowerCase()})`,
    fault,
    place === 0 ? "no" : `${place}.`,
    printed ? `\`${fix.replaceAll("|", "\\|")}\`` : fix.replaceAll("|", "\\|").replaceAll(/'([^']{4,})'/g, "`$1`"),
    printed ? "as printed" : "by hand",
    passes ? "yes" : "**no**",
  ]),
)}

${drawsInWords(drawn)}`;
}

/** A healthy stack is looked at within ten seconds. */
async function lookAtHealthy(operator: Operator): Promise<void> {
  await step("a healthy stack", async (note) => {
    const { report, seconds } = await operator.doctor("prod");
    note(`${report.findings.length} findings, ${seconds.toFixed(1)} s`);
    if (report.findings.length > 0 || seconds >= 10) process.exitCode = 1;
  });
}

async function main(): Promise<void> {
  const diagnoses: Diagnosis[] = [];
  const drawn: Draw[] = [];
  // A complete run takes half an hour, so the page keeps earlier results for the other codes.
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
          note(`named ${diagnosis.place}., ${diagnosis.fixed ? "fixed" : `NOT FIXED ${diagnosis.broken ?? ""}`}`);
          return diagnosis;
        }),
      );
      await write();
    }
  };
  const chosen = onlyDraws ? [] : fixtures.filter(({ code }) => new RegExp(only ?? "").test(code));
  await withLab(false, async (operator) => {
    const automatic = (fixture: Fixture): boolean => fixture.code === "API_ADDRESS_AUTOMATIC";
    await each(operator, chosen.filter(automatic));
    await keepApiAddress(operator);
    await lookAtHealthy(operator);
    await each(
      operator,
      chosen.filter((fixture) => !fixture.moved && !automatic(fixture)),
    );
    if (only) return;
    const next = random(Number(seed));
    const order = shuffled(next);
    for (let count = 0; count < Number(draws); count++) {
      const some = order.splice(0, next() < 0.5 ? 1 : 2);
      if (some.length === 0) break;
      drawn.push(
        await step(`${count + 1}: ${some.map(({ code }) => code).join(", ")}`, async (note) => {
          const draw = await drawOnce(operator, some);
          note(`${draw.right ? "right" : `WRONG: ${draw.found.join(", ")}`}${draw.fixed ? "" : ", NOT FIXED"}`);
          return draw;
        }),
      );
      await write();
    }
  });
  const moved = chosen.filter((fixture) => fixture.moved);
  if (moved.length > 0)
    await withLab(true, async (operator) => {
      await keepApiAddress(operator);
      await each(operator, moved);
    });
  if (json) process.stdout.write(`${JSON.stringify({ diagnoses, draws: drawn }, undefined, 2)}\n`);
  if (diagnoses.some(({ fixed }) => !fixed) || drawn.some(({ fixed }) => !fixed)) process.exitCode = 1;
}

runMain(main);
