/** Leads the applications' names to the stack's address and back, where they are published. */
import { readFileSync, rmSync } from "node:fs";
import { isIPv6 } from "node:net";
import { type Connection, connectionOf } from "../../components/aws/connection";
import { route53Client } from "../../components/aws/route53";
import { type Authority, ChangedMeanwhile } from "../cutover/authority";
import { type Plan, planCutOver, planLowerTtl, planRollback } from "../cutover/plan";
import { probeUntil } from "../cutover/probe";
import { rfc2136Authority } from "../cutover/rfc2136";
import { type Place, readRollbackFile, writeRollbackFile } from "../cutover/rollbackFile";
import { route53Authority } from "../cutover/route53";
import type { RecordSet } from "../../dns/recordSets";
import { publishable } from "../../dns/formats";
import { IngressMode } from "../../settings/choices";
import { canonicalDomain } from "../../settings/domainNames";
import { connectionOfStack, readerOf } from "./stack";
import { publishedBy, type StackFlags } from "./stackOutputs";

interface ApplyFlags {
  yes?: boolean;
  json?: boolean;
}

export interface CutOverFlags extends StackFlags, ApplyFlags {
  zoneId?: string;
  server?: string;
  zone?: string;
  tsigKey?: string;
  domain?: string[];
  lowerTtl?: boolean;
  ca?: string;
  probe: boolean;
  rollbackFile?: string;
}

/**
 * Behind a new balancer nobody is asked for 90 to 180 s (https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1834), and
 * nobody gets a connection before two answers.
 */
const newBalancerSeconds = 240;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** `ns.example.com`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
function hostAndPort(server: string): { host: string; port: number } {
  if (isIPv6(server)) return { host: server, port: 53 };
  const [, bracketed, plain, port = "53"] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(server) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new Error(`--server: expected <host>[:<port>], found '${server}'`);
  return { host, port: Number(port) };
}

/** The stack's connection to AWS; the environment's if the outputs came from standard input. */
const connectionFor = async ({ stack, cwd }: StackFlags): Promise<Connection> =>
  stack === undefined ? connectionOf(() => undefined) : connectionOfStack(readerOf({ stack, cwd }));

async function placeOf({ zoneId, server, zone, tsigKey, ...flags }: CutOverFlags): Promise<Place> {
  if (zoneId !== undefined && server === undefined)
    return { kind: "route53", zoneId, connection: await connectionFor(flags) };
  if (server !== undefined && zoneId === undefined) {
    if (zone === undefined) throw new Error("--zone: expected the zone that holds the records, found none");
    return { kind: "rfc2136", ...hostAndPort(server), zone, ...(tsigKey ? { keyFile: tsigKey } : {}) };
  }
  throw new Error("expected either --zone-id (Route 53) or --server with --zone (RFC 2136), found both or none");
}

const authorityOf = (place: Place): Authority =>
  place.kind === "route53"
    ? route53Authority(place.zoneId, route53Client(place.connection ?? connectionOf(() => undefined)))
    : rfc2136Authority(place);

const inWords = (set: RecordSet | undefined): string =>
  set ? `${set.type} ${set.values.join(", ")} (${set.alias ? "alias" : `TTL ${set.ttl} s`})` : "nothing";

function show(authority: Authority, { changes, advice }: Plan): void {
  say(`${authority.title}:`);
  for (const { before, after } of changes) {
    say(`  ${(after ?? before)?.name ?? ""}\n    from ${inWords(before)}\n    to   ${inWords(after)}`);
  }
  if (changes.length === 0) say("  everything is as wanted; nothing to change");
  for (const sentence of advice) say(`Note: ${sentence}`);
}

/** Shows the plan, and with `--yes` carries it out. */
async function carryOut(
  authority: Authority,
  plan: Plan,
  { yes = false, json = false }: ApplyFlags,
  wayBack?: { path: string; write(): void },
): Promise<void> {
  show(authority, plan);
  const applied = yes && plan.changes.length > 0;
  if (applied) {
    if (wayBack) {
      wayBack.write();
      say(`the way back: npx secondary-ingress dns rollback ${wayBack.path} --yes`);
    }
    say("publishing, and waiting until the authority answers with it …");
    await authority.change(plan.changes).catch((error: unknown) => {
      // Nothing was changed, so there is nothing to go back to. After any other error there may be.
      if (wayBack && error instanceof ChangedMeanwhile) rmSync(wayBack.path);
      throw error;
    });
    say("done: the authority answers with the new records");
  } else if (plan.changes.length > 0) say("Nothing was changed. Run it again with --yes to do this.");
  if (json) process.stdout.write(`${JSON.stringify({ authority: authority.title, ...plan, applied }, undefined, 2)}\n`);
}

export async function cutOver(flags: CutOverFlags): Promise<void> {
  const place = await placeOf(flags);
  const ca = flags.ca === undefined ? {} : { ca: readFileSync(flags.ca, "utf8") };
  const { dns, mode } = await publishedBy(flags);
  const all = publishable(dns, false);
  const wanted = flags.domain?.map((name) => `${canonicalDomain(name)}.`);
  const unknown = wanted?.filter((name) => !all.some((record) => record.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`--domain: expected one of ${all.map(({ name }) => name).join(", ")}, found ${unknown.join(", ")}`);
  const records = all.filter(({ name }) => wanted?.includes(name) ?? true);
  const authority = authorityOf(place);
  const plan = await (flags.lowerTtl ? planLowerTtl : planCutOver)(authority, records);
  if (flags.probe && !flags.lowerTtl) {
    for (const { name, values } of records)
      for (const address of values) {
        say(`asking ${address} for ${name} …`);
        await probeUntil(name, address, ca, {
          seconds: flags.yes && mode === IngressMode.LoadBalancer ? newBalancerSeconds : 0,
          onFailure: (message, left) => {
            say(`  ${message}: asking again, for ${left} s at most`);
          },
        });
      }
  }
  const madeAt = new Date().toISOString();
  const path = flags.rollbackFile ?? `dns-rollback-${flags.stack ?? "stack"}-${madeAt.replaceAll(/[:.]/g, "-")}.json`;
  await carryOut(authority, plan, flags, {
    path,
    write: () => {
      writeRollbackFile(path, { schemaVersion: 1, madeAt, place, changes: plan.changes });
    },
  });
}

export async function rollBack(path: string, flags: ApplyFlags): Promise<void> {
  const { place, changes } = readRollbackFile(path);
  await carryOut(authorityOf(place), planRollback(changes), flags);
}
