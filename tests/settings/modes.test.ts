import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { outputsOf, SecondaryIngressIp } from "../../components";
import { ApiForwarder, IngressMode, OnDestroy, PrimaryAddress } from "../../settings/choices";
import type { Settings } from "../../settings/schema";
import { readConfig } from "../../settings/read";
import { settings } from "../../settings/table";
import { record, valueOf, world } from "../components/mocks";
import { onEndpoint } from "../support/endpoint";

const ssh = {
  user: "ubuntu",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm",
};
const project = "kops-secondary-ingress";

/** For each setting that lacks an effect in a mode, another value than what the program has without it. */
const unusual: Partial<Settings> = {
  appDomains: ["app.example.com"],
  secondaryPrivateIp: "172.20.45.99",
  allocationId: "eipalloc-0123456789abcdef0",
  adopt: true,
  apiAllowedCidrs: ["192.0.2.0/24"],
  forceApiAllowedCidrs: true,
  apiForwarder: ApiForwarder.SocketProxyd,
  apiLocalPort: 6443,
  proxyProtocol: true,
  crossZone: false,
  keepAddress: true,
  primaryAddress: PrimaryAddress.ElasticIp,
  route53ZoneId: "Z0123456789ABC",
  dnsTtl: 5,
  overwriteRecords: true,
  healthChecks: true,
  onDestroy: OnDestroy.Retain,
  reinstall: "2",
  formerStack: "kops-secondary-ingress/old",
  ssh,
  sshPrivateKey: "the-private-key",
};

/** Everything that a stack makes and says. */
async function made(mode: IngressMode, more: Partial<Settings> = {}): Promise<unknown> {
  const all = {
    mode,
    clusterName: "k8s.example.com",
    ...(mode === IngressMode.DualIp ? { ssh: JSON.stringify(ssh) } : {}),
  };
  const given = Object.fromEntries(Object.entries(all).map(([key, value]) => [`${project}:${key}`, value]));
  const recording = await record(world());
  const component = new SecondaryIngressIp("ingress", { ...readConfig(project, given, "prod"), ...more });
  const outputs = await valueOf(pulumi.output(outputsOf(component)));
  const resources = recording.resources.toSorted((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));
  return { resources, calls: recording.calls.toSorted(), outputs };
}

describe("modes of settings", function () {
  onEndpoint();

  const effective = (mode: IngressMode, key: string): boolean => settings[key]?.modes?.includes(mode) ?? true;

  for (const mode of Object.values(IngressMode)) {
    const idle = Object.entries(unusual).filter(([key]) => !effective(mode, key));
    it(`${mode}: ${idle.length} have no effect, as the table says`, async () => {
      assert.ok(idle.length > 1);
      assert.deepEqual(await made(mode, Object.fromEntries(idle)), await made(mode));
    });
  }

  it("are tried with every setting that some mode leaves aside", () => {
    const keys = Object.keys(settings).filter((key) =>
      Object.values(IngressMode).some((mode) => !effective(mode, key)),
    );
    assert.deepEqual(Object.keys(unusual), keys);
  });
});
