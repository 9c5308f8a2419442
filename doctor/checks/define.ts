/** Short ways to say what a check needs. */
import { IngressMode } from "../../settings";
import { type Check, type Facts, isUnknown, type Unknown, type Verdict } from "../check";
import type { AwsFacts } from "../collect/aws";
import type { NameFacts } from "../collect/names";
import type { NodeFacts } from "../collect/node";

export const everywhere = Object.values(IngressMode);
export const dualIp = [IngressMode.DualIp] as const;
/** Where the node itself has the doors that clients come through. */
export const onTheNode = [IngressMode.NodePort, IngressMode.DualIp] as const;
export const balanced = [IngressMode.LoadBalancer] as const;
/** Where names lead to an address of the applications' own. */
export const published = [IngressMode.DualIp, IngressMode.LoadBalancer] as const;

type Result = Verdict | Unknown | undefined;
type Definition = Omit<Check, "judge" | "reads" | "after" | "modes"> & Partial<Pick<Check, "after" | "modes">>;

/** Answered from what AWS says. */
export const ofAws = (
  { after = [], modes = everywhere, ...definition }: Definition,
  judge: (aws: AwsFacts, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  reads: "aws",
  judge: (facts) => (isUnknown(facts.aws) ? facts.aws : judge(facts.aws, facts)),
});

/** Answered from what the node says. */
export const ofNode = (
  { after = [], modes = dualIp, ...definition }: Definition,
  judge: (node: NodeFacts, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  reads: "node",
  judge: (facts) => (isUnknown(facts.node) ? facts.node : judge(facts.node, facts)),
});

/** Answered by asking as a client does. */
export const ofReach = (
  { after = [], modes = everywhere, ...definition }: Definition,
  judge: (facts: Facts) => Result,
): Check => ({ ...definition, after, modes, reads: "reach", judge });

/** Answered by the name server. */
export const ofNames = (
  { after = [], modes = published, ...definition }: Definition,
  judge: (names: NameFacts, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  reads: "names",
  judge: (facts) => (isUnknown(facts.names) ? facts.names : judge(facts.names, facts)),
});

/** Brings everything to what the settings say; what is missing in the account is found by the refresh. */
export const up = ({ stack }: Facts): string => `pulumi up --refresh --yes --stack ${stack || "<stack>"}`;
/** A call by the `aws` command line. */
export const aws = ({ region }: Facts, call: string): string => `aws${region ? ` --region ${region}` : ""} ${call}`;
/** Writes every host file anew. */
export const reinstall = (facts: Facts): string =>
  `pulumi config set --stack ${facts.stack || "<stack>"} kops-secondary-ingress:reinstall "$(date +%s)" && ${up(facts)}`;
/** Where the ingress controller runs, and whether. */
export const lookAtIngress = "kubectl get services,pods -A -o wide | grep -i ingress";
export const onNode = (command: string): string => `on the node: ${command}`;
export const list = (all: readonly string[]): string => (all.length > 0 ? all.join(", ") : "nothing");
