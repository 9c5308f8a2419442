/** Statements of a policy, and the tags that they ask for. */

export type Condition = Record<string, Record<string, string | string[]>>;

export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Condition;
}

const managedBy = "kops-secondary-ingress";

/** Conditions on the tags that the program puts on what it makes, and kOps on what it has made. */
export function conditions(clusterName: string) {
  return {
    beingMadeOurs: {
      StringEquals: {
        "aws:RequestTag/managed-by": managedBy,
        "aws:RequestTag/kops-secondary-ingress:cluster": clusterName,
      },
    },
    ours: {
      StringEquals: {
        "aws:ResourceTag/managed-by": managedBy,
        "aws:ResourceTag/kops-secondary-ingress:cluster": clusterName,
      },
    },
    ofTheCluster: { StringEquals: { "aws:ResourceTag/KubernetesCluster": clusterName } },
  } satisfies Record<string, Condition>;
}
