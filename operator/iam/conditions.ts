/** Statements of a policy, and the tags that they ask for. */
import { clusterTag, managedBy, managedByTag } from "../../settings/tagNames";

export type Condition = Record<string, Record<string, string | string[]>>;

export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Condition;
}

/** Conditions on the tags that the program puts on what it makes, and kOps on what it has made. */
export function conditions(clusterName: string) {
  return {
    beingMadeOurs: {
      StringEquals: {
        [`aws:RequestTag/${managedByTag}`]: managedBy,
        [`aws:RequestTag/${clusterTag}`]: clusterName,
      },
    },
    ours: {
      StringEquals: {
        [`aws:ResourceTag/${managedByTag}`]: managedBy,
        [`aws:ResourceTag/${clusterTag}`]: clusterName,
      },
    },
    ofTheCluster: { StringEquals: { "aws:ResourceTag/KubernetesCluster": clusterName } },
  } satisfies Record<string, Condition>;
}
