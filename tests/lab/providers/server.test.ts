import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ConstructRequest, ProviderHandshakeRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { repositoryRoot } from "../../../lab/paths";
import { failureOf, PluginProcess, secret } from "./plugin";

describe("lab plugins: the engine's protocol", () => {
  const plugins = {} as Record<"aws" | "command" | "random", PluginProcess>;
  const names = ["aws", "command", "random"] as const;
  before(async () => {
    for (const name of names) plugins[name] = await PluginProcess.start(name, { AWS_REGION: "eu-central-1" });
  });
  after(() => Promise.all(names.map((name) => plugins[name].stop())));

  for (const name of names) {
    it(`gives '${name}' the version of the SDK that the program uses`, async () => {
      const file = join(repositoryRoot, "node_modules/@pulumi", name, "package.json");
      const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
      const info = await plugins[name].call<PluginInfo>("getPluginInfo", new Empty());
      assert.equal(info.getVersion(), version);
    });
  }

  it("takes part in previews, and leaves secrets to the engine", async () => {
    const configured = await plugins.random.configure({});
    assert.equal(configured.getSupportspreview(), true);
    assert.equal(configured.getAcceptsecrets(), false);
  });

  it("answers UNIMPLEMENTED to what it does not do, which the engine takes for an answer", async () => {
    const requests = { handshake: new ProviderHandshakeRequest(), construct: new ConstructRequest() };
    for (const [method, request] of Object.entries(requests)) {
      assert.equal((await failureOf(plugins.random.call(method, request))).code, grpc.status.UNIMPLEMENTED);
    }
  });

  it("names what it serves when asked for another resource or function", async () => {
    const bucket = await failureOf(plugins.aws.check("aws:s3/bucket:Bucket", {}));
    assert.match(
      bucket.details,
      /'aws' plugin does not support aws:s3\/bucket:Bucket, only (aws:[^,]+, )*aws:ec2\/eip:Eip, .*--plugins official/,
    );
    const ami = await failureOf(plugins.aws.invoke("aws:ec2/getAmi:getAmi", {}));
    assert.match(
      ami.details,
      /does not support aws:ec2\/getAmi:getAmi, only (aws:[^,]+, )*aws:ec2\/getEips:getEips, .*--plugins official/,
    );
  });

  it("refuses an input or an argument that it would otherwise leave out", async () => {
    const { failures } = await plugins.aws.check("aws:ec2/eip:Eip", { domain: "vpc", instance: "i-1" });
    assert.deepEqual(Object.keys(failures), ["instance"]);
    assert.match(failures["instance"] ?? "", /does not support this input of aws:ec2\/eip:Eip/);
    const subnet = await failureOf(plugins.aws.invoke("aws:ec2/getSubnet:getSubnet", { vpcId: "vpc-1" }));
    assert.match(subnet.details, /does not support vpcId of aws:ec2\/getSubnet:getSubnet/);
  });

  it("takes no notice of the engine's own notes and of nulls, and sees through a secret", async () => {
    const { inputs, failures } = await plugins.random.check("random:index/randomPassword:RandomPassword", {
      __defaults: [],
      length: secret(16),
      special: null,
    });
    assert.deepEqual({ inputs, failures }, { inputs: { length: 16 }, failures: {} });
  });
});
