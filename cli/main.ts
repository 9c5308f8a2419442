/** The command line of the product: what a user types besides `pulumi`. */
import { Argument, Command, Option } from "commander";
import { formats } from "../dns/formats";
import { printRecords } from "./dns";
import { forgetNode } from "./forgetNode";
import { printPolicy } from "./iam";
import type { KopsFlags } from "./kops";

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

program
  .command("iam")
  .description(
    "print the IAM policy (JSON) that whoever runs `pulumi` for this stack needs, made from the stack's settings",
  )
  .requiredOption("--stack <name>", "the stack, as `pulumi stack ls` names it")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--account <id>", "the AWS account; * is whichever the policy is attached in", "*")
  .option("--region <name>", "the cluster's Region; aws:region of the stack or AWS_REGION unless given")
  .action(printPolicy);

program
  .command("kops")
  .description(
    "print what kOps' manifests must hold for a node that heals by itself after it was replaced: see docs/kops.md",
  )
  .requiredOption("--stack <name>", "the stack, which must be up, as `pulumi stack ls` names it")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--region <name>", "the cluster's Region; aws:region of the stack or AWS_REGION unless given")
  .addOption(
    new Option("--patch <file...>", "put it into these manifests, and print what has changed").conflicts("check"),
  )
  .option("--check <file...>", "say what these manifests lack; status 1 when they lack anything")
  /* eslint-disable @typescript-eslint/no-require-imports -- loaded where it is used: most of what there is to load */
  .action((flags: KopsFlags) => (require("./kops") as typeof import("./kops")).kops(flags));
/* eslint-enable @typescript-eslint/no-require-imports */

program
  .command("dns")
  .description(
    "print the stack's records for DNS tooling; reads 'pulumi stack output --json' from standard input without --stack",
  )
  .addArgument(new Argument("<format>", "the tool's form").choices(Object.keys(formats)))
  .option("--stack <name>", "the stack, as `pulumi stack ls` names it")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--zone <name>", "the zone that holds the records, for octodns and nsupdate")
  .option("--current <file>", "JSON list of the records as they are now, for nsupdate and --inverse")
  .option("--inverse", "what brings the present records back, for route53 and nsupdate")
  .option("--force", "although the addresses do not answer yet")
  .action(printRecords);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
