/**
 * The load balancers' health checks: probes each target at its group's interval and records the result in the account.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Account, TargetGroup } from "../aws/account";
import { judge, newTarget, targetsOf, type Verdict } from "../aws/elbv2/health";
import { repositoryRoot, typescript } from "../paths";
import { namespaces } from "./addresses";
import type { Answer, Question } from "./targetProbe";

/** Milliseconds between checks of the schedule. */
const tick = 100;

/** A target of a group and its probe results. */
interface Checked {
  targetGroupArn: string;
  instanceId: string;
  verdict: Verdict;
  /** Time of the next probe, in milliseconds since 1970. */
  next: number;
}

/** The probes of a group's health check, from its balancer's addresses; none if no listener uses the group. */
function questions(account: Account, group: TargetGroup): { instanceId: string; question: Omit<Question, "id"> }[] {
  const listener = account.listeners?.find(({ targetGroupArn }) => targetGroupArn === group.arn);
  const balancer = account.loadBalancers?.find(({ arn }) => arn === listener?.loadBalancerArn);
  const addressOf = (wanted: (eni: Account["networkInterfaces"][number]) => boolean): string | undefined =>
    account.networkInterfaces.find(wanted)?.privateIps[0]?.privateIpAddress;
  const from = addressOf(({ networkInterfaceId }) => networkInterfaceId === balancer?.subnets[0]?.networkInterfaceId);
  if (from === undefined) return [];
  const port = group.healthCheck.port === "traffic-port" ? group.port : Number(group.healthCheck.port);
  return targetsOf(account, group.arn).flatMap(({ instanceId, state }) => {
    const address = addressOf(({ attachment }) => attachment?.instanceId === instanceId);
    if (address === undefined || state !== "running") return [];
    return [{ instanceId, question: { from, address, port, timeout: group.healthCheck.timeout } }];
  });
}

/**
 * Probes until the process ends.
 * @param change changes the account, serialized with the API calls
 */
export function startHealthChecks(account: Account, change: (work: (account: Account) => void) => Promise<void>): void {
  account.targetHealth = [];
  const checked = new Map<string, Checked>();
  const asked = new Map<number, { key: string; group: TargetGroup }>();
  let program: ChildProcess | undefined;
  let id = 0;

  const start = (): ChildProcess => {
    const child = spawn(
      "nsenter",
      // prettier-ignore
      [`--net=/run/netns/${namespaces.balancers}`, process.execPath, ...typescript, "lab/network/targetProbe.ts"],
      { cwd: repositoryRoot, stdio: ["pipe", "pipe", "inherit"] },
    );
    createInterface(child.stdout).on("line", (line) => hear(JSON.parse(line) as Answer));
    return child;
  };
  const ask = (key: string, group: TargetGroup, question: Omit<Question, "id">): void => {
    program ??= start();
    asked.set(++id, { key, group });
    program.stdin?.write(`${JSON.stringify({ id, ...question })}\n`);
  };
  const hear = (answer: Answer): void => {
    const { key = "", group } = asked.get(answer.id) ?? {};
    asked.delete(answer.id);
    const target = checked.get(key);
    if (!target || !group) return;
    const before = target.verdict.state;
    target.verdict = judge(group, target.verdict, answer.ok);
    if (target.verdict.state === before) return;
    // Goes to the cloud's log.
    console.log(`${new Date().toISOString()} ${target.instanceId}:${group.port} is ${target.verdict.state}`);
    publish();
  };
  const publish = (): void => {
    const found = [...checked.values()].map(({ targetGroupArn, instanceId, verdict: { state } }) => ({
      targetGroupArn,
      instanceId,
      state,
    }));
    change((now) => (now.targetHealth = found)).catch((error: unknown) => console.error(error));
  };

  setInterval(() => {
    const now = Date.now();
    const present = new Set<string>();
    for (const group of account.targetGroups ?? [])
      for (const { instanceId, question } of questions(account, group)) {
        const key = `${group.arn} ${instanceId}`;
        present.add(key);
        const target = checked.get(key) ?? { targetGroupArn: group.arn, instanceId, verdict: newTarget, next: now };
        checked.set(key, target);
        if (target.next > now) continue;
        target.next += group.healthCheck.interval * 1000;
        ask(key, group, question);
      }
    for (const key of checked.keys()) if (!present.has(key)) checked.delete(key);
  }, tick);
}
