/** A part of the facts that could not be collected, and why. */
export interface Unknown {
  because: string;
}

export const isUnknown = (part: unknown): part is Unknown =>
  typeof part === "object" && part !== null && "because" in part;
