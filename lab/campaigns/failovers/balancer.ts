/** kOps' calls to Elastic Load Balancing. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../../aws/account";
import type { KeptLab } from "../../keptLab";
import { currentNode } from "../../node/identity";
import type { Machine } from "../../network/machines";
import { labPaths } from "../../paths";

/**
 * Deregisters a worker as kOps' rolling update does, and returns when its targets are drained:
 * upup/pkg/fi/cloudup/awsup/aws_cloud.go, deregisterInstanceFromTargetGroup. Polls every 5 s.
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
