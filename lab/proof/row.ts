/** One promise of the project, and whether the lab kept it. */
export interface Row {
  /** Stable, for tools. */
  id: string;
  name: string;
  ok: boolean;
  expected: string;
  observed: string;
  /** Duration of the observation in milliseconds. */
  ms: number;
}

/** Runs and judges an observation; an exception counts as an observation. */
export async function row(
  id: string,
  name: string,
  expected: string,
  observe: () => Promise<{ ok: boolean; observed: string; ms?: number }>,
): Promise<Row> {
  const start = Date.now();
  try {
    const { ok, observed, ms } = await observe();
    return { id, name, ok, expected, observed, ms: ms ?? Date.now() - start };
  } catch (error) {
    const observed = error instanceof Error ? error.message : String(error);
    return { id, name, ok: false, expected, observed, ms: Date.now() - start };
  }
}
