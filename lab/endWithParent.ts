/** Ends a program of the engine's with the engine: one that was killed says no goodbye. The official plugins do the same. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, 1000).unref();
}
