/** Real ingress controllers behind 443, with the recipes of docs/ingress-controllers.md. */
import { envoyGatewayPrograms, pebblePrograms, traefikProgram } from "../../ingress/programs";
import { keepLab, type KeptLab } from "../../keptLab";
import { lab } from "../../lab";
import { step } from "../../progress";
import { type Outputs, stackOutputs } from "../../proof/outputs";
import { startProber } from "../../proof/prober";
import { publicApp } from "../../proof/probes";
import { type Row, row } from "../../proof/row";
import { bringUp } from "../bringUp";
import { startAuthority } from "./authority";
import { certificateRows, challenges, renewalRows } from "./certificates";
import { removeStandIn, startApplication } from "./cluster";
import type { Controller } from "./controller";
import { envoyGateway, installEnvoyGateway } from "./envoyGateway";
import { rowsOf } from "./rows";
import { selfCheckRows } from "./selfCheck";
import { installTraefik, stopTraefik, traefikByGateway, traefikByIngress } from "./traefik";

const requestsPerSecond = 20;

/** The setting `proxyProtocol` of prod, for the time of `work`. */
const withProxyProtocol = <T>(kept: KeptLab, work: () => Promise<T>): Promise<T> =>
  kept.withConfig(
    "prod",
    (set) => set(["proxyProtocol"], true),
    async () => {
      await bringUp(kept);
      return work();
    },
  );

/** Switches the PROXY protocol on, and counts the requests that fail meanwhile. */
async function switchedOn(kept: KeptLab, controller: Controller, { ingressPublicIp }: Outputs): Promise<Row> {
  const { id, name, acceptProxyProtocol } = controller;
  const title = `${name}: PROXY protocol switched on under ${requestsPerSecond} requests a second`;
  return row(`${id}-switch`, title, "0 failed", async () => {
    const prober = await startProber(publicApp(ingressPublicIp), requestsPerSecond);
    await acceptProxyProtocol?.(kept);
    await bringUp(kept);
    const { sent, failed, failures } = await prober.stop();
    return { ok: sent > 0 && failed === 0, observed: [`${failed} of ${sent} failed`, ...failures].join("\n") };
  });
}

/** Everything that is asked of a controller. */
async function proveController(kept: KeptLab, controller: Controller): Promise<Row[]> {
  const outputs = await stackOutputs("prod");
  return step(controller.name, async (note) => {
    await controller.start(kept);
    const rows = await rowsOf(kept, controller, outputs, false);
    await kept.withConfig(
      "prod",
      (set) => set(["proxyProtocol"], true),
      async () =>
        rows.push(await switchedOn(kept, controller, outputs), ...(await rowsOf(kept, controller, outputs, true))),
    );
    await controller.stop(kept);
    await bringUp(kept);
    note(`${rows.filter(({ ok }) => ok).length} of ${rows.length} promises kept`);
    return rows;
  });
}

/** The rows of a part, or one that says why it broke off. */
async function part(id: string, name: string, work: () => Promise<Row[]>): Promise<Row[]> {
  try {
    return await work();
  } catch (error) {
    return [await row(id, name, "all rows", () => Promise.reject(error as Error))];
  }
}

/**
 * @param short Traefik by Ingress, and certificates without their renewal
 * @returns the rows of each part; a part that breaks off has one
 */
export async function runIngress({ short = false } = {}): Promise<Row[]> {
  const traefik = await traefikProgram();
  const pebble = await pebblePrograms();
  const envoy = short ? undefined : await envoyGatewayPrograms();
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", kubernetes: "nftables", plugins: "auto" });
  const rows: Row[] = [];
  const ends: (() => unknown)[] = [];
  try {
    await step("Stack prod, and an application in the pod", async () => {
      await bringUp(kept);
      await removeStandIn(kept);
      const application = await startApplication(kept);
      ends.push(application.stop);
      await installTraefik(kept, traefik);
    });
    const outputs = await stackOutputs("prod");
    for (const controller of short ? [traefikByIngress] : [traefikByIngress, traefikByGateway])
      rows.push(...(await part(controller.id, controller.name, () => proveController(kept, controller))));
    const certificates = async (): Promise<Row[]> => {
      const authority = await startAuthority(pebble, outputs.ingressPublicIp);
      ends.push(authority.stop);
      const proven = await withProxyProtocol(kept, async () => [
        ...(await certificateRows(kept, outputs, authority)),
        ...(await selfCheckRows(kept, outputs, challenges[0].host)),
        ...(short ? [] : await renewalRows(outputs, authority)),
      ]);
      await stopTraefik(kept);
      await bringUp(kept);
      return proven;
    };
    rows.push(...(await step("Certificates", () => part("certificates", "certificates", certificates))));
    if (envoy)
      rows.push(
        ...(await part(envoyGateway.id, envoyGateway.name, async () => {
          await installEnvoyGateway(kept, envoy);
          return proveController(kept, envoyGateway);
        })),
      );
  } finally {
    for (const end of ends) await end();
    await lab.down();
  }
  return rows;
}
