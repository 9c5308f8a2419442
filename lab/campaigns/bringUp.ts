import type { KeptLab } from "../keptLab";

/** Brings prod up. @throws with what the engine said */
export async function bringUp(kept: KeptLab): Promise<void> {
  const { status, stdout, stderr } = await kept.up("prod");
  if (status !== 0) throw new Error(`pulumi up of prod: ${stdout}${stderr}`);
}
