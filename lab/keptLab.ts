/** A lab that stays up for tests and campaigns, with the operator's commands. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { lab, type LabOptions, type LabState } from "./lab";
import { onNode } from "./node/machine";
import { administratorKeyId, asOperator, type StackName } from "./operator";
import { labPaths, repositoryRoot } from "./paths";
import type { Finished } from "./process";
import { stackOutputs } from "./proof/outputs";
import { difference, accountSnapshot, nodeSnapshot } from "./proof/snapshot";
import { prodUrls } from "./proof/urls";

export interface KeptLab {
  state: LabState;
  pulumi(...args: string[]): Promise<Finished>;
  up(stack: StackName): Promise<Finished>;
  /** Runs a shell command on the node as root; throws if it fails. */
  node(command: string): Promise<string>;
  /** Calls the AWS endpoint with the real SDK, as an administrator: the command's class name and its input. */
  aws(command: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The same for Route 53. */
  route53(command: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The same for Elastic Load Balancing. */
  elb(command: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The same for Auto Scaling. */
  autoscaling(command: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** IDs of prod's URL rows that currently fail. */
  failingRows(): Promise<string[]>;
  /** Runs `work` with changed settings of a stack, and restores them. */
  withConfig<T>(
    stack: StackName,
    change: (set: (path: string[], value: unknown) => void) => void,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Runs `work` and lists its changes in AWS and on the node. */
  untouched<T>(work: () => Promise<T>): Promise<{ result: T; changes: string[] }>;
}

export const keepLab = async (options: LabOptions): Promise<KeptLab> => keptLab(await lab.up(options));

/** The same commands for a lab that is up. */
export function keptLab(state: LabState): KeptLab {
  const pulumi = (...args: string[]): Promise<Finished> =>
    asOperator(state.engine.pulumi, ["pulumi", ...args, "--non-interactive", "--color=never"]);
  const call = async (
    sdk: "ec2" | "route-53" | "elastic-load-balancing-v2" | "auto-scaling",
    client: string,
    command: string,
    input: object,
  ) => {
    const script = `const sdk = require(${JSON.stringify(join(repositoryRoot, "node_modules/@aws-sdk"))} + "/client-" + process.argv[1]);
      new sdk[process.argv[2]]({ maxAttempts: 1 }).send(new sdk[process.argv[3]](JSON.parse(process.argv[4])))
        .then((answer) => console.log(JSON.stringify(answer)), (error) => { console.error(error.name + ": " + error.message); process.exit(1); });`;
    const finished = await asOperator(state.engine.pulumi, [
      "env",
      `AWS_ACCESS_KEY_ID=${administratorKeyId}`,
      process.execPath,
      "-e",
      script,
      "--",
      sdk,
      client,
      command,
      JSON.stringify(input),
    ]);
    if (finished.status !== 0) throw new Error(finished.stderr);
    return JSON.parse(finished.stdout) as Record<string, unknown>;
  };
  return {
    state,
    pulumi,
    up: (stack) => pulumi("up", "--yes", "--skip-preview", "--stack", stack),
    node: async (command) => {
      const { status, stdout, stderr } = await onNode(["sh", "-c", command]);
      if (status !== 0) throw new Error(`${command}: ${stderr}`);
      return stdout;
    },
    aws: (command, input) => call("ec2", "EC2Client", command, input),
    route53: (command, input) => call("route-53", "Route53Client", command, input),
    elb: (command, input) => call("elastic-load-balancing-v2", "ElasticLoadBalancingV2Client", command, input),
    autoscaling: (command, input) => call("auto-scaling", "AutoScalingClient", command, input),
    failingRows: async () => {
      const rows = await prodUrls(await stackOutputs("prod"));
      return rows.filter(({ ok }) => !ok).map(({ id }) => id);
    },
    withConfig: async (stack, change, work) => {
      const file = join(labPaths.project, `Pulumi.${stack}.yaml`);
      const text = await readFile(file, "utf8");
      const document = parseDocument(text);
      change((path, value) => {
        const [key = "", ...rest] = path;
        const place = ["config", key.includes(":") ? key : `kops-secondary-ingress:${key}`, ...rest];
        if (value === undefined) document.deleteIn(place);
        else document.setIn(place, value);
      });
      await writeFile(file, document.toString());
      try {
        return await work();
      } finally {
        await writeFile(file, text);
      }
    },
    untouched: async (work) => {
      const before = { node: await nodeSnapshot(), account: await accountSnapshot() };
      const result = await work();
      const changes = [
        ...difference(before.account, await accountSnapshot()),
        ...difference(before.node, await nodeSnapshot()),
      ];
      return { result, changes };
    },
  };
}
