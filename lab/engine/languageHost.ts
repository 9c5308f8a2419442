/**
 * Replaces `pulumi-language-nodejs` for an engine built from its Go module, which does not include it. Like the
 * original it starts the SDK's own `@pulumi/pulumi/cmd/run` in the program's directory; no code of the program runs in
 * this process. The engine passes its address as the only argument and reads the port from stdout.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { version } from "@pulumi/pulumi/version";
import { endWithParent } from "../endWithParent";

type Unary<Request, Response> = grpc.handleUnaryCall<Request, Response>;

const engineAddress = process.argv.find((argument) => /^[\w.[\]:]+:\d+$/.test(argument)) ?? "";

/** Exit status of `cmd/run` after it has reported the error to the user. */
const toldTheUser = 32;

const run: Unary<language.RunRequest, language.RunResponse> = (call, callback) => {
  const request = call.request;
  const info = request.getInfo();
  const programDirectory = info?.getProgramDirectory() || request.getPwd();
  const runner = createRequire(join(programDirectory, "index.js")).resolve("@pulumi/pulumi/cmd/run");
  const flags = [
    `--monitor=${request.getMonitorAddress()}`,
    `--engine=${engineAddress}`,
    `--organization=${request.getOrganization()}`,
    `--project=${request.getProject()}`,
    `--stack=${request.getStack()}`,
    `--root-directory=${info?.getRootDirectory() ?? ""}`,
    `--pwd=${request.getPwd()}`,
    `--parallel=${request.getParallel()}`,
    ...(request.getDryrun() ? ["--dry-run"] : []),
  ];
  const child = spawn(process.execPath, [runner, ...flags, info?.getEntryPoint() ?? ".", ...request.getArgsList()], {
    cwd: programDirectory,
    // This process's stdout is for the engine's handshake only.
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_NODEJS_TYPESCRIPT: "true",
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  });
  call.on("cancelled", () => child.kill());
  child.on("exit", (status, signal) => {
    const response = new language.RunResponse();
    if (status === toldTheUser) response.setBail(true);
    else if (status !== 0) response.setError(`Program exited with ${signal ? `signal ${signal}` : `status ${status}`}`);
    callback(null, response);
  });
};

endWithParent();
const server = new grpc.Server();
server.addService(LanguageRuntimeService, {
  handshake: ((_call, callback) => callback(null, new language.LanguageHandshakeResponse())) satisfies Unary<
    unknown,
    language.LanguageHandshakeResponse
  >,
  // The engine loads plugins as resources register; nothing is installed in advance.
  getRequiredPlugins: ((_call, callback) => callback(null, new language.GetRequiredPluginsResponse())) satisfies Unary<
    unknown,
    language.GetRequiredPluginsResponse
  >,
  getRequiredPackages: ((_call, callback) =>
    callback(null, new language.GetRequiredPackagesResponse())) satisfies Unary<
    unknown,
    language.GetRequiredPackagesResponse
  >,
  getPluginInfo: ((_call, callback) => {
    const info = new plugin.PluginInfo();
    info.setVersion(version);
    callback(null, info);
  }) satisfies Unary<unknown, plugin.PluginInfo>,
  run,
} as unknown as grpc.UntypedServiceImplementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
