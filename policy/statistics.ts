/** HAProxy's statistics name every client and server, and its socket can switch servers off: neither is for the network. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { ofType, types } from "./resources";

/** Loopback, or a socket of the file system or of the process. */
const local = /^(?:(?:ipv4@)?127\.[\d.]+:|(?:ipv4@|ipv6@)?localhost:|(?:ipv6@)?\[?::1\]?:|unix@|abns@|fd@|\/)/;
const section = /^(?:global|defaults|frontend|backend|listen|userlist|peers|resolvers|cache|program)\b/;
const servesStatistics =
  /^\s*(?:stats\s+(?:enable|uri|auth|admin)|http-request\s+(?:use-service\s+prometheus-exporter|.*service\s+prometheus))/;

/** Sections of a configuration, each with its first line. */
function sections(config: string): string[][] {
  const all: string[][] = [];
  for (const line of config.split("\n").map((each) => each.replace(/(?<!\\)#.*$/, "").trimEnd())) {
    if (section.test(line)) all.push([line]);
    else if (line.trim() !== "") all.at(-1)?.push(line);
  }
  return all;
}

/** Where an HAProxy configuration shows its statistics to the network, as `section: line`. */
export function publicStatistics(config: string): string[] {
  return sections(config).flatMap(([head = "", ...lines]) => {
    const at = (line: string): string => `${head}: ${line.trim()}`;
    const sockets = lines.filter((line) => /^\s*stats\s+socket\s/.test(line) && !local.test(word(line, 2)));
    if (!lines.some((line) => servesStatistics.test(line))) return sockets.map(at);
    // In defaults every frontend serves them, wherever it listens.
    if (head.startsWith("defaults")) return [...sockets.map(at), at(lines.find((l) => servesStatistics.test(l)) ?? "")];
    const binds = lines.filter(
      (line) =>
        /^\s*bind\s/.test(line) &&
        word(line, 1)
          .split(",")
          .some((a) => !local.test(a)),
    );
    return [...sockets, ...binds].map(at);
  });
}

const word = (line: string, index: number): string => line.trim().split(/\s+/)[index] ?? "";

export const statisticsOnLoopback: ResourceValidationPolicy = {
  name: "haproxy-statistics-on-loopback",
  description: "HAProxy's statistics and its socket are reached from the node only.",
  enforcementLevel: "mandatory",
  validateResource: ofType(types.remoteCommand, ({ name, props }, report) => {
    // Only this step's text: a look at one that is not known yet is reported as a policy that could not run.
    if (!name.endsWith("-haproxy-config")) return;
    for (const where of publicStatistics(String(props["stdin"]))) {
      report(`expected HAProxy's statistics on 127.0.0.1 or a local socket, found '${where}'`);
    }
  }),
};
