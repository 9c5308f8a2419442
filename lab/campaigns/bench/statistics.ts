/** A figure of several runs. */
export interface Figure {
  median: number;
  min: number;
  max: number;
}

/** @param values at least one; of an even number the median is the mean of the middle two */
export function figure(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: (low + high) / 2, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Run by run, so that a machine whose speed drifts does not matter. */
export const ratio = (of: readonly number[], to: readonly number[]): Figure =>
  figure(of.map((value, run) => value / (to[run] ?? NaN)));
