import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { withoutNode } from "../../../operator/cli/forgetNode";
import { repositoryRoot } from "../../support/paths";

describe("secondary-ingress", () => {
  const cli = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("npx", ["--no-install", "secondary-ingress", ...args], { cwd: repositoryRoot, encoding: "utf8" });

  it("says what it can do", () => {
    const { status, stdout } = cli("--help");
    assert.equal(status, 0);
    assert.match(stdout, /forget-node/);
  });

  it("refuses a command line without a stack", () => {
    const { status, stderr } = cli("forget-node");
    assert.equal(status, 1);
    assert.match(stderr, /--stack/);
  });
});

describe("forget-node", () => {
  const urn = (type: string, name: string): string =>
    `urn:pulumi:prod::kops-secondary-ingress::component$${type}::${name}`;
  const resource = (type: string, name: string): { urn: string; type: string } => ({ urn: urn(type, name), type });

  it("retains what calls the node, names its files, and leaves everything else as it is", () => {
    const address = resource("aws:ec2/eip:Eip", "ingress-ingress");
    const file = resource("command:remote:Command", "ingress-check");
    const seen = resource("pulumi-nodejs:dynamic/kops-secondary-ingress:SeenApi", "ingress-seen-api");
    const confirmed = resource("pulumi-nodejs:dynamic/kops-secondary-ingress:ConfirmedChange", "ingress-confirmed");
    const resources = [address, file, seen, confirmed];
    const { state, forgotten } = withoutNode({ version: 3, deployment: { secrets: 1, resources } });
    assert.deepEqual(forgotten, ["ingress-check"]);
    assert.deepEqual(state, {
      version: 3,
      deployment: {
        secrets: 1,
        resources: [address, ...[file, seen, confirmed].map((each) => ({ ...each, retainOnDelete: true }))],
      },
    });
  });

  it("has nothing to forget in an empty stack", () => {
    assert.deepEqual(withoutNode({ version: 3, deployment: {} }).forgotten, []);
  });
});
