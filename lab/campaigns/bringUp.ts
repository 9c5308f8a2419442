import type { KeptLab } from "../keptLab";

/**
 * Runs `pulumi up` for prod.
 * @throws with the engine's output
 */
export async function bringUp(kept: KeptLab): Promise<void> {
  const { status, stdout, stderr } = await kept.up("prod");
  if (status !== 0) throw new Error(`pulumi up of prod: ${stdout}${stderr}`);
}
