/**
 * Changes of the way to the API, confirmed from the operator's machine (docs/confirmed-changes.md). `SeenApi` sees the API before
 * them, and when everything is removed, after that; `ConfirmedChange` sees it after them. Dynamic resources: a run without change makes
 * no connection, and what fails is tried again by the next run.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { directories, unseenMark } from "../hostfiles/node/paths";
import { root } from "../hostfiles/steps/fileStep";
import type { SshSettings } from "../settings/read";
import { type ApiPlace, seeApi } from "./reach/apiSight";
import { runScript } from "./reach/ssh";

export interface WayInputs extends ApiPlace {
  /** Differs whenever a step on the node that can alter the way does. */
  change: string;
  /** A replaced node is seen for the first time. */
  instanceId: string;
  /** On the node: prints `confirmed`, or `again` where something had to be done again. */
  command: string;
  ssh: SshSettings;
  /** Where to dial when `ssh.host` is not given. */
  address: string;
  /** Secret. */
  sshPrivateKey?: string;
}

export interface SeenApiState extends WayInputs {
  /** As seen before the last change; `""` if the API did not answer this machine. */
  certificate: string;
  /** Why it did not. */
  problem: string;
  /** As seen before the first change of this node. */
  certificateAtFirst: string;
  /** When it was last looked at, milliseconds since 1970. */
  time: number;
}

export interface ConfirmedChangeInputs extends WayInputs {
  certificate: string;
  /** Whenever the API was looked at before, it is after: a run in between may have been cut short. */
  time: number;
}

export interface ConfirmedChangeState extends ConfirmedChangeInputs {
  /** Why nobody could tell from this machine whether the API answers; `""` if it does. */
  unjudged: string;
}

/** Milliseconds, and the API's port. */
export interface Patience {
  /** For an API that has not been seen on this node yet. */
  before: number;
  /** For one that nobody could judge before. */
  unjudged: number;
  /** For one that answered before: a run that was cut short may have taken it away, until the node undoes that. */
  undone: number;
  /** For one that restarts meanwhile: less than the node waits. */
  after: number;
  port?: number;
}
const patience: Patience = { before: 10_000, unjudged: 3_000, undone: 45_000, after: 20_000 };
/** A confirmation may do a whole installation again. */
const commandPatience = 180_000;

/** On the node, because the engine hands nothing from one resource's removal to another's. */
const noteUnseen = root("sh", "-c", `[ ! -d ${directories.etc} ] || touch ${unseenMark}`);
const noteSeen = root("rm", "-f", unseenMark);
const askUnseen = root("sh", "-c", `[ ! -e ${unseenMark} ] || echo unseen`);

/** A connection that is lost is made again; the command can be repeated. */
async function runOnNode({ ssh, address, sshPrivateKey }: WayInputs, command: string): Promise<string> {
  const login = { ssh, address, ...(sshPrivateKey ? { privateKey: sshPrivateKey } : {}) };
  for (let attempt = 1; ; attempt++) {
    try {
      return (await runScript(login, "sh", command, commandPatience)).trim();
    } catch (error) {
      if (attempt === 3)
        throw new Error(
          `expected a login at ${ssh.host ?? address} that can confirm the change, by sshPrivateKey or a key in the agent that is no certificate, ` +
            `found: ${(error as Error).message}`,
          { cause: error },
        );
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/**
 * @param before the API's certificates as seen before; none if nobody could judge it
 * @returns why it could not be judged; `""` if the API was seen
 * @throws if the API is not seen any more: the node undoes the change
 */
export async function confirmChange(
  inputs: WayInputs,
  before: readonly string[],
  { unjudged, after, port }: Patience,
): Promise<string> {
  const { apiPublicIp } = inputs;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const look = before.length === 0 ? { patience: unjudged } : { patience: after, expected: before };
    const sight = await seeApi(inputs, { ...look, port });
    if (before.length > 0 && !before.includes(sight.certificate)) {
      throw new Error(
        `expected the Kubernetes API at ${apiPublicIp}:443 from this machine as before the change (${before.join(" or ")}), ` +
          `found ${sight.certificate || sight.problem}: the change is not confirmed, and within 30 s the node undoes it by itself. ` +
          "Correct the settings and run the command again, from a machine that reaches the API",
      );
    }
    if ((await runOnNode(inputs, inputs.command)) === "confirmed") return sight.problem;
  }
  throw new Error(
    "expected the node to keep the change until it was confirmed, found it undone three times: is the way to the node slow? Run the command again",
  );
}

/** What may be seen after a change: its certificate of before, or that of before the installation. */
const seen = (state: { certificate: string; certificateAtFirst?: string }): string[] =>
  [...new Set([state.certificate, state.certificateAtFirst ?? ""])].filter((certificate) => certificate !== "");

const inputKeys = [
  ...(["change", "instanceId", "command", "ssh", "address", "sshPrivateKey", "apiPublicIp", "clusterName"] as const),
] satisfies readonly (keyof WayInputs)[];
const differ = (olds: WayInputs, news: WayInputs): boolean =>
  inputKeys.some((key) => !isDeepStrictEqual(olds[key], news[key]));

/** Notes on the node whether the API answers, before it is removed what may lead there. */
export async function noteSight(state: ConfirmedChangeInputs, { before, undone, port }: Patience): Promise<void> {
  await runOnNode(state, noteUnseen);
  const expected = seen(state);
  const look = { expected, patience: expected.length > 0 ? undone : before };
  const { certificate } = await seeApi(state, { ...look, port });
  if (expected.length > 0 ? expected.includes(certificate) : certificate !== "") await runOnNode(state, noteSeen);
}

/** @param olds of the same node, if it was seen already */
export async function seeBefore(
  inputs: WayInputs,
  olds: SeenApiState | undefined,
  { before, undone, port }: Patience,
): Promise<SeenApiState> {
  const look = olds?.certificate ? { patience: undone, expected: [olds.certificate] } : { patience: before };
  const sight = await seeApi(inputs, { ...look, port });
  // A login that cannot confirm is found before anything is armed.
  await runOnNode(inputs, "true");
  const certificateAtFirst = olds ? olds.certificateAtFirst : sight.certificate;
  return { ...inputs, ...sight, certificateAtFirst, time: Date.now() };
}

export const seenApiProvider: pulumi.dynamic.ResourceProvider<WayInputs, SeenApiState> = {
  create: async (inputs) => ({ id: inputs.clusterName, outs: await seeBefore(inputs, undefined, patience) }),
  diff: (_id, olds, news) => Promise.resolve({ changes: differ(olds, news) }),
  update: async (_id, olds, news) => ({
    outs: await seeBefore(news, olds.instanceId === news.instanceId ? olds : undefined, patience),
  }),
  // What did not answer before the installation, or right before the removal, need not answer after it.
  delete: async (_id, state) => {
    const isJudged = state.certificateAtFirst !== "" && (await runOnNode(state, askUnseen)) !== "unseen";
    const unjudged = await confirmChange(state, isJudged ? seen(state) : [], patience);
    // The engine shows what a provider prints.
    if (unjudged) console.warn(`the API of ${state.clusterName} was not judged after the removal: ${unjudged}`);
  },
};

export const confirmedChangeProvider: pulumi.dynamic.ResourceProvider<ConfirmedChangeInputs, ConfirmedChangeState> = {
  create: async (inputs) => ({
    id: inputs.clusterName,
    outs: { ...inputs, unjudged: await confirmChange(inputs, seen(inputs), patience) },
  }),
  diff: (_id, olds, news) => Promise.resolve({ changes: differ(olds, news) || olds.time !== news.time }),
  update: async (_id, _olds, news) => ({
    outs: { ...news, unjudged: await confirmChange(news, seen(news), patience) },
  }),
  // The first of all removals.
  delete: (_id, state) => noteSight(state, patience),
};

type Inputs<State> = { [Key in keyof State]: pulumi.Input<State[Key]> };
const secrets = { additionalSecretOutputs: ["sshPrivateKey"] };

export class SeenApi extends pulumi.dynamic.Resource {
  declare readonly certificate: pulumi.Output<string>;
  declare readonly time: pulumi.Output<number>;
  constructor(name: string, inputs: Inputs<WayInputs>, options: pulumi.CustomResourceOptions) {
    const outputs = { certificate: undefined, problem: undefined, certificateAtFirst: undefined, time: undefined };
    super(
      seenApiProvider,
      name,
      { ...inputs, ...outputs },
      { ...options, ...secrets },
      "kops-secondary-ingress",
      "SeenApi",
    );
  }
}

export class ConfirmedChange extends pulumi.dynamic.Resource {
  declare readonly unjudged: pulumi.Output<string>;
  constructor(name: string, inputs: Inputs<ConfirmedChangeInputs>, options: pulumi.CustomResourceOptions) {
    const all = { ...inputs, unjudged: undefined };
    super(confirmedChangeProvider, name, all, { ...options, ...secrets }, "kops-secondary-ingress", "ConfirmedChange");
  }
}
