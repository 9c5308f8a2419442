/** `secondary-ingress adopt`: what moving in would do on a node whose layout was made by hand, and the settings for it. */
import { inWords } from "../adopt/inWords";
import { lookAtLayout } from "../adopt/look";
import { IngressMode } from "../../settings/choices";
import { couldNotLook } from "./doctor";
import { factsOf, type NamedStack, readerOf } from "./stack";

export interface AdoptFlags extends NamedStack {
  write?: boolean;
  json?: boolean;
}

/** Exit status if something stands in the way. */
const inTheWay = 1;

export async function adopt(flags: AdoptFlags): Promise<void> {
  const { stack, cwd } = flags;
  try {
    const reader = readerOf(flags);
    const { owner, settings, connection } = await factsOf(flags, reader, true);
    const { project } = reader;
    if (settings.mode !== IngressMode.DualIp)
      throw new Error(
        `--stack: expected a stack of mode dual-ip, found mode ${settings.mode}: pulumi config set --stack ${stack} ${project}:mode dual-ip`,
      );
    if (!flags.json) process.stderr.write("looking at AWS and the node …\n");
    const plan = await lookAtLayout({ owner, settings, connection });
    const written = Boolean(flags.write) && plan.obstacles.length === 0 && plan.settings.length > 0;
    if (written)
      await reader.set(Object.fromEntries(plan.settings.map(({ key, value }) => [`${project}:${key}`, value])));
    const coloured = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ stack, ...plan, written }, undefined, 2)}\n`
        : inWords(plan, { project, stack, cwd, written, coloured }),
    );
    if (plan.obstacles.length > 0) process.exitCode = inTheWay;
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = couldNotLook;
  }
}
