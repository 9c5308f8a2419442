/** The command line of the product: what a user types besides `pulumi`. */
import { Command } from "commander";
import { forgetNode } from "./forgetNode";

const program = new Command("secondary-ingress")
  .description("Port 443 twice on a single-node kOps cluster: what `pulumi` itself has no command for.")
  .showHelpAfterError();

program
  .command("forget-node")
  .description(
    "for a node that is gone for good: `pulumi destroy` then makes no connection to it, and removes what is in AWS.\n" +
      "The host files stay on the node, should it ever come back.",
  )
  .requiredOption("--stack <name>", "the stack, as `pulumi stack ls` names it")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--yes", "do it; without it the command says what it would do")
  .option("--json", "print one JSON object on stdout: { stack, forgotten }")
  .action(forgetNode);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
