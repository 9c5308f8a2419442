/** `npm run campaign -- faults`: counts failed requests during every fault of a node. */
import { Command, Option } from "commander";
import type { ProxyMode } from "../kubernetes/kubeProxy";
import { say } from "../progress";
import { kinds, runFaults } from "./faults/campaign";
import type { Result } from "./faults/scenario";
import { machineInWords, table, writeResults } from "./page";

const names = kinds.flatMap(({ scenarios }) => scenarios.map(({ name }) => name));

interface Flags {
  json?: boolean;
  only?: string;
  light?: boolean;
  proxyMode: ProxyMode;
}

async function writePage(results: readonly Result[]): Promise<void> {
  const rows = results.map(({ name, api, app, seconds }) => [
    name,
    `${api.failed} of ${api.sent}`,
    api.longestOutage,
    app.sent > 0 ? `${app.failed} of ${app.sent}` : "not asked",
    app.longestOutage,
    seconds.toFixed(1),
  ]);
  const head = [
    "what happens",
    "API, failed",
    "longest outage, ms",
    "application, failed",
    "longest outage, ms",
    "took, s",
  ];
  await writeResults(
    "faults",
    `# Requests during faults

<!-- Written by \`npm run campaign -- faults\`. -->

Twenty requests a second each: the API on the primary address from outside and on 127.0.0.1:443 from the node (counted together), the
application on the secondary address from outside. A request fails if it gets no response or the wrong certificate. The real
kube-apiserver, kube-proxy and etcd run on the node. A moved API server has no port 443 before the first installation and after the
removal; while it moves, Kubernetes itself is down. \`nft flush ruleset\` also deletes kube-proxy's rules, and so the path to the application,
until kube-proxy is restarted. ${machineInWords()}

${table(head, rows)}
`,
  );
}

new Command("npm run campaign -- faults")
  .description(
    "Runs every fault in the lab under constant requests, counts the failed ones, and writes docs/results/faults.md.",
  )
  .option(
    "--json",
    "print one JSON object on stdout: { scenarios: [{ name, api: { sent, failed }, app: { sent, failed } }] }",
  )
  .option("--only <pattern>", "only the scenarios whose name matches this regular expression; does not write the page")
  .option("--light", "use the light stand-ins for the control plane; does not write the page")
  .addOption(
    new Option("--proxy-mode <mode>", "kube-proxy's mode").choices(["nftables", "iptables"]).default("nftables"),
  )
  .showHelpAfterError()
  .action(async ({ json, only, light, proxyMode }: Flags) => {
    const pattern = new RegExp(only ?? "", "i");
    if (!names.some((name) => pattern.test(name))) {
      throw new Error(
        `--only: expected a pattern that matches one of these, found '${only}':\n  ${names.join("\n  ")}`,
      );
    }
    const results = await runFaults({
      ...(light ? {} : { kubernetes: proxyMode }),
      chosen: (name) => pattern.test(name),
    });
    if (!only && !light) await writePage(results);
    if (json) process.stdout.write(`${JSON.stringify({ scenarios: results }, undefined, 2)}\n`);
    for (const { name, broken, api, app } of results) {
      for (const what of broken) say([`✗ ${name}: ${what}`, ...api.failures, ...app.failures].join("\n    "));
    }
    const kept = results.filter(({ broken }) => broken.length === 0).length;
    say(`${kept} of ${results.length} scenarios as promised`);
    process.exitCode = kept === results.length ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
