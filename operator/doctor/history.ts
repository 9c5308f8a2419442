/** What the check has repaired, from its lines in the node's journal. */

export interface Repair {
  /** Seconds since 1970. */
  time: number;
  /** What was repaired, or could not be. */
  names: string[];
  failed: boolean;
}

/** @param text `<time> repaired: a b;` and `<time> could not repair, tried again later: c;`, one after the other */
export function parseHistory(text: string): Repair[] {
  return [...text.matchAll(/(\d+) (repaired|could not repair)[^:;]*: ?([^;]*);/g)].map(
    ([, time, what, names = ""]) => ({
      time: Number(time),
      names: names.split(" ").filter(Boolean),
      failed: what !== "repaired",
    }),
  );
}
