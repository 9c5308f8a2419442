/** What a check is: one question, answered from facts that were collected before. */
import type { RecordOwner } from "../../components/aws/recordOwners";
import type { IngressMode } from "../../settings/choices";
import type { AwsFacts } from "./collect/aws";
import type { NameFacts } from "./collect/names";
import type { NodeFacts, NodeUnknown } from "./collect/node";
import type { ReachFacts } from "./collect/reach";
import type { StackOutputs } from "../../outputs/stackOutputs";
import type { Unknown } from "./unknown";

export const areas = [
  "AWS",
  "SSH",
  "node",
  "NAT",
  "HAProxy",
  "forwarder",
  "API",
  "ingress",
  "certificate",
  "DNS",
  "cost",
] as const;
export type Area = (typeof areas)[number];

export interface Facts {
  outputs: StackOutputs;
  aws: AwsFacts;
  node: NodeFacts | NodeUnknown | Unknown;
  reach: ReachFacts;
  names: NameFacts | Unknown;
  /** What else has a say in the names in the stack's hosted zone; none where it has no zone. */
  recordOwners: readonly RecordOwner[] | Unknown;
  /** Ranges that may reach the applications; undefined where the outputs came alone. */
  allowedCidrs: readonly string[] | undefined;
  /** The applications' Elastic IP is the user's, by `allocationId`. */
  usersElasticIp: boolean;
  /** The stack writes its names itself. */
  writesNames: boolean;
  /** How AWS is called; `""` where it is left to the environment. */
  region: string;
  profile: string;
  /** The project's directory as the user gave it; `""` where it is the one that the user is in. */
  cwd: string;
  /** `<project>/<stack>`, as the node has it; `""` where the outputs came from standard input. */
  owner: string;
  /** As `pulumi` knows it; `""` where the outputs came from standard input. */
  stack: string;
}

/** What is wrong, and how to fix it. */
export interface Verdict {
  observed: string;
  expected: string;
  /** A command for where the doctor runs, one `on the node: ` to be run there as root, or a sentence: see {@link isCommand}. */
  fix: string;
}

/** Sentences begin with a verb of people: `look with 'kubectl …'`. */
export const isCommand = (fix: string): boolean => /^(?:on the node: |aws |pulumi |npx )/.test(fix);

export interface Check {
  /** Stable, for tools: `HAPROXY_STOPPED`. Named after what is wrong. */
  code: string;
  area: Area;
  /** `error`: something does not work. `warning`: it does, and will not for long or not after a reboot. */
  severity: "error" | "warning";
  /** What holds where all is well. */
  title: string;
  /** Checks whose findings explain this one's: with one of them, this is not looked at. */
  after: readonly string[];
  modes: readonly IngressMode[];
  /** @returns undefined where all is well, `because` where it cannot be said */
  judge(facts: Facts): Verdict | Unknown | undefined;
  /** What `status` shows where all is well. */
  shows?(facts: Facts): string;
}
