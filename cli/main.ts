/** The command line of the product: what a user types besides `pulumi`. */
import { Argument, Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import { awsSeconds } from "../cutover/growth";
import { formats } from "../dns/formats";
import { cutOver, rollBack } from "./cutover";
import { printRecords } from "./dns";
import { doctor } from "./doctor";
import { forgetNode } from "./forgetNode";
import { grow } from "./grow";
import { printPolicy } from "./iam";
import type { KopsFlags } from "./kops";
import { supportBundle, writeReport } from "./report";
import { status } from "./status";

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw new InvalidArgumentError("expected a whole number of seconds");
}

/** 1 says that something is wrong with the stack; a command line that cannot be read is no look at it. */
const usageIsNoFinding = ({ exitCode }: CommanderError): never => process.exit(exitCode === 0 ? 0 : 2);

const program = new Command("secondary-ingress")
  .description("Port 443 twice on a single-node kOps cluster: what `pulumi` itself has no command for.")
  .showHelpAfterError()
  .enablePositionalOptions();

program
  .command("doctor")
  .exitOverride(usageIsNoFinding)
  .description(
    "say what is wrong, why, and how to fix it: AWS, the node, and what clients get. It changes nothing.\n" +
      "Exit status 0 without findings, 1 with some, 2 if it could not look. docs/checks.md explains each code.",
  )
  .option(
    "--stack <name>",
    "the stack, as `pulumi stack ls` names it; else its outputs from standard input, and no SSH",
  )
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--only <area or code...>", "nothing but these")
  .option("--ignore <code...>", "all but these")
  .option(
    "--ca <file>",
    "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
  )
  .option("--name-server <address>", "ask this one where the names lead; default: this machine's")
  .option("--json", "print one JSON object on stdout: { stack, mode, findings, good, skipped }")
  .addOption(new Option("--metrics", "print the findings as Prometheus' text format on stdout").conflicts("json"))
  .action(doctor);

program
  .command("status")
  .exitOverride(usageIsNoFinding)
  .description(
    "show the way from the internet to API and applications, and what works of it.\n" +
      "Exit status 0, 1 if something fails, 2 if it could not look.",
  )
  .option(
    "--stack <name>",
    "the stack, as `pulumi stack ls` names it; else its outputs from standard input, and no SSH",
  )
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--watch", "look again every ten seconds, until Ctrl-C")
  .option("--ignore <code...>", "codes of docs/checks.md")
  .option(
    "--ca <file>",
    "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
  )
  .option("--name-server <address>", "ask this one where the names lead; default: this machine's")
  .option("--json", "print one JSON object on stdout: { title, pieces, beside }")
  .action(status);

program
  .command("report")
  .description(
    "write one page to look at and to send: the picture, the findings with their fixes, what was repaired when",
  )
  .requiredOption("--html <file>", "where the page is written")
  .option(
    "--stack <name>",
    "the stack, as `pulumi stack ls` names it; else its outputs from standard input, and no SSH",
  )
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--ignore <code...>", "codes of docs/checks.md")
  .option(
    "--ca <file>",
    "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
  )
  .option("--name-server <address>", "ask this one where the names lead; default: this machine's")
  .action(writeReport);

program
  .command("support-bundle")
  .description(
    "write an archive for somebody who helps: findings, settings, outputs and the node's journal, without secrets",
  )
  .requiredOption("--stack <name>", "the stack, as `pulumi stack ls` names it")
  .option("--output <file>", "where the archive is written", "secondary-ingress-support.tar.gz")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--ignore <code...>", "codes of docs/checks.md")
  .option(
    "--ca <file>",
    "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
  )
  .option("--name-server <address>", "ask this one where the names lead; default: this machine's")
  .action(supportBundle);

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
  .command("grow")
  .description(
    "say how a stack's clients get from one node to a load balancer, or back: commands, cost, and who is down for how long.\n" +
      "It changes nothing: see docs/load-balancer.md.",
  )
  .requiredOption("--from <name>", "the stack that serves now, as `pulumi stack ls` names it")
  .option("--to <name>", "the stack that is to serve; default: <from>-grown, and <from>-single for the way back")
  .addOption(new Option("--same-address", "in place, with the Elastic IP that there is, and a gap").conflicts("to"))
  .addOption(
    new Option(
      "--aws-seconds <n>",
      "with --same-address: what AWS takes to make a balancer serve, or to give its address back",
    )
      .argParser(secondsIn)
      .default(undefined, `${awsSeconds["load-balancer"]}, and ${awsSeconds["dual-ip"]} on the way back`),
  )
  .requiredOption("--plan", "print the plan: it is carried out by its commands, one by one")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--json", "print one JSON object on stdout: { way, from, to, steps, down, overlap, cost }")
  .action(grow);

const dns = program
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

dns
  .command("cutover")
  .description(
    "lead the applications' names to the stack's address: asks that address first, and shows what would change; with --yes\n" +
      "asks again for up to 4 minutes where nobody answers behind a load balancer yet, writes the way back into a file, publishes, and waits until the authority answers with it",
  )
  .option("--stack <name>", "the stack, as `pulumi stack ls` names it; else its outputs from standard input")
  .option("--cwd <directory>", "the project's directory", ".")
  .option("--zone-id <id>", "Route 53: the hosted zone that holds the records")
  .option("--server <host[:port]>", "RFC 2136: the zone's primary name server")
  .option("--zone <name>", "RFC 2136: the zone that holds the records")
  .option("--tsig-key <file>", "RFC 2136: key file, as `nsupdate -k` takes it")
  .option("--domain <name...>", "only these of the stack's names")
  .option("--lower-ttl", "leave the names where they lead, with the stack's short TTL: the first step of a cut-over")
  .option(
    "--ca <file>",
    "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
  )
  .option(
    "--no-probe",
    "do not ask the new address first, e.g. where certificates are only issued once the name leads there",
  )
  .option("--rollback-file <file>", "where the way back is written; default: dns-rollback-<stack>-<time>.json")
  .option("--yes", "do it; without it the command says what it would do")
  .option("--json", "print one JSON object on stdout: { authority, changes, advice, applied }")
  .action(cutOver);

dns
  .command("rollback")
  .description("take a cut-over back, where nobody has changed the records since")
  .argument("<file>", "what `dns cutover` wrote")
  .option("--yes", "do it; without it the command says what it would do")
  .option("--json", "print one JSON object on stdout: { authority, changes, advice, applied }")
  .action(rollBack);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
