/**
 * Settings as people type them: accepted, or refused in one message whose fixes, pasted into sh or PowerShell, are accepted. What is
 * accepted becomes a stack's resources; what is refused reaches neither AWS nor the node.
 */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { program } from "../../program";
import { ConfigError, type Fault, readConfig } from "../../settings/read";
import { record, world } from "../components/mocks";
import { onEndpoint } from "../support/endpoint";
import { apply } from "./engineConfig";
import { type Call, inPowerShell, inShell } from "./pasted";
import { type Config, handedOver, key, locked, project, typed } from "./typed";

function faultsOf(config: Config): readonly Fault[] {
  try {
    readConfig(project, handedOver(config), "prod");
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults;
  }
  return [];
}

/** What is done by hand, in the stack's file. */
const byHand = /^take it out of Pulumi\.prod\.yaml$/;

/** Runs the stack's program as a preview does. @returns how many resources it asks for, besides the component */
async function preview(config: Config, vpcId: string): Promise<number> {
  const { resources } = await record(world({ vpcId }));
  pulumi.runtime.setAllConfig(handedOver(config));
  const outputs = Object.values(program()) as unknown as { promise(): Promise<unknown> }[];
  const late = new Promise((_, reject) => {
    setTimeout(reject, 120_000, new Error("an output without a value")).unref();
  });
  await Promise.race([Promise.all(outputs.map((output) => output.promise())), late]);
  return resources.length - 1;
}

/** The program refuses what its reader refuses, and asks the engine for nothing. */
async function refuses(config: Config): Promise<void> {
  const asked = await record(world());
  pulumi.runtime.setAllConfig(handedOver(config));
  assert.throws(program, (error) => pulumi.RunError.isInstance(error) && /nothing was changed/.test(error.message));
  assert.deepEqual(asked, { resources: [], calls: [] });
}

/** `FUZZ_RUNS` and `FUZZ_SEED` for a long run, or the same again. */
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 150);
const seed = process.env["FUZZ_SEED"];

describe("settings of every kind", function () {
  this.timeout(3_600_000);

  const aws = onEndpoint();
  // The program warns of addresses that AWS may take back.
  const { warn } = pulumi.log;
  before(() => Object.assign(pulumi.log, { warn: () => Promise.resolve() }));
  after(() => {
    Object.assign(pulumi.log, { warn });
    pulumi.runtime.setAllConfig({});
  });

  it(`are accepted and become resources, or are refused once with fixes that are accepted (${numRuns} runs)`, async () => {
    const vpcId = aws().endpoint.account.vpcs[0]?.vpcId ?? "";
    let [accepted, refused] = [0, 0];
    const lines = new Map<string, Call[]>();
    await fc.assert(
      fc.asyncProperty(typed, async (given) => {
        const config = structuredClone(given);
        const faults = faultsOf(config);
        if (faults.length === 0) accepted += 1;
        else {
          refused += 1;
          await refuses(config);
        }
        for (const { key: place, problem } of faults) {
          assert.match(problem, /^expected [^]+found /, place);
          assert.ok(!problem.includes(key.slice(60, 90)) && !problem.includes(locked.slice(60, 90)), "shows a key");
        }
        // Backwards: the places of a list move when a part of it goes.
        for (const { key: place, fix } of [...faults].reverse()) {
          if (byHand.test(fix)) Reflect.deleteProperty(config, place);
          else {
            lines.set(fix, inPowerShell(fix));
            for (const call of lines.get(fix) ?? []) apply(config, call);
          }
        }
        assert.deepEqual(faultsOf(config), [], JSON.stringify(faults, undefined, 1));
        assert.ok((await preview(config, vpcId)) > 1, "nothing is made");
      }),
      { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
    assert.ok(Math.min(refused, accepted) > numRuns / 20, `${refused} refused and ${accepted} accepted`);
    assert.deepEqual(inShell([...lines.keys()], "~/.ssh/id_ed25519"), [...lines.values()]);
  });
});
