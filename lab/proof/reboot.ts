/** Reboots the node and repeats the checks. */
import { waitForCluster } from "../kubernetes/controlPlane";
import type { LabState } from "../lab";
import { reboot, type RebootOptions } from "../node/machine";
import { step } from "../progress";
import { apiWithoutAgent, holdAgent } from "./cilium";
import { kubernetesRows } from "./kubernetes";
import { noPortConflict } from "./node";
import { stackOutputs } from "./outputs";
import { type Row, row } from "./row";
import { prodUrls } from "./urls";

/**
 * At every boot nodeup moves the API server back to :443, as kOps does.
 * @param patience seconds for the cluster to follow its API server
 */
export async function rebootedRows(state: LabState, options: RebootOptions = {}, patience?: number): Promise<Row[]> {
  const outputs = await stackOutputs("prod");
  const cilium = state.kubernetes === "cilium";
  const rows: Row[] = [];
  await step(options.powerCut ? "Power cut" : "Reboot", async (note) => {
    if (cilium) await holdAgent();
    note(`booted in ${((await reboot(options)) / 1000).toFixed(1)} s`);
    if (cilium) rows.push(await apiWithoutAgent(outputs));
    rows.push(
      await row("api-serves", "the API server listens on :443", "within 30 s of the boot", async () => {
        const start = Date.now();
        await waitForCluster(state);
        return { ok: true, observed: `${((Date.now() - start) / 1000).toFixed(1)} s after the boot` };
      }),
    );
  });
  rows.push(await noPortConflict(), ...(await prodUrls(outputs)));
  if (state.kubernetes) rows.push(...(await kubernetesRows(state, outputs, patience)));
  return rows.map((each) => ({ ...each, id: `reboot-${each.id}`, name: `after a reboot: ${each.name}` }));
}
