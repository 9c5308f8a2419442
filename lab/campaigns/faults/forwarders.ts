/** The passage between the two forwarders, there and back. */
import { bringUp, type Scenario } from "./scenario";

export const apiForwarder = (name: string): Scenario => ({
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
