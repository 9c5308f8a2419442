/** Statistics over several runs. */

export interface Figure {
  median: number;
  min: number;
  max: number;
}

/** @param values at least one; with an even number, the median is the mean of the middle two */
export function figure(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: (low + high) / 2, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/**
 * A ratio per run, in which drift of the machine's speed cancels out; and the ratio of the medians, which drift can
 * distort.
 */
export interface Comparison extends Figure {
  ofMedians: number;
}

export const compare = (of: readonly number[], to: readonly number[]): Comparison => ({
  ...figure(of.map((value, run) => value / (to[run] ?? NaN))),
  ofMedians: figure(of).median / figure(to).median,
});

export type Verdict = "gains" | "loses" | "no difference" | "undecided";

/**
 * Whether a ratio's range exceeds ±10 %.
 * @param better whether more or less is better
 */
export function verdict({ min, max }: Figure, better: "more" | "less" = "more"): Verdict {
  if (min > 1.1) return better === "more" ? "gains" : "loses";
  if (max < 0.9) return better === "more" ? "loses" : "gains";
  return min >= 0.9 && max <= 1.1 ? "no difference" : "undecided";
}

/** In random order, so that no measurement always follows the same other one. */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): T[] {
  return items
    .map((item) => ({ item, lot: random() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ item }) => item);
}
