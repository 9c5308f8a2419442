/** One promise of the project and whether it was seen kept. */
export interface Row {
  /** Stable, for tools. */
  id: string;
  name: string;
  ok: boolean;
  expected: string;
  observed: string;
  /** Milliseconds that the observation took. */
  ms: number;
}

/** Makes a row of something that is done and then judged; an exception is an observation too. */
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
