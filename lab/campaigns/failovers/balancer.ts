/** What Elastic Load Balancing says of a worker, and what kOps tells it. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../../aws/account";
import type { KeptLab } from "../../keptLab";
import { currentNode } from "../../node/identity";
import type { Machine } from "../../node/machines";
import { labPaths } from "../../paths";

/** The states of a worker in each target group, as AWS has it. */
export async function statesOf(worker: Machine): Promise<string[]> {
  const { targetGroups = [], targetHealth = [] } = JSON.parse(await readFile(labPaths.account, "utf8")) as Account;
  const { instanceId } = currentNode(worker);
  return targetGroups.map(
    ({ arn }) =>
      targetHealth.find((each) => each.targetGroupArn === arn && each.instanceId === instanceId)?.state ?? "initial",
  );
}

/** @throws when a worker is not in this state in every target group within 60 s */
export async function waitUntil(worker: Machine, state: "healthy" | "unhealthy"): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const states = await statesOf(worker);
    if (states.length > 0 && states.every((each) => each === state)) return;
    await sleep(100);
  }
  throw new Error(`expected ${worker.name} to be ${state} within 60 s, found ${(await statesOf(worker)).join(", ")}`);
}

/**
 * Takes a worker out of the balancer as kOps' rolling update does, and returns once nothing goes there any more: upup/pkg/fi/cloudup/awsup/aws_cloud.go,
 * deregisterInstanceFromTargetGroup. It looks every 5 s.
 */
export async function takeOut(kept: KeptLab, worker: Machine): Promise<void> {
  const { targetGroups = [] } = JSON.parse(await readFile(labPaths.account, "utf8")) as Account;
  const Targets = [{ Id: currentNode(worker).instanceId }];
  for (const { arn: TargetGroupArn } of targetGroups) {
    for (;;) {
      const { TargetHealthDescriptions: found } = (await kept.elb("DescribeTargetHealthCommand", {
        TargetGroupArn,
        Targets,
      })) as { TargetHealthDescriptions: { TargetHealth: { State: string } }[] };
      if (found[0]?.TargetHealth.State === "unused") break;
      await kept.elb("DeregisterTargetsCommand", { TargetGroupArn, Targets });
      await sleep(5000);
    }
  }
}
