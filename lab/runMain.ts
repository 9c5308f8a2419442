/** Runs a command; prints an error as one line and sets the exit status. */
export function runMain(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
