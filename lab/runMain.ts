/** Runs a command's work: what ends it early is said in one line, and shows in the exit status. */
export function runMain(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
