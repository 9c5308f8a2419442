/** Envoy Gateway, and the real Envoy that it configures, with the recipes of docs/ingress-controllers.md. */
import { join } from "node:path";
import { parse } from "yaml";
import { type EnvoyGatewayPrograms, envoyGatewayVersion } from "../../ingress/programs";
import type { KeptLab } from "../../keptLab";
import { podGateway } from "../../kubernetes/kubeProxy";
import { copyOntoNode } from "../../node/machine";
import {
  apply,
  define,
  createAccount,
  endpointOf,
  kubectl,
  runInPod,
  startInPod,
  stopInPod,
  writeOnNode,
} from "./cluster";
import type { Controller } from "./controller";
import { recipe } from "./recipes";
import { eventually } from "./rows";
import { certificateSecret } from "./traefik";

const namespace = "envoy-gateway-system";
/** On the node. */
const directory = "/opt/envoy-gateway";
const program = `${directory}/envoy-gateway`;
const units = { control: "envoy-gateway", data: "envoy" } as const;

/** What the chart's ConfigMap holds, without the webhook that writes zones into pods. */
const configuration = `apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyGateway
gateway:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
provider:
  type: Kubernetes
  kubernetes:
    proxyTopologyInjector:
      disabled: true
`;

/** Installs the programs and definitions, and starts the control plane. */
export async function installEnvoyGateway(
  kept: KeptLab,
  { gateway, definitions, envoy }: EnvoyGatewayPrograms,
): Promise<void> {
  await copyOntoNode(gateway, directory);
  await copyOntoNode(envoy, `${directory}/bin`);
  await define(kept, join(definitions, "gatewayapi-crds.yaml"), join(definitions, "generated"));
  await createAccount(kept, namespace);
  await writeOnNode(`${directory}/configuration.yaml`, configuration);
  const environment = { ENVOY_GATEWAY_NAMESPACE: namespace };
  const account = { account: namespace, environment, hostNetwork: true } as const;
  const certgen = [program, "certgen", "--disable-topology-injector"];
  await runInPod(kept, { unit: "envoy-gateway-certgen", ...account, command: certgen });
  await mountSecret(kept, "envoy-gateway", `${directory}/certs`);
  await startInPod(kept, {
    unit: units.control,
    ...account,
    command: [program, "server", `--config-path=${directory}/configuration.yaml`],
    mounts: { [`${directory}/certs`]: "/certs" },
  });
}

type Data = Record<string, string>;

async function dataOf(kept: KeptLab, object: string): Promise<Data> {
  return (JSON.parse(await kubectl(kept, ["get", object, `--namespace=${namespace}`, "-o", "json"])) as { data: Data })
    .data;
}

/** Writes a Secret's keys as files, as kubelet mounts it. */
async function mountSecret(kept: KeptLab, name: string, path: string): Promise<void> {
  for (const [key, value] of Object.entries(await dataOf(kept, `secret/${name}`)))
    await writeOnNode(`${path}/${key}`, Buffer.from(value, "base64").toString());
}

interface Listed {
  metadata: { name: string };
  spec: {
    ports: { name: string; port: number; targetPort: number; nodePort: number }[];
    template: { spec: { containers: { name: string; args: string[] }[] } };
  };
}

/** The objects of a kind that the control plane made for the Gateway `web`. */
async function madeFor(kept: KeptLab, kind: string): Promise<Listed | undefined> {
  const labels = "--selector=gateway.envoyproxy.io/owning-gateway-name=web";
  const text = await kubectl(kept, ["get", kind, `--namespace=${namespace}`, labels, "-o", "json"]);
  return (JSON.parse(text) as { items: Listed[] }).items[0];
}

/** Starts Envoy as the Deployment says, which the control plane made of the Gateway. */
async function startEnvoy(kept: KeptLab): Promise<void> {
  const seen = await eventually(60, async () => {
    const made = [await madeFor(kept, "deployment"), await madeFor(kept, "service")];
    return { ok: made.every(Boolean), observed: "" };
  });
  const [deployment, service] = [await madeFor(kept, "deployment"), await madeFor(kept, "service")];
  if (!seen.ok || !deployment || !service) throw new Error("Envoy Gateway made no Deployment and Service within 60 s");
  const container = deployment.spec.template.spec.containers.find(({ name }) => name === "envoy");
  // kubelet fills in the variables, and the cluster's DNS knows the control plane.
  const known = {
    "$(ENVOY_POD_NAME)": "envoy-1",
    "$(ENVOY_POD_NAMESPACE)": namespace,
    "$(ENVOY_SERVICE_ZONE)": "",
    [`envoy-gateway.${namespace}.svc.cluster.local.`]: podGateway,
  };
  const args = (container?.args ?? []).map((text) =>
    Object.entries(known).reduce((made, [name, value]) => made.replaceAll(name, value), text),
  );
  const at = args.indexOf("--config-yaml");
  await writeOnNode(`${directory}/bootstrap.yaml`, JSON.stringify(parse(args[at + 1] ?? "")));
  args.splice(at, 2, "--config-path", `${directory}/bootstrap.yaml`);
  await mountSecret(kept, "envoy", `${directory}/envoy-certs`);
  for (const [key, text] of Object.entries(await dataOf(kept, `configmap/${deployment.metadata.name}`)))
    await writeOnNode(`${directory}/sds/${key}`, text);
  await startInPod(kept, {
    unit: units.data,
    account: namespace,
    command: [`${directory}/bin/envoy`, ...args],
    mounts: {
      [`${directory}/envoy-certs`]: "/certs",
      [`${directory}/sds`]: "/sds",
    },
  });
  const ports = service.spec.ports.map(({ name, targetPort }) => ({ name, port: targetPort, protocol: "TCP" }));
  await apply(kept, [endpointOf(service.metadata.name, namespace, ports)]);
}

export const envoyGateway: Controller = {
  id: "envoy-gateway",
  name: `Envoy Gateway ${envoyGatewayVersion}`,
  unit: units.data,
  clientOf: (line) =>
    (JSON.parse(line) as { downstream_remote_address?: string }).downstream_remote_address?.replace(/:\d+$/, ""),
  start: async (kept) => {
    await apply(kept, [
      await certificateSecret("app-certificate", "default"),
      ...recipe("envoy-gateway"),
      ...recipe("envoy-gateway-web"),
    ]);
    await startEnvoy(kept);
  },
  acceptProxyProtocol: (kept) => apply(kept, recipe("envoy-gateway-proxy-protocol")).then(() => undefined),
  stop: async (kept) => {
    await kubectl(kept, ["delete", "clienttrafficpolicy/client-address", "httproute/app", "gateway/web"]);
    await eventually(30, async () => ({ ok: !(await madeFor(kept, "service")), observed: "" }));
    await stopInPod(kept, units.data);
    await stopInPod(kept, units.control);
  },
};
