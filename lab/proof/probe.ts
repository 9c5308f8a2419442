/** One real request from inside a network namespace, and its result. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { podNamespace } from "../kubernetes/podNetwork";
import { namespaces } from "../network/addresses";
import { inGroupOf } from "../node/controlGroup";
import { leaderPid } from "../node/machine";
import { repositoryRoot, typescript } from "../paths";
import { run } from "../process";

/** `pod` is the network of a pod on the node, with the real control plane only. */
export type Place = "internet" | "node" | "pod";

export interface Request {
  from: Place;
  /** IPv4 address to connect to; `host` is not resolved unless there is a `nameServer`. */
  address: string;
  /** Resolves `host` for each request; `address` is then unused. */
  nameServer?: string;
  port: number;
  /** Default: `/`. */
  path?: string;
  /** Name for SNI, certificate verification and the Host header. */
  host: string;
  /** PEM file of the authority to verify the certificate with; plain HTTP without it. */
  authority?: string;
}

export interface Answer {
  /** HTTP status; 0 without a response. */
  status: number;
  body: string;
  /** Subject alternative names of the server's certificate, trusted or not. */
  certificateNames: string[];
  /** The certificate is issued by `authority` for `host`. */
  trusted: boolean;
  /** Why there was no response. */
  error?: string;
  milliseconds: number;
}

/** Input of the requester program: the request with the authority's text. */
export interface WireRequest extends Omit<Request, "authority"> {
  ca?: string;
}

const requester = [...typescript, join(repositoryRoot, "lab/proof/requestProcess.ts")];

/**
 * Wraps a command line to run in a place's network; on the node, also in the control group of its systemd: Cilium's
 * programs serve NodePorts to the node's own groups only.
 */
export async function inPlace(place: Place, command: readonly string[]): Promise<[string, ...string[]]> {
  const leader = place === "internet" ? undefined : await leaderPid();
  if (place === "pod" && leader === undefined) throw new Error("the node is not running");
  const network =
    place === "pod" ? `/proc/${leader}/root/run/netns/${podNamespace}` : `/run/netns/${namespaces[place]}`;
  const inNetwork = ["nsenter", `--net=${network}`, ...command] as const;
  return leader === undefined ? [...inNetwork] : inGroupOf(leader, inNetwork);
}

/** Makes the requests in order, with one process per namespace. */
export async function probe(requests: readonly Request[]): Promise<Answer[]> {
  // An empty address would connect to this machine itself.
  const unknown = requests.find(({ address }) => !address);
  if (unknown) throw new Error(`no address for ${unknown.host}: run pulumi up for the stack first`);
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
    const [program, ...args] = await inPlace(from, [process.execPath, ...requester]);
    const output = await run(program, args, {
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
    if (!answer) throw new Error(`no answer for ${request.host}: the requester returned fewer answers than requests`);
    return answer;
  });
}

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
