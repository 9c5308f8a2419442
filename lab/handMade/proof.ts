/** The proof of a hand-made layout, phase by phase. */
import type { KeptLab } from "../keptLab";
import { step } from "../progress";
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
  rebootedRows,
];

/** The layout that was given back, after a reboot. */
async function rebootedRows({ kept, layout, variant }: Stage): Promise<Row[]> {
  const { rebootsTo, forwarder } = variant;
  if (rebootsTo === undefined) return [];
  const after = variants[rebootsTo];
  await step("Reboot of what was given back", () => after.since(kept.state, forwarder.unit));
  const rows = await asBuiltRows(kept, layout, after);
  return rows.map((each) => ({ ...each, id: `rebooted-${each.id}`, name: `given back, after a reboot: ${each.name}` }));
}

/** @param kept an untouched lab, with the API server on 443 */
export async function proveHandMade(kept: KeptLab, name: VariantName): Promise<Row[]> {
  const layout = await makeLayout(kept, name);
  const rows: Row[] = [];
  for (const phase of phases) rows.push(...(await phase({ kept, layout, variant: variants[name] })));
  return rows;
}
