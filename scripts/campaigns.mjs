// The campaigns of `npm run campaign -- <name>`: lab/campaigns/<name>.ts runs one and writes its figures to docs/results/.
import process from "node:process";

const campaigns = {
  alerts: "make each alert fire in a real Prometheus, and end",
  diagnoses: "make each fault that the doctor knows, find it, and fix it as the doctor says",
  failovers: "replace, drain, freeze and lose a worker behind the load balancer",
  faults: "damage the node and its host files under a prober",
  "hand-made": "make the layout that this program replaces by hand, in each of its variants",
  ingress: "run real ingress controllers behind 443, and let them obtain and renew certificates",
  interleavings: "let users, AWS and the operator change a stack in random order",
  interruptions: "cut an installation short at each of its steps",
  load: "load the applications' address, and measure what that costs the API",
  lockouts: "lock the operator out of the API in every way, and wait until the node undoes it",
  matrix: "do the main job with each place of the API server, each mode of kube-proxy and each Debian",
  reboots: "reboot the node, in order and by power cut, with nodeup late",
  replacements: "replace the node as kOps does, and move everything with one `up`",
  selfheals: "replace the node as kOps does, and wait for it to heal by itself",
};

const width = Math.max(...Object.keys(campaigns).map((name) => name.length));
const usage = `Usage: npm run campaign -- <name> [options of the campaign]

${Object.entries(campaigns)
  .map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`)
  .join("")}
Options of one campaign: npm run campaign -- <name> --help`;

/** Runs the campaign that the first argument names, by `run(file, args)`. @returns the exit status */
export function campaign([name, ...args], run) {
  if (Object.hasOwn(campaigns, name)) return run(`lab/campaigns/${name}.ts`, args);
  if (["--list", "--help", "-h"].includes(name)) {
    console.log(usage);
    return 0;
  }
  process.stderr.write(`${name === undefined ? "missing campaign" : `unknown campaign '${name}'`}\n\n${usage}\n`);
  return 2;
}
