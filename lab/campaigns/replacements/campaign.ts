/** kOps replaces the node and the operator runs `pulumi up`: the duration, and what must stay the same. */
import { readFile } from "node:fs/promises";
import type { KeptLab } from "../../keptLab";
import { lab } from "../../lab";
import { asOperator } from "../../operator";
import { labPaths } from "../../paths";
import { stackOutputs } from "../../proof/outputs";

export interface Replaced {
  /** Seconds from power on until the new API server responds; not ours. */
  boot: number;
  /** Duration in seconds of the `pulumi up` that moves everything to the new node. */
  up: number;
  /** Failed expectations; empty if all held. */
  broken: string[];
}

/** The command in the engine's message that accepts the new host key. */
export const acceptCommand = (message: string): string | undefined =>
  /^\s*(pulumi config set --stack \S+ --path .*)$/m.exec(message)?.[1];

export async function replaceOnce(kept: KeptLab): Promise<Replaced> {
  const broken: string[] = [];
  const expect = (right: boolean, otherwise: string): void => {
    if (!right) broken.push(otherwise);
  };
  const before = await stackOutputs("prod");
  const boot = await lab.replaceNode();

  const account = await readFile(labPaths.account, "utf8");
  const refused = await kept.up("prod");
  const message = `${refused.stdout}${refused.stderr}`;
  const accept = acceptCommand(message);
  expect(refused.status !== 0 && accept !== undefined, `a changed host key did not stop the run: ${message}`);
  expect((message.match(/SHA256:[\w+/]{43}/g) ?? []).length >= 2, `not both fingerprints: ${message}`);
  expect((await readFile(labPaths.account, "utf8")) === account, "the refused run changed the account");
  if (accept) {
    const accepted = await asOperator(kept.state.engine.pulumi, ["sh", "-c", accept]);
    expect(accepted.status === 0, `the command that accepts the key failed: ${accepted.stderr}`);
  }

  const start = Date.now();
  const moved = await kept.up("prod");
  const up = Date.now() - start;
  expect(moved.status === 0, `up failed: ${moved.stdout}${moved.stderr}`);
  const after = await stackOutputs("prod");
  expect(after.ingressPublicIp === before.ingressPublicIp, `the public address is ${after.ingressPublicIp} now`);
  expect(after.primaryPrivateIp !== before.primaryPrivateIp, "the node was not replaced");
  const failing = await kept.failingRows();
  expect(failing.length === 0, `rows that fail: ${failing.join(", ")}`);
  const again = await kept.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "prod");
  expect(again.status === 0, `a second up changes something: ${again.stdout}`);
  return { boot: boot / 1000, up: up / 1000, broken };
}
