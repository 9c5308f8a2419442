/** One real request, made from inside a network namespace, and what came back. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { podNamespace } from "../kubernetes/controlPlane";
import { namespaces } from "../network/addresses";
import { leaderPid } from "../node/machine";
import { repositoryRoot } from "../paths";
import { run } from "../process";

/** `pod` is the network of a pod on the node, where the real control plane runs. */
export type Place = "internet" | "node" | "pod";

export interface Request {
  /** Where the request is made. */
  from: Place;
  /** IPv4 address to connect to; the name in `host` is not looked up, unless there is a `nameServer`. */
  address: string;
  /** Where `host` is looked up for each request; `address` is not used then. */
  nameServer?: string;
  port: number;
  /** Name for SNI, the certificate check and the Host header. */
  host: string;
  /** PEM file of the authority that the certificate must come from; plain HTTP without it. */
  authority?: string;
}

export interface Answer {
  /** HTTP status, or 0 when there was no answer. */
  status: number;
  body: string;
  /** Subject alternative names of the certificate shown, whether trusted or not. */
  certificateNames: string[];
  /** The certificate comes from `authority` and is made out for `host`. */
  trusted: boolean;
  /** Why there was no answer. */
  error?: string;
  milliseconds: number;
}

/** What the requester program reads: the request with the authority's text. */
export interface WireRequest extends Omit<Request, "authority"> {
  ca?: string;
}

const requester = ["-r", "ts-node/register/transpile-only", join(repositoryRoot, "lab/proof/requestProcess.ts")];

/** Path of a place's network namespace. */
export async function networkOf(place: Place): Promise<string> {
  if (place !== "pod") return `/run/netns/${namespaces[place]}`;
  const leader = await leaderPid();
  if (leader === undefined) throw new Error("the node is not running");
  return `/proc/${leader}/root/run/netns/${podNamespace}`;
}

/** Makes the requests, those of one namespace in one process, in order. */
export async function probe(requests: readonly Request[]): Promise<Answer[]> {
  // An empty address would be this machine's own.
  const unknown = requests.find(({ address }) => !address);
  if (unknown) throw new Error(`no address to ask for ${unknown.host}: the stack has not been brought up`);
  const answers = new Map<Request, Answer>();
  for (const from of ["internet", "node", "pod"] as const) {
    const mine = requests.filter((request) => request.from === from);
    if (mine.length === 0) continue;
    const wire: WireRequest[] = await Promise.all(
      mine.map(async ({ authority, ...request }) => ({
        ...request,
        ...(authority ? { ca: await readFile(authority, "utf8") } : {}),
      })),
    );
    const output = await run("nsenter", [`--net=${await networkOf(from)}`, process.execPath, ...requester], {
      input: JSON.stringify(wire),
      cwd: repositoryRoot,
    });
    (JSON.parse(output) as Answer[]).forEach((answer, index) => {
      const request = mine[index];
      if (request) answers.set(request, answer);
    });
  }
  return requests.map((request) => {
    const answer = answers.get(request);
    if (!answer) throw new Error(`no answer for ${request.host}: the requester gave fewer answers than requests`);
    return answer;
  });
}

/** An answer in words. */
export const describeAnswer = (answer: Answer): string =>
  answer.error ??
  [
    `${answer.status}`,
    answer.certificateNames.length > 0
      ? `certificate ${answer.certificateNames[0] ?? ""}${answer.trusted ? "" : " (not trusted for this name)"}`
      : "",
    answer.body.trim().slice(0, 40),
  ]
    .filter(Boolean)
    .join(", ");
