/** Scenarios for both kinds of node, in which no request may fail. */
import type { KeptLab } from "../../keptLab";
import { bringUp } from "../bringUp";
import type { Scenario } from "./scenario";

/** Changes the HTTP NodePort: HAProxy's configuration changes, the HTTPS path does not. */
export const withOtherHttpPort = <T>(kept: KeptLab, work: () => Promise<T>): Promise<T> =>
  kept.withConfig("prod", (set) => set(["httpNodePort"], 30081), work);

/** Reinstalls every file. */
export const installAgain = (name: string): Scenario => ({
  name,
  api: 0,
  app: 0,
  run: (kept) =>
    kept.withConfig(
      "prod",
      (set) => set(["reinstall"], "again"),
      () => bringUp(kept),
    ),
  afterwards: bringUp,
});

export const configChange = (name: string): Scenario => ({
  name,
  api: 0,
  app: 0,
  run: (kept) => withOtherHttpPort(kept, () => bringUp(kept)),
  afterwards: bringUp,
});

/** Switches between the two forwarders, there and back. */
export const forwarderSwitch = (name: string): Scenario => ({
  name,
  api: 0,
  app: 0,
  run: async (kept) => {
    await kept.withConfig(
      "prod",
      (set) => set(["apiForwarder"], "socket-proxyd"),
      () => bringUp(kept),
    );
    await bringUp(kept);
  },
});

export async function destroy(kept: KeptLab): Promise<void> {
  const { status, stdout, stderr } = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}
