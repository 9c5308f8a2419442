/** Short ways to say what a check needs. */
import { IngressMode } from "../../../settings/choices";
import { quote } from "../../../hostfiles/node/shell";
import { type Check, type Facts, type Verdict } from "../check";
import type { AwsFacts } from "../collect/aws";
import type { NameFacts } from "../collect/names";
import type { NodeFacts } from "../collect/node";
import { isUnknown, type Unknown } from "../unknown";

export const everywhere = Object.values(IngressMode);
export const dualIp = [IngressMode.DualIp] as const;
/** Where the node itself has the doors that clients come through. */
export const onTheNode = [IngressMode.NodePort, IngressMode.DualIp] as const;
export const balanced = [IngressMode.LoadBalancer] as const;
/** Where names lead to an address of the applications' own. */
export const published = [IngressMode.DualIp, IngressMode.LoadBalancer] as const;

/** Of a limit: from here on a check warns. */
export const full = 0.9;

type Result = Verdict | Unknown | undefined;
type Definition = Omit<Check, "judge" | "after" | "modes"> & Partial<Pick<Check, "after" | "modes">>;
type Had<Part extends keyof AwsFacts> = { [Each in Part]: Exclude<AwsFacts[Each], Unknown> };

/** Answered from what AWS says. @param parts those that it needs */
export const ofAws = <Part extends keyof AwsFacts>(
  { after = [], modes = everywhere, ...definition }: Definition,
  parts: readonly Part[],
  judge: (aws: Had<Part>, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  judge: (facts) => {
    const missing = parts.map((part) => facts.aws[part]).find(isUnknown);
    return missing ?? judge(facts.aws as unknown as Had<Part>, facts);
  },
});

/** Answered from what the node says. */
export const ofNode = (
  { after = [], modes = dualIp, ...definition }: Definition,
  judge: (node: NodeFacts, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  judge: (facts) => (isUnknown(facts.node) ? facts.node : judge(facts.node, facts)),
});

/** Answered by asking as a client does. */
export const ofReach = (
  { after = [], modes = everywhere, ...definition }: Definition,
  judge: (facts: Facts) => Result,
): Check => ({ ...definition, after, modes, judge });

/** Answered by the name server. */
export const ofNames = (
  { after = [], modes = published, ...definition }: Definition,
  judge: (names: NameFacts, facts: Facts) => Result,
): Check => ({
  ...definition,
  after,
  modes,
  judge: (facts) => (isUnknown(facts.names) ? facts.names : judge(facts.names, facts)),
});

/** As `pulumi` takes it; a place to fill in where the outputs came alone. */
const stackName = ({ stack }: Facts): string => stack || "<stack>";
/** The user's own place, where it is not the present one. */
const pulumi = ({ cwd }: Facts, command: string): string => `pulumi${cwd ? ` -C ${quote(cwd)}` : ""} ${command}`;

/** Brings everything to what the settings say; what is missing in the account is found by the refresh. */
export const up = (facts: Facts): string => pulumi(facts, `up --refresh --yes --stack ${stackName(facts)}`);
/** Changes a setting of the stack. @param value as a shell takes it */
export const set = (facts: Facts, key: string, value: string): string =>
  pulumi(
    facts,
    `config set --stack ${stackName(facts)}${key.includes(".") ? " --path" : ""} kops-secondary-ingress:${key} ${value}`,
  );
/** Removes a setting of the stack. */
export const unset = (facts: Facts, key: string): string =>
  pulumi(facts, `config rm --stack ${stackName(facts)} kops-secondary-ingress:${key}`);
/** A command of this program. */
export const secondaryIngress = (facts: Facts, command: string): string =>
  `npx secondary-ingress ${command} --stack ${stackName(facts)}${facts.cwd ? ` --cwd ${quote(facts.cwd)}` : ""}`;
/** A call by the `aws` command line. */
export const aws = ({ region, profile }: Facts, call: string): string =>
  ["aws", ...(profile ? [`--profile ${quote(profile)}`] : []), ...(region ? [`--region ${region}`] : []), call].join(
    " ",
  );
/** Writes every host file anew. */
export const reinstall = (facts: Facts): string => `${set(facts, "reinstall", '"$(date +%s)"')} && ${up(facts)}`;
/** Where the ingress controller runs, and whether. */
export const lookAtIngress = "look with 'kubectl get services,pods -A -o wide | grep -i ingress'";
export const onNode = (command: string): string => `on the node: ${command}`;
export const list = (all: readonly string[]): string => (all.length > 0 ? all.join(", ") : "nothing");

/** A unit that should run, now and after a boot. */
export const runs = (
  { active, enabled }: { active: boolean; enabled: boolean },
  unit: string,
  otherwise: string,
  before = "",
): Verdict | undefined =>
  active && enabled
    ? undefined
    : {
        observed: `${unit} is ${active ? "active, and does not start at boot" : "not active"}: ${otherwise}`,
        expected: "active, and enabled",
        fix: onNode(`${before}systemctl enable --now ${unit}`),
      };
