/** What happens during a run, as a small union. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

/** What a run does with one resource. */
export interface ResourceStep {
  /** `create`, `update`, `delete`, `replace`, `same`, `refresh` and their like. */
  operation: OpType;
  /** `aws:ec2/eip:Eip` */
  type: string;
  /** `ingress-ingress` */
  name: string;
  urn: string;
}

export type ProgressEvent =
  | ({ kind: "resource"; phase: "started" | "done" | "failed" } & ResourceStep)
  | { kind: "message"; severity: "info" | "warning" | "error"; text: string; resource?: string }
  | { kind: "summary"; /** Resources by operation. */ changes: Readonly<Record<string, number>>; seconds: number };

/** Name of a resource, the end of its URN. */
export const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;

/** The engine's colour marks. */
const colours = /<\{%.*?%\}>/g;

function resourceStep({ op, type, urn }: { op: OpType; type: string; urn: string }): ResourceStep {
  return { operation: op, type, name: nameOf(urn), urn };
}

/**
 * @param redact applied to every text
 * @returns nothing for what is no progress of the stack's own
 */
export function progressOf(event: EngineEvent, redact: (text: string) => string): ProgressEvent | undefined {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, summaryEvent } = event;
  if (resourcePreEvent) return { kind: "resource", phase: "started", ...resourceStep(resourcePreEvent.metadata) };
  if (resOutputsEvent) return { kind: "resource", phase: "done", ...resourceStep(resOutputsEvent.metadata) };
  if (resOpFailedEvent) return { kind: "resource", phase: "failed", ...resourceStep(resOpFailedEvent.metadata) };
  if (diagnosticEvent) {
    const { severity, message, urn } = diagnosticEvent;
    const text = redact(message.replace(colours, "").trim());
    if (text === "") return undefined;
    return {
      kind: "message",
      severity: severity === "warning" || severity === "error" ? severity : "info",
      text,
      ...(urn ? { resource: nameOf(urn) } : {}),
    };
  }
  if (summaryEvent) {
    return { kind: "summary", changes: { ...summaryEvent.resourceChanges }, seconds: summaryEvent.durationSeconds };
  }
  return undefined;
}
