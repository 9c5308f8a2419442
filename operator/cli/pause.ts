/** `secondary-ingress pause` and `resume`: HAProxy is stopped on purpose, and nothing starts it until it is resumed. */
import { renderPause, renderResume } from "../../hostfiles/node/pause";
import { IngressMode } from "../../settings/choices";
import { runAsRoot } from "../../components/reach/ssh";
import { openStack, type NamedStack, readerOf } from "./stack";

type Flags = NamedStack & { json?: boolean };

/** @throws if the stack has no HAProxy, or the node does not do what it is told */
async function tellNode(flags: Flags, render: (owner: string) => string): Promise<string> {
  const { owner, settings, outputs } = await openStack(flags, readerOf(flags), true);
  const { ssh, sshPrivateKey: privateKey } = settings;
  if (outputs.mode !== IngressMode.DualIp || !ssh)
    throw new Error(
      `--stack: expected a stack of mode dual-ip, which has HAProxy on the node, found mode ${outputs.mode}`,
    );
  if (!flags.json) process.stderr.write("telling the node …\n");
  const address = outputs.apiPublicIp || outputs.primaryPrivateIp;
  const said = await runAsRoot({ ssh, address, ...(privateKey ? { privateKey } : {}) }, render(owner));
  if (said.trim() === "")
    throw new Error(`ssh: expected a login '${ssh.user}' that runs commands, found one that runs none`);
  return said.trim();
}

const answer = (flags: Flags, object: object, text: string): void => {
  process.stdout.write(
    flags.json ? `${JSON.stringify({ stack: flags.stack, ...object }, undefined, 2)}\n` : `${text}\n`,
  );
};

export async function pause(flags: Flags): Promise<void> {
  const since = new Date(Number(await tellNode(flags, renderPause)) * 1000).toISOString();
  answer(
    flags,
    { paused: since },
    `paused since ${since}: the applications of stack '${flags.stack}' do not answer, whatever checks, updates and reboots come; the API is ` +
      `not touched. To start again: npx secondary-ingress resume --stack ${flags.stack}`,
  );
}

export async function resume(flags: Flags): Promise<void> {
  await tellNode(flags, renderResume);
  answer(flags, { paused: null }, `resumed: HAProxy of stack '${flags.stack}' runs.`);
}
