/** The command line of the product: what a user types besides `pulumi`. */
import { Argument, Command, type CommanderError, Option } from "commander";
import { formats } from "../../dns/formats";
import { adopt } from "./adopt";
import { cutOver, rollBack } from "./cutover";
import { printRecords } from "./dns";
import { doctor } from "./doctor";
import { forgetNode } from "./forgetNode";
import { printPolicy } from "./iam";
import { pause, resume } from "./pause";
import type { KopsFlags } from "./kops";
import { supportBundle, writeReport } from "./report";
import { status } from "./status";
import { version } from "./version";

/** 1 says that something is wrong with the stack; a command line that cannot be read is no look at it. */
const usageIsNoFinding = ({ exitCode }: CommanderError): never => process.exit(exitCode === 0 ? 0 : 2);

const stackName = "the stack, as `pulumi stack ls` names it";
const cwd = new Option("--cwd <directory>", "the project's directory").default(".");
const yes = new Option("--yes", "do it; without it the command says what it would do");
const region = new Option(
  "--region <name>",
  "the cluster's Region; default: aws:region of the stack, else AWS_REGION or AWS_DEFAULT_REGION",
);
const ca = new Option(
  "--ca <file>",
  "PEM of the authorities that signed the applications' certificates; default: the well-known ones",
);
const nameServer = new Option("--name-server <address>", "DNS server that looks up the names; default: this machine's");
const ignore = new Option("--ignore <code...>", "skip these checks; docs/checks.md lists their codes");
const stackOrOutputs = new Option(
  "--stack <name>",
  `${stackName}; without it, stack outputs are read from standard input and the node is not asked by SSH`,
);

const program = new Command("secondary-ingress")
  .description("Port 443 twice on a single-node kOps cluster: what `pulumi` itself has no command for.")
  .version(version)
  .showHelpAfterError()
  .enablePositionalOptions();

program
  .command("doctor")
  .exitOverride(usageIsNoFinding)
  .description(
    "report what is wrong, why, and how to fix it: in AWS, on the node, and in what clients get. It changes nothing.\n" +
      "Exit status 0 without findings, 1 with some, 2 if it could not look. docs/checks.md explains each code.",
  )
  .addOption(stackOrOutputs)
  .addOption(cwd)
  .option("--only <area or code...>", "run only these checks")
  .addOption(ignore)
  .addOption(ca)
  .addOption(nameServer)
  .option("--json", "print one JSON object on stdout: { stack, mode, findings, good, skipped }")
  .addOption(new Option("--metrics", "print the findings as Prometheus' text format on stdout").conflicts("json"))
  .action(doctor);

program
  .command("status")
  .exitOverride(usageIsNoFinding)
  .description(
    "show each hop from the internet to the API and the applications, with its state.\n" +
      "Exit status 0, 1 if something fails, 2 if it could not look.",
  )
  .addOption(stackOrOutputs)
  .addOption(cwd)
  .option("--watch", "look again every ten seconds, until Ctrl-C")
  .addOption(ignore)
  .addOption(ca)
  .addOption(nameServer)
  .option("--json", "print one JSON object on stdout: { title, pieces, beside }")
  .action(status);

program
  .command("report")
  .description(
    "write one page to look at and to send: the hops with their state, the findings with their fixes, what was repaired when",
  )
  .requiredOption("--html <file>", "write the page here")
  .addOption(stackOrOutputs)
  .addOption(cwd)
  .addOption(ignore)
  .addOption(ca)
  .addOption(nameServer)
  .action(writeReport);

program
  .command("support-bundle")
  .description(
    "write an archive for somebody who helps you: findings, settings, outputs and the node's journal, without secrets",
  )
  .requiredOption("--stack <name>", stackName)
  .option("--output <file>", "write the archive here", "secondary-ingress-support.tar.gz")
  .addOption(cwd)
  .addOption(ignore)
  .addOption(ca)
  .addOption(nameServer)
  .action(supportBundle);

program
  .command("forget-node")
  .description(
    "give up a node that is gone for good: `pulumi destroy` then makes no connection to it, and removes what is in AWS.\n" +
      "The host files stay on the node, should it ever come back.",
  )
  .requiredOption("--stack <name>", stackName)
  .addOption(cwd)
  .addOption(yes)
  .option("--json", "print one JSON object on stdout: { stack, forgotten }")
  .action(forgetNode);

program
  .command("pause")
  .description(
    "stop the applications' way on purpose: HAProxy on the node is stopped, and no check, update or reboot starts it before `resume`.\n" +
      "The API is not touched, except by its name on the applications' address.",
  )
  .requiredOption("--stack <name>", stackName)
  .addOption(cwd)
  .option("--json", "print one JSON object on stdout: { stack, paused }, when HAProxy was stopped")
  .action(pause);

program
  .command("resume")
  .description("start HAProxy again after `pause`.")
  .requiredOption("--stack <name>", stackName)
  .addOption(cwd)
  .option("--json", "print one JSON object on stdout: { stack, paused }, which is null")
  .action(resume);

program
  .command("adopt")
  .exitOverride(usageIsNoFinding)
  .description(
    "look at a node whose layout was made by hand, before the stack is up: print what there is, what `pulumi up` would stop " +
      "and keep, what stands in the way, and the settings to take it over (docs/moving-in.md). It changes nothing on the node " +
      "and in AWS.\nExit status 0 if nothing stands in the way, 1 if something does, 2 if it could not look.",
  )
  .requiredOption("--stack <name>", stackName)
  .addOption(cwd)
  .option("--write", "set the settings in the stack, unless something stands in the way")
  .option("--json", "print one JSON object on stdout: the plan, and whether its settings were written")
  .action(adopt);

program
  .command("iam")
  .description(
    "print the IAM policy (JSON) that whoever runs `pulumi` for this stack needs, made from the stack's settings",
  )
  .requiredOption("--stack <name>", stackName)
  .addOption(cwd)
  .option("--account <id>", "the AWS account; * is any", "*")
  .addOption(region)
  .action(printPolicy);

program
  .command("kops")
  .description(
    "print the additions to kOps' manifests that let a replaced node restore itself (docs/kops.md), or that keep a load " +
      "balancer's target groups attached (docs/load-balancer.md)",
  )
  .requiredOption("--stack <name>", `${stackName}; it must be up`)
  .addOption(cwd)
  .addOption(region)
  .addOption(
    new Option("--patch <file...>", "add them to these manifests, and print the difference").conflicts("check"),
  )
  .option("--check <file...>", "report what these manifests lack; exit status 1 if they lack anything")
  /* eslint-disable @typescript-eslint/no-require-imports -- loaded where it is used: most of what there is to load */
  .action((flags: KopsFlags) => (require("./kops") as typeof import("./kops")).kops(flags));
/* eslint-enable @typescript-eslint/no-require-imports */

const dns = program
  .command("dns")
  .description(
    "print the stack's records for DNS tooling; reads 'pulumi stack output --json' from standard input without --stack",
  )
  .addArgument(new Argument("<format>", "the tool's form").choices(Object.keys(formats)))
  .option("--stack <name>", stackName)
  .addOption(cwd)
  .option("--zone <name>", "the zone that holds the records, for octodns and nsupdate")
  .option("--current <file>", "JSON list of the records as they are now, for nsupdate and --inverse")
  .option("--inverse", "print the change that restores the current records, for route53 and nsupdate")
  .option("--force", "print the records even if the addresses do not answer yet")
  .action(printRecords);

dns
  .command("cutover")
  .description(
    "move the applications' names to the stack's address: probes that address first, and shows what would change.\n" +
      "With --yes it waits up to 4 minutes for a new load balancer to answer, writes the way back to a file, publishes, " +
      "and waits until the authoritative servers answer with the new records.",
  )
  .option("--stack <name>", `${stackName}; without it, stack outputs are read from standard input`)
  .addOption(cwd)
  .option("--zone-id <id>", "Route 53: the hosted zone that holds the records")
  .option("--server <host[:port]>", "RFC 2136: the zone's primary name server")
  .option("--zone <name>", "RFC 2136: the zone that holds the records")
  .option("--tsig-key <file>", "RFC 2136: key file, as `nsupdate -k` takes it")
  .option("--domain <name...>", "only these of the stack's names")
  .option(
    "--lower-ttl",
    "change only the TTL of the present records to the stack's short one: the first step of a cut-over",
  )
  .addOption(ca)
  .option(
    "--no-probe",
    "do not probe the new address first, e.g. if certificates are only issued once the name leads there",
  )
  .option("--rollback-file <file>", "write the way back here; default: dns-rollback-<stack>-<time>.json")
  .addOption(yes)
  .option("--json", "print one JSON object on stdout: { authority, changes, advice, applied }")
  .action(cutOver);

dns
  .command("rollback")
  .description("undo a cut-over, unless somebody has changed the records since")
  .argument("<file>", "what `dns cutover` wrote")
  .addOption(yes)
  .option("--json", "print one JSON object on stdout: { authority, changes, advice, applied }")
  .action(rollBack);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
