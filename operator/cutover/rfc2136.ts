/** A name server that takes dynamic updates (RFC 2136), BIND among them, as the authority; by BIND's own `dig` and `nsupdate`. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { nsupdate } from "../../dns/nsupdate";
import { addressTypes, findRecordSet, type RecordSet, sameRecordSet } from "../../dns/recordSets";
import { type Authority, ChangedMeanwhile } from "./authority";

export interface NameServer {
  host: string;
  port: number;
  zone: string;
  /** TSIG key file, as `nsupdate -k` takes it. */
  keyFile?: string;
}

/** Milliseconds until a server that took an update must answer with it. */
const patience = 10_000;
/** Milliseconds until a server that gives no answer of its own is asked again, for it may be loading its zone. */
const pauses = [500, 1500];

/** What the server says where a prerequisite does not hold (RFC 2136, 2.2). */
const unmet = /\b(?:NXRRSET|YXRRSET|NXDOMAIN|YXDOMAIN)\b/;

/** @throws with what the program said */
function run(program: string, args: string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.code === "ENOENT")
        reject(new Error(`expected the program ${program}, found none: install bind9-dnsutils (Fedora: bind-utils)`));
      else {
        const lines = new Set(`${stdout}\n${stderr}`.split("\n").flatMap((line) => line.replace(/^[;\s]+/, "") || []));
        reject(new Error(`${program}: ${[...lines].join("; ") || error.message}`));
      }
    });
    // A program that ends before it has read this says by its exit status whether it had to.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/** The answers of `dig`, one after the other. */
function answers(text: string, title: string): RecordSet[][] {
  return text
    .split(/^;; ->>HEADER<<-/m)
    .slice(1)
    .map((answer) => {
      const status = /status: (\w+)/.exec(answer)?.[1];
      if (status !== "NOERROR" && status !== "NXDOMAIN")
        throw new Error(`${title}: expected an answer, found ${status}`);
      const flags = /^;; flags: ?([^;]*);/m.exec(answer)?.[1] ?? "";
      if (!flags.split(" ").includes("aa"))
        throw new Error(
          `${title}: expected an authoritative answer, found one with the flags "${flags}", of a resolver or of another zone's server`,
        );
      const sets = new Map<string, RecordSet>();
      for (const [, name = "", ttl, typeName, value = ""] of answer.matchAll(
        /^([^;\s]\S*)\s+(\d+)\s+IN\s+(\w+)\s+(\S+)$/gm,
      )) {
        const type = addressTypes.find((known) => known === typeName);
        if (!type) continue;
        const key = `${name.toLowerCase()} ${type}`;
        const set = sets.get(key) ?? { name: name.toLowerCase(), type, ttl: Number(ttl), values: [] };
        sets.set(key, { ...set, values: [...set.values, value].sort() });
      }
      return [...sets.values()];
    });
}

export function rfc2136Authority({ host, port, zone, keyFile }: NameServer): Authority {
  const title = `name server ${host}:${port}, zone ${zone.replace(/\.?$/, ".")}`;
  const key = keyFile ? ["-k", keyFile] : [];
  const read = async (names: readonly string[]): Promise<RecordSet[]> => {
    const asked = [...new Set(names)].flatMap((name) => addressTypes.map((type) => ({ name, type })));
    if (asked.length === 0) return [];
    const options = ["+norecurse", "+time=3", "+tries=2", "+noall", "+comments", "+answer"];
    const ask = async ([pause, ...later] = pauses): Promise<RecordSet[][]> => {
      const text = await run("dig", [
        `@${host}`,
        ...["-p", `${port}`, ...key],
        ...asked.flatMap(({ name, type }) => [...options, "-q", name, "-t", type]),
      ]);
      try {
        return answers(text, title);
      } catch (error) {
        if (pause === undefined) throw error;
        await sleep(pause);
        return ask(later);
      }
    };
    const found = await ask();
    if (found.length !== asked.length)
      throw new Error(`${title}: expected ${asked.length} answers, found ${found.length}`);
    // At an alias the server gives the alias, whatever it is asked for.
    return asked.flatMap((one, index) => findRecordSet(found[index] ?? [], one) ?? []);
  };
  return {
    title,
    read,
    async change(changes) {
      const script = `server ${host} ${port}\n${nsupdate(changes, zone)}`;
      await run("nsupdate", key, script).catch((error: unknown) => {
        const message = (error as Error).message;
        throw unmet.test(message) ? new ChangedMeanwhile(title, message) : error;
      });
      const names = changes.flatMap(({ before, after }) => (after ?? before)?.name ?? []);
      for (const end = Date.now() + patience; ; await sleep(250)) {
        const now = await read(names);
        const missing = changes.filter(({ before, after }) => {
          const key = after ?? before;
          return key && !sameRecordSet(findRecordSet(now, key), after);
        });
        if (missing.length === 0) return;
        if (Date.now() > end)
          throw new Error(`${title}: took the update, and does not answer with it after ${patience / 1000} s`);
      }
    },
  };
}
