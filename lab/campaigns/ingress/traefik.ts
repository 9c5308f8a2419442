/** Traefik with the recipes of docs/ingress-controllers.md. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { labDomain } from "../../cloud/labAccount";
import { traefikVersion } from "../../ingress/programs";
import type { KeptLab } from "../../keptLab";
import { keyPair } from "../../node/certificates";
import { copyOntoNode } from "../../node/machine";
import { apply, define, createAccount, endpointOf, kubectl, programs, startInPod, stopInPod } from "./cluster";
import type { Controller } from "./controller";
import { recipe } from "./recipes";
import { endpointPorts, flagsOf, namespace, objectsOf, type Values } from "./traefikValues";

const unit = "traefik";

/** Traefik's values; later ones are added to the first. */
export const valuesOf = (...names: string[]): Values =>
  names.reduce<Partial<Values>>((all, name) => ({ ...all, ...recipe<Partial<Values>>(name)[0] }), {}) as Values;

/** Installs Traefik's program and definitions. */
export async function installTraefik(kept: KeptLab, directory: string): Promise<void> {
  await copyOntoNode(directory, programs);
  await define(kept, join(directory, "gateway-api"), join(directory, "crds"));
  await createAccount(kept, namespace);
}

/** Starts Traefik with values, or restarts it with others. */
export async function startTraefik(kept: KeptLab, values: Values, flags: readonly string[] = []): Promise<void> {
  await apply(kept, [...objectsOf(values), endpointOf("traefik", namespace, endpointPorts)]);
  const command = [`${programs}/traefik`, ...flagsOf(values), "--accesslog.format=json", "--log.level=INFO", ...flags];
  await startInPod(kept, { unit, account: namespace, command });
}

/** The application's certificate as a Secret. */
export async function certificateSecret(name: string, inNamespace: string): Promise<object> {
  const { certificate, key } = keyPair("app");
  const stringData = { "tls.crt": await readFile(certificate, "utf8"), "tls.key": await readFile(key, "utf8") };
  const metadata = { name, namespace: inNamespace };
  return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, stringData };
}

const backend = { service: { name: "application", port: { number: 80 } } };

/** An Ingress of the application. */
export const ingressOf = (name: string, host: string, annotations: object, tls?: object): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "default", annotations },
  spec: {
    ingressClassName: "traefik",
    ...(tls ? { tls: [tls] } : {}),
    rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
  },
});

const common = {
  unit,
  clientOf: (line: string): string | undefined => (JSON.parse(line) as { ClientHost?: string }).ClientHost,
};

/** Stops Traefik, and gives the NodePorts back. */
export async function stopTraefik(kept: KeptLab): Promise<void> {
  await stopInPod(kept, unit);
  await kubectl(kept, ["delete", "service/traefik", "endpointslice/traefik-1", `--namespace=${namespace}`]);
}

export const traefikByIngress: Controller = {
  ...common,
  id: "traefik-ingress",
  name: `Traefik ${traefikVersion}, Ingress`,
  start: async (kept) => {
    await startTraefik(kept, valuesOf("traefik"));
    await apply(kept, [
      await certificateSecret("app-certificate", "default"),
      ingressOf("app", labDomain, {}, { hosts: [labDomain], secretName: "app-certificate" }),
    ]);
  },
  stop: async (kept) => {
    await kubectl(kept, ["delete", "ingress/app"]);
    await stopTraefik(kept);
  },
};

export const traefikByGateway: Controller = {
  ...common,
  id: "traefik-gateway",
  name: `Traefik ${traefikVersion}, Gateway API`,
  start: async (kept) => {
    await startTraefik(kept, valuesOf("traefik", "traefik-gateway"));
    await apply(kept, [await certificateSecret("app-certificate", namespace), ...recipe("traefik-route")]);
  },
  stop: async (kept) => {
    await kubectl(kept, ["delete", "httproute/app"]);
    await stopTraefik(kept);
  },
};
