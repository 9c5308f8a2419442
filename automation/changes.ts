/** What a run changes, or a preview would change, by resource. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { nameOf } from "./events";

type StepMetadata = NonNullable<EngineEvent["resOutputsEvent"]>["metadata"];

/** One resource that does not stay as it is. */
export interface Change {
  /** `aws:ec2/eip:Eip` */
  type: string;
  /** `ingress-ingress` */
  name: string;
  urn: string;
  /** Names of the inputs that differ; empty for what is created or deleted. */
  properties: readonly string[];
}

export interface Changes {
  created: readonly Change[];
  updated: readonly Change[];
  /** Made anew; each stands here only. */
  replaced: readonly Change[];
  deleted: readonly Change[];
  /** How many resources stay as they are. */
  unchanged: number;
}

export interface Preview extends Changes {
  /**
   * The changes by which the applications' public address becomes another one, or is taken away for a while. Empty where it stays,
   * and where there is none yet.
   */
  ingressAddressChanges: readonly Change[];
}

type Kind = Exclude<keyof Changes, "unchanged">;

const kinds: Partial<Record<OpType, Kind>> = {
  create: "created",
  import: "created",
  update: "updated",
  replace: "replaced",
  "create-replacement": "replaced",
  "delete-replaced": "replaced",
  delete: "deleted",
  discard: "deleted",
  "read-replacement": "replaced",
};

/** A refresh reports what it found by what is left and what differs. */
function kindOf({ op, new: now, diffs }: StepMetadata): Kind | undefined {
  if (op !== "refresh") return kinds[op];
  if (!now) return "deleted";
  return diffs?.length ? "updated" : undefined;
}

/** Not resources of the stack's own. */
const isInternal = ({ type }: StepMetadata): boolean =>
  type.startsWith("pulumi:providers:") || type === "pulumi:pulumi:Stack";

/** Gathers a run's changes from its events. */
export class ChangeCollector {
  readonly #steps = new Map<string, { change: Change; kind: Kind | undefined }>();

  take({ resOutputsEvent }: EngineEvent): void {
    const step = resOutputsEvent?.metadata;
    if (!step || isInternal(step)) return;
    const kind = kindOf(step);
    const { urn, type } = step;
    // A replacement is several steps; of those the first that says so holds.
    if (kind === undefined ? this.#steps.has(urn) : this.#steps.get(urn)?.kind === "replaced") return;
    const properties = kind === "updated" || kind === "replaced" ? [...(step.diffs ?? [])].sort() : [];
    this.#steps.set(urn, { kind, change: { type, name: nameOf(urn), urn, properties } });
  }

  changes(): Changes {
    const steps = [...this.#steps.values()];
    const of = (wanted: Kind): Change[] =>
      steps
        .filter(({ kind }) => kind === wanted)
        .map(({ change }) => change)
        .sort((one, other) => (one.urn < other.urn ? -1 : 1));
    return {
      created: of("created"),
      updated: of("updated"),
      replaced: of("replaced"),
      deleted: of("deleted"),
      unchanged: steps.filter(({ kind }) => kind === undefined).length,
    };
  }
}

/** Resource types without which the applications' address is another one; the API's own address is told apart by its name. */
const addressTypes = [
  "aws:ec2/eip:Eip",
  "aws:ec2/eipAssociation:EipAssociation",
  "aws:lb/loadBalancer:LoadBalancer",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:ExistingElasticIp",
];

/** In mode node-port the address is the node's, which is another one when the security group moves to another ENI. */
const attachmentTypes = [
  "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:SecurityGroupMembership",
];

/** The changes that touch the address at which the applications are reached. */
export function previewOf(changes: Changes): Preview {
  const carriesAddress = ({ type, name }: Change): boolean => addressTypes.includes(type) && !name.endsWith("-api");
  return {
    ...changes,
    ingressAddressChanges: [
      ...changes.replaced.filter((change) => carriesAddress(change) || attachmentTypes.includes(change.type)),
      ...changes.deleted.filter(carriesAddress),
    ],
  };
}
