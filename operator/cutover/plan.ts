/** What a cut-over would change, and what is to be known before. */
import { changesTo, inverse, type RecordChange, type RecordSet } from "../../dns/recordSets";
import type { DnsRecord } from "../../outputs/records";
import type { Authority } from "./authority";

export interface Plan {
  changes: RecordChange[];
  /** One sentence each. */
  advice: string[];
}

/** Seconds: a TTL above it is worth lowering before the records are changed. */
const longTtl = 300;

const targets = ({ values }: RecordSet): string => values.join(", ");

function advice(changes: readonly RecordChange[]): string[] {
  return changes.flatMap(({ before, after }) => {
    if (!before || (after && targets(before) === targets(after))) return [];
    const kept = `${before.name}: resolvers keep ${targets(before)} for up to ${before.ttl} s after the change; keep it answering until then.`;
    return before.ttl > longTtl && !before.alias
      ? [
          `${kept} Lower the TTL first (--lower-ttl), and cut over ${before.ttl} s later: the way back is then as short.`,
        ]
      : [kept];
  });
}

/** The records of the names lead where the stack's do. */
export async function planCutOver(authority: Authority, records: readonly DnsRecord[]): Promise<Plan> {
  const names = records.map(({ name }) => name);
  await authority.refuseOthers?.(names);
  const current = await authority.read(names);
  const changes = changesTo(records, current);
  return { changes, advice: advice(changes) };
}

/** The names lead where they do now, and resolvers ask again as soon as for the stack's. */
export async function planLowerTtl(authority: Authority, records: readonly DnsRecord[]): Promise<Plan> {
  const current = await authority.read(records.map(({ name }) => name));
  const changes = current.flatMap((before): RecordChange[] => {
    const wanted = records.find(({ name }) => name === before.name)?.ttl ?? before.ttl;
    return before.ttl > wanted && !before.alias ? [{ before, after: { ...before, ttl: wanted } }] : [];
  });
  const longest = Math.max(0, ...changes.map(({ before }) => before?.ttl ?? 0));
  return {
    changes,
    advice: longest > 0 ? [`Cut over in ${longest} s or later: until then resolvers keep the old TTL.`] : [],
  };
}

/** The way back of changes that were made. */
export function planRollback(made: readonly RecordChange[]): Plan {
  const changes = inverse(made);
  return { changes, advice: advice(changes) };
}
