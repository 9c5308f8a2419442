/** `npm run lab`, as a stranger runs it: every promise is kept on both kinds of node. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { labRoot, repositoryRoot } from "../../lab/paths";
import type { Row } from "../../lab/proof/row";
import { needsRoot } from "../support/needs";

/** What is asked while prod is up. */
// prettier-ignore
const urls = ["app-https", "app-http", "api-public", "api-public-internal-name", "api-loopback", "api-primary", "api-by-sni"];

/** What only a real control plane can show. */
const cluster = ["kubectl-readyz", "kubernetes-endpoint", "api-from-pod", "nodeport-by-kube-proxy"];

/** What only workers can show: mode load-balancer, in which the API has no name at the applications' address. */
const workers = [
  "up-prod",
  ...urls.filter((id) => id !== "api-by-sni"),
  "targets-healthy",
  "again-prod",
  "destroy-prod",
];

/** The promises, in the order of the table. */
// prettier-ignore
const promised = (kubernetes: readonly string[], balanced: readonly string[]): string[] => [
  "up-dev", "dev-https", "dev-http", "dev-free", "up-prod", ...urls, ...kubernetes, "haproxy-down", "again-dev", "again-prod",
  "api-while-installing", ...["api-serves", "api-port-free", ...urls, ...kubernetes].map((id) => `reboot-${id}`),
  "destroy-prod", "destroy-dev", ...balanced.map((id) => `balanced-${id}`), "api-while-removing", "aws-empty", "host-as-before", ...(kubernetes.length > 0 ? ["memory"] : []),
];

/** A short form of `npm run campaign -- matrix`: each kind of node, and each of kube-proxy's modes, once. */
const labs = [
  {
    name: "the API server on 443, two workers beside it",
    apiPort: "443",
    options: ["--nodes", "3"],
    kubernetes: [],
    balanced: workers,
  },
  {
    name: "the API server moved to 127.0.0.1:8443, Debian 13 without netplan",
    apiPort: "8443",
    options: ["--debian", "trixie", "--network", "networkd"],
    kubernetes: [],
  },
  {
    name: "Kubernetes, its API server on 443, kube-proxy by nftables",
    apiPort: "443",
    options: ["--kubernetes"],
    kubernetes: cluster,
  },
  {
    name: "Kubernetes, its API server moved to *:8443, kube-proxy by iptables",
    apiPort: "8443",
    options: ["--kubernetes", "--api-address", "0.0.0.0", "--proxy-mode", "iptables"],
    kubernetes: cluster,
  },
];

describe("npm run lab", function () {
  for (const { name, apiPort, options, kubernetes, balanced = [] } of labs) {
    it(`keeps every promise with ${name}`, function () {
      needsRoot(this);
      const { status, stdout, stderr } = spawnSync(
        "npm",
        ["run", "--silent", "lab", "--", "--json", "--api-port", apiPort, ...options],
        {
          cwd: repositoryRoot,
          encoding: "utf8",
          maxBuffer: 64 * 1024 * 1024,
        },
      );
      assert.notEqual(stdout, "", `nothing on stdout; on stderr:\n${stderr}`);
      const proof = JSON.parse(stdout) as { engine: unknown; plugins: unknown; apiPort: number; rows: Row[] };
      assert.deepEqual(Object.keys(proof), ["engine", "plugins", "apiPort", "rows"]);
      assert.deepEqual(
        proof.rows.filter(({ ok }) => !ok),
        [],
      );
      assert.deepEqual(
        proof.rows.map(({ id }) => id),
        promised(kubernetes, balanced),
      );
      assert.equal(proof.apiPort, Number(apiPort));
      assert.equal(status, 0, stderr);
      assert.equal(existsSync(labRoot), false, "the lab leaves nothing behind");
    });
  }
});
