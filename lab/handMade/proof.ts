/** The proof of a hand-made layout, phase by phase. */
import type { KeptLab } from "../keptLab";
import type { Row } from "../proof/row";
import { asBuiltRows } from "./asBuilt";
import type { Layout, VariantName } from "./layout";
import { makeLayout } from "./make";
import { movingInRows } from "./movingIn";
import { type Variant, variants } from "./variants";

export interface Stage {
  kept: KeptLab;
  layout: Layout;
  variant: Variant;
}

/** In order; each finds the lab as the one before has left it. */
export const phases: readonly ((stage: Stage) => Promise<Row[]>)[] = [
  ({ kept, layout, variant }) => asBuiltRows(kept, layout, variant),
  movingInRows,
];

/** @param kept an untouched lab, with the API server on 443 */
export async function proveHandMade(kept: KeptLab, name: VariantName): Promise<Row[]> {
  const layout = await makeLayout(kept, name);
  const rows: Row[] = [];
  for (const phase of phases) rows.push(...(await phase({ kept, layout, variant: variants[name] })));
  return rows;
}
