/** The README's table of what is tested with what, from the files that the tests themselves run by. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { parse } from "yaml";
import { envoyGatewayVersion, pebbleVersion, traefikVersion } from "../../lab/ingress/programs";
import { ciliumVersion, etcdVersion, kubernetesVersion } from "../../lab/kubernetes/versions";
import { suites } from "../../lab/node/image";
import { repositoryRoot } from "./paths";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");

export { ciliumVersion, envoyGatewayVersion, etcdVersion, kubernetesVersion, pebbleVersion, traefikVersion };

/** Versions in the lockfile. */
export const locked = (
  JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { version: string; engines?: { node?: string } }>;
  }
).packages;
const versionOf = (name: string): string => locked[`node_modules/${name}`]?.version ?? `no ${name}`;

interface Workflow {
  jobs: Record<string, { strategy?: { matrix: { node: number[] } } }>;
}
/** Node.js versions of the workflow's jobs, in order. */
export const nodes = [
  ...new Set(
    Object.values((parse(read(".github/workflows/ci.yml")) as Workflow).jobs).flatMap(
      ({ strategy }) => strategy?.matrix.node ?? [],
    ),
  ),
].sort((a, b) => a - b);

/** The version of a Go module that the lab builds. */
export const goVersion = (folder: string, module: string): string =>
  new RegExp(`^(?:require )?\\s*${module} v(\\S+)`, "m").exec(read(`${folder}/go.mod`))?.[1] ?? `no ${module}`;

const debian = { bookworm: "12", trixie: "13" } satisfies Record<(typeof suites)[number], string>;
const mainJob = "`npm run lab`";

/** What, the versions that are tested, the command that tests them, and what was only read about. */
const rows = (): string[][] => [
  ["Node.js", nodes.join(", "), "`.ci/run`, by the workflow", ""],
  ["Pulumi: engine and SDK", versionOf("@pulumi/pulumi"), mainJob, ""],
  [
    "Pulumi's `aws`, `command`, `random`",
    ["aws", "command", "random"].map((name) => versionOf(`@pulumi/${name}`)).join(", "),
    `${mainJob}: their SDKs, with [drop-in plugins](docs/lab.md) if the official ones cannot be had`,
    "",
  ],
  ["AWS SDK", versionOf("@aws-sdk/client-ec2"), mainJob, ""],
  [
    "Kubernetes, etcd",
    [kubernetesVersion, etcdVersion].map((version) => version.slice(1)).join(", "),
    `${mainJob.slice(0, -1)} -- --kubernetes\`: API server and kube-proxy`,
    "",
  ],
  [
    "kubelet, with Debian's containerd",
    kubernetesVersion.slice(1),
    `${mainJob.slice(0, -1)} -- --kubernetes --kubelet real\``,
    "containerd 2",
  ],
  ["kOps", "", "", "1.36.2: [what the lab does as kOps does](docs/lab.md#what-matches-kops)"],
  ["Debian", suites.map((suite) => debian[suite]).join(", "), `${mainJob.slice(0, -1)} -- --debian <suite>\``, ""],
  ["Ubuntu", "", "", "24.04"],
  ["network of the pods", "kube-proxy by nftables, by iptables", "`npm run campaign -- matrix`", ""],
  ["Cilium without kube-proxy", ciliumVersion.slice(1), `${mainJob.slice(0, -1)} -- --kubernetes --cni cilium\``, ""],
  [
    "ingress controller",
    `Traefik ${traefikVersion.slice(1)}, Envoy Gateway ${envoyGatewayVersion.slice(1)}`,
    "`npm run campaign -- ingress`; elsewhere the lab has a TLS server on the two NodePorts",
    "ingress-nginx, NGINX Gateway Fabric, Cilium's Gateway",
  ],
];

/** The README with the table anew. */
export function withVersions(current: string): Promise<string> {
  const table = [["what", "tested with", "by", "only read about"], Array(4).fill("---"), ...rows()].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  const changed = current.replace(/(?<=## Versions\n\n[^|]*)\|[\s\S]*?\n(?=\n)/, () => `${table.join("\n")}\n`);
  return format(changed, { parser: "markdown", printWidth: 120 });
}
