/** `npm run campaign -- ingress`: real ingress controllers behind 443, with the recipes of docs/ingress-controllers.md. */
import { Command } from "commander";
import { envoyGatewayPrograms, pebblePrograms, traefikProgram } from "../ingress/programs";
import { keepLab, type KeptLab } from "../keptLab";
import { lab } from "../lab";
import { type Outputs, stackOutputs } from "../proof/outputs";
import { startProber } from "../proof/prober";
import { publicApp } from "../proof/probes";
import { type Row, row } from "../proof/row";
import { step } from "../progress";
import { runMain } from "../runMain";
import { bringUp } from "./bringUp";
import { startAuthority } from "./ingress/authority";
import { certificateRows } from "./ingress/certificates";
import { removeStandIn, startApplication } from "./ingress/cluster";
import type { Controller } from "./ingress/controller";
import { envoyGateway, installEnvoyGateway } from "./ingress/envoyGateway";
import { rowsOf } from "./ingress/rows";
import { installTraefik, stopTraefik, traefikByGateway, traefikByIngress } from "./ingress/traefik";
import { machineInWords, table, writeResults } from "./page";

const { json } = new Command("npm run campaign -- ingress")
  .description(
    "runs real ingress controllers behind 443, lets them obtain and renew certificates, and writes docs/results/ingress.md",
  )
  .option("--json", "print one JSON object on stdout: { rows }")
  .parse()
  .opts<{ json?: boolean }>();

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

const page = (rows: readonly Row[]): string => `# Ingress controllers

<!-- Written by \`npm run campaign -- ingress\`. -->

Real ingress controllers in a pod's network on a node with the real control plane, with the recipes of
[docs/ingress-controllers.md](../ingress-controllers.md), asked from the internet through the ingress' Elastic IP. Certificates come from
Pebble, which validates names from there. **${rows.filter(({ ok }) => ok).length} of ${rows.length}** promises kept. ${machineInWords()}

${table(
  ["", "promise", "observed"],
  rows.map(({ ok, name, observed }) => [ok ? "✓" : "✗", name, observed.replaceAll("\n", "; ").replaceAll("|", "\\|")]),
)}
`;

/** The rows of a part, or one that says why it broke off. */
async function part(id: string, name: string, work: () => Promise<Row[]>): Promise<Row[]> {
  try {
    return await work();
  } catch (error) {
    return [await row(id, name, "all rows", () => Promise.reject(error as Error))];
  }
}

async function main(): Promise<void> {
  const traefik = await traefikProgram();
  const pebble = await pebblePrograms();
  const envoy = await envoyGatewayPrograms();
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
    for (const controller of [traefikByIngress, traefikByGateway])
      rows.push(...(await part(controller.id, controller.name, () => proveController(kept, controller))));
    const certificates = async (): Promise<Row[]> => {
      const authority = await startAuthority(pebble, outputs.ingressPublicIp);
      ends.push(authority.stop);
      const proven = await withProxyProtocol(kept, () => certificateRows(kept, outputs, authority));
      await stopTraefik(kept);
      await bringUp(kept);
      return proven;
    };
    rows.push(...(await step("Certificates", () => part("certificates", "certificates", certificates))));
    const gateway = async (): Promise<Row[]> => {
      await installEnvoyGateway(kept, envoy);
      return proveController(kept, envoyGateway);
    };
    rows.push(...(await part(envoyGateway.id, envoyGateway.name, gateway)));
  } finally {
    for (const end of ends) await end();
    await lab.down();
  }
  const text = page(rows);
  await writeResults("ingress", text);
  process.stdout.write(json ? `${JSON.stringify({ rows }, undefined, 2)}\n` : `${text}\n`);
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
}

runMain(main);
