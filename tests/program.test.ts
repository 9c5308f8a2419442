import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { outputsSchema } from "../outputs/stackOutputs";
import { program } from "../program";
import { record, valueOf, world } from "./components/mocks";

const settings = (mode: string, more: Record<string, string> = {}): void => {
  const values = { mode, clusterName: "k8s.example.com", appDomains: '["app.example.com"]', ...more };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`kops-secondary-ingress:${key}`, value])),
  );
};
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm";
const ssh = { ssh: JSON.stringify({ user: "ubuntu", hostKey }) };

describe("program", () => {
  afterEach(() => {
    pulumi.runtime.setAllConfig({});
  });

  for (const [mode, more] of [
    ["node-port", {}],
    ["dual-ip", ssh],
  ] as const) {
    it(`${mode}: has the outputs of outputs/schema.json`, async () => {
      await record(world());
      settings(mode, more);
      const outputs = program();
      assert.deepEqual(Object.keys(outputs).sort(), Object.keys(outputsSchema.shape).sort());
      for (const output of Object.values(outputs)) await valueOf(output as pulumi.Output<unknown>);
    });
  }

  it("publishes nothing that is no address", async () => {
    await record(world({ elasticIps: { "ingress-ingress": "none" } }));
    settings("dual-ip", ssh);
    const { dns } = program();
    await assert.rejects((dns as unknown as { promise(): Promise<unknown> }).promise(), /Invalid IPv4 address/);
  });
});
