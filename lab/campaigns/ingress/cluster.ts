/** What kubelet and the cluster's controllers would do for an ingress controller: run it in the pod, with its token, and list its endpoint. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { commandLine } from "../../../hostfiles/node/shell";
import { podIp } from "../../kubernetes/kubeProxy";
import { podNamespace } from "../../kubernetes/podNetwork";
import type { KeptLab } from "../../keptLab";
import { keyPair } from "../../node/certificates";
import { apiServiceIp } from "../../node/kopsNode";
import { asOperator } from "../../operator";
import { labPaths, repositoryRoot, typescript } from "../../paths";
import { inPlace } from "../../proof/probe";

/** The application's port in the pod. */
const applicationPort = 8080;

/** @throws if it fails */
export async function kubectl(kept: KeptLab, args: readonly string[], input = ""): Promise<string> {
  const { status, stdout, stderr } = await asOperator(kept.state.engine.pulumi, ["kubectl", ...args], { input });
  if (status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const serverSide = ["apply", "--server-side", "--force-conflicts"];

/** Applies definitions of resources, files and directories, and waits until the API server knows them. */
export async function define(kept: KeptLab, ...paths: string[]): Promise<void> {
  await kubectl(kept, [...serverSide, ...paths.flatMap((path) => ["-f", path])]);
  await kubectl(kept, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
}

export const apply = (kept: KeptLab, objects: readonly object[]): Promise<string> =>
  kubectl(kept, [...serverSide, "-f", "-"], objects.map((object) => stringify(object)).join("---\n"));

/** The endpoint that the EndpointSlice controller would list for a Service's pod. */
export const endpointOf = (service: string, namespace: string, ports: readonly object[]): object => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${service}-1`, namespace, labels: { "kubernetes.io/service-name": service } },
  addressType: "IPv4",
  ports,
  endpoints: [{ addresses: [podIp], nodeName: "node", conditions: { ready: true } }],
});

/** Removes the lab's stand-in for an ingress controller, which holds the NodePorts. */
export async function removeStandIn(kept: KeptLab): Promise<void> {
  await kept.node("systemctl disable --quiet --now ingress.service");
  await kubectl(kept, ["delete", "service/ingress", "endpointslice/ingress-1"]);
}

/** Paths on the node. */
export const programs = "/opt/ingress";
const accounts = "/run/ingress/accounts";
const logs = "/var/log/ingress";

/** Writes a file on the node. */
export async function writeOnNode(path: string, text: string): Promise<void> {
  const file = join(labPaths.node, "root", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Creates a namespace and in it a service account with every right: what a controller may do is not asked here. */
export async function createAccount(kept: KeptLab, name: string): Promise<void> {
  await apply(kept, [
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: name } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name, namespace: name }],
    },
  ]);
  const token = await kubectl(kept, ["create", "token", name, "--namespace", name, "--duration=8h"]);
  const files = { "ca.crt": await readFile(keyPair("cluster-authority").certificate, "utf8"), namespace: name, token };
  const lines = Object.entries(files).map(([file, text]) => `printf %s '${text}' >${accounts}/${name}/${file}`);
  await kept.node([`mkdir -p ${accounts}/${name}`, ...lines].join(" && "));
}

export interface PodProgram {
  /** Name of the unit and of its log. */
  unit: string;
  account: string;
  command: readonly string[];
  environment?: Record<string, string>;
  /** Path on the node → path in the pod. */
  mounts?: Record<string, string>;
  /** As a pod with `hostNetwork`: the lab has one pod network. */
  hostNetwork?: true;
}

/** The command that runs a program in the pod with its account's token: `systemd-run`, in words. */
function podCommand(
  { account, command, environment, mounts, hostNetwork }: PodProgram,
  options: readonly string[],
): string {
  const bound = { [`${accounts}/${account}`]: "/var/run/secrets/kubernetes.io/serviceaccount", ...mounts };
  const variables = { KUBERNETES_SERVICE_HOST: apiServiceIp, KUBERNETES_SERVICE_PORT: "443", ...environment };
  return commandLine(
    ...["systemd-run", "--quiet", "--collect"],
    ...(hostNetwork ? [] : [`--property=NetworkNamespacePath=/run/netns/${podNamespace}`]),
    ...Object.entries(bound).map(([from, to]) => `--property=BindReadOnlyPaths=${from}:${to}`),
    ...Object.entries(variables).map(([name, value]) => `--setenv=${name}=${value}`),
    ...options,
    ...["--", ...command],
  );
}

/** Runs a program in the pod to its end. */
export const runInPod = (kept: KeptLab, program: PodProgram): Promise<string> =>
  kept.node(podCommand(program, ["--wait", "--pipe", `--unit=${program.unit}`]));

/** Starts a program in the pod, or restarts it with another command line. */
export async function startInPod(kept: KeptLab, program: PodProgram): Promise<void> {
  const { unit } = program;
  await stopInPod(kept, unit);
  await kept.node(`mkdir -p ${logs}`);
  const log = ["Output", "Error"].map((stream) => `--property=Standard${stream}=append:${logs}/${unit}.log`);
  await kept.node(podCommand(program, [`--unit=${unit}`, ...log]));
}

/** Does nothing if it does not run. */
export const stopInPod = (kept: KeptLab, unit: string): Promise<string> =>
  kept.node(`systemctl stop ${unit} 2>/dev/null || true`);

/** What a program in the pod wrote. */
export const logOf = (kept: KeptLab, unit: string): Promise<string> => kept.node(`cat ${logs}/${unit}.log`);

/** Starts the application in the pod and makes its Service, `application`. */
export async function startApplication(kept: KeptLab): Promise<{ stop(): Promise<void> }> {
  const source = join(repositoryRoot, "lab/campaigns/ingress/applicationProcess.ts");
  const application = [process.execPath, ...typescript, source, podIp, `${applicationPort}`];
  const [program, ...args] = await inPlace("pod", application);
  const child = spawn(program, args, { cwd: repositoryRoot, stdio: ["pipe", "pipe", "inherit"] });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "close").then(() => Promise.reject(new Error("the application did not start"))),
  ]);
  await apply(kept, [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "application", namespace: "default" },
      spec: { ports: [{ name: "http", port: 80, targetPort: applicationPort }] },
    },
    endpointOf("application", "default", [{ name: "http", port: applicationPort, protocol: "TCP" }]),
  ]);
  return {
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "close");
    },
  };
}
