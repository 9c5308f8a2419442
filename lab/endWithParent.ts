/** Ends an engine's plugin with the engine, also if the engine is killed. The official plugins do the same. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, 1000).unref();
}
