/** Runs a drop-in plugin as the engine does, and speaks to it as the engine does. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "../../../lab/providers/resource";
import { repositoryRoot, typescript } from "../../../lab/paths";

/** Stand for what the engine's protocol writes for a secret and for an unknown value. */
const signatureKey = "4dabf18193072939515e22adb298388d";
export const secret = (value: unknown): Properties => ({
  [signatureKey]: "1b47061264138c4ac30d75fd1eb44270",
  value,
});
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const urn = (type: string, name = "it"): string => `urn:pulumi:test::project::a:b:Component$${type}::${name}`;

export interface LogLine {
  severity: "info" | "warning" | "error" | "debug";
  message: string;
  urn: string;
  passing: boolean;
}

export interface Failure extends Error {
  code: grpc.status;
  details: string;
  metadata: grpc.Metadata;
}

/** What a plugin said about a resource that it made only in part. */
export function partlyCreated(failure: Failure): { id: string; outputs: Properties; reasons: string[] } {
  const [packed] = failure.metadata.get("grpc-status-details-bin");
  assert(Buffer.isBuffer(packed), "no details in the error");
  const [any] = Status.deserializeBinary(packed).getDetailsList();
  assert.equal(any?.getTypeUrl(), "type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
  const detail = provider.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
  return {
    id: detail.getId(),
    outputs: detail.getProperties()?.toJavaScript() ?? {},
    reasons: detail.getReasonsList(),
  };
}

/** What is undefined does not cross the wire. */
const struct = (properties: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);
const plain = (properties: Struct | undefined): Properties => properties?.toJavaScript() ?? {};

type UnaryCall = (request: unknown, callback: (error: grpc.ServiceError | null, response: unknown) => void) => void;

export class PluginProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly engine: grpc.Server,
    private readonly client: ResourceProviderClient,
    /** What the plugin told the engine. */
    readonly log: LogLine[],
  ) {}

  static async start(name: "aws" | "command" | "random", env: NodeJS.ProcessEnv = {}): Promise<PluginProcess> {
    const log: LogLine[] = [];
    const engine = new grpc.Server();
    engine.addService(EngineService, {
      log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, callback: grpc.sendUnaryData<Empty>) => {
        const { request } = call;
        const names = Object.entries(LogSeverity) as [string, number][];
        const severity = names.find(([, value]) => value === request.getSeverity())?.[0].toLowerCase();
        log.push({
          severity: severity as LogLine["severity"],
          message: request.getMessage(),
          urn: request.getUrn(),
          passing: request.getEphemeral(),
        });
        callback(null, new Empty());
      },
    } as unknown as grpc.UntypedServiceImplementation);
    const insecure = grpc.ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", insecure, (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    const main = join(repositoryRoot, "lab/providers", name, "main.ts");
    const child = spawn(process.execPath, [...typescript, main, "--logtostderr", `127.0.0.1:${port}`], {
      cwd: repositoryRoot,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const address = `127.0.0.1:${line.toString().trim()}`;
    const client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
    return new PluginProcess(child, engine, client, log);
  }

  async stop(): Promise<void> {
    this.client.close();
    this.engine.forceShutdown();
    this.child.kill();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }

  /** @param method as the protocol names it, in camel case */
  call<Response>(method: string, request: unknown): Promise<Response> {
    const unary = (this.client as unknown as Record<string, UnaryCall | undefined>)[method];
    assert(unary, `the protocol has no ${method}`);
    return new Promise((resolve, reject) =>
      unary.call(this.client, request, (error, response) => (error ? reject(error) : resolve(response as Response))),
    );
  }

  async configure(args: Properties): Promise<provider.ConfigureResponse> {
    const request = new provider.ConfigureRequest();
    request.setArgs(struct(args));
    return this.call<provider.ConfigureResponse>("configure", request);
  }

  async check(
    type: string,
    news: Properties,
    olds?: Properties,
  ): Promise<{ inputs: Properties; failures: Record<string, string> }> {
    const request = new provider.CheckRequest();
    request.setUrn(urn(type));
    request.setNews(struct(news));
    if (olds) request.setOlds(struct(olds));
    const response = await this.call<provider.CheckResponse>("check", request);
    const failures = response.getFailuresList().map((each) => [each.getProperty(), each.getReason()] as const);
    return { inputs: plain(response.getInputs()), failures: Object.fromEntries(failures) };
  }

  /** By property, the kind of change in the engine's words. */
  async diff(
    type: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changed: boolean; replaces: string[]; detailed: Record<string, string> }> {
    const request = new provider.DiffRequest();
    request.setUrn(urn(type));
    request.setOldInputs(struct(olds));
    request.setNews(struct(news));
    const response = await this.call<provider.DiffResponse>("diff", request);
    assert(response.getHasdetaileddiff());
    const kinds = Object.entries(provider.PropertyDiff.Kind);
    const detailed: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((change: provider.PropertyDiff, name: string) => {
      detailed[name] = kinds.find(([, kind]) => kind === change.getKind())?.[0] ?? "";
    });
    return {
      changed: response.getChanges() === provider.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      detailed,
    };
  }

  async create(
    type: string,
    inputs: Properties,
    options: { preview?: boolean; timeout?: number } = {},
  ): Promise<{ id: string; outputs: Properties }> {
    const request = new provider.CreateRequest();
    request.setUrn(urn(type));
    request.setProperties(struct(inputs));
    request.setPreview(options.preview ?? false);
    request.setTimeout(options.timeout ?? 0);
    const response = await this.call<provider.CreateResponse>("create", request);
    return { id: response.getId(), outputs: plain(response.getProperties()) };
  }

  /** As a refresh asks; as an import does where nothing is known beside the id. */
  async read(
    type: string,
    id: string,
    outputs: Properties = {},
    inputs: Properties = {},
  ): Promise<{ id: string; outputs: Properties; inputs: Properties }> {
    const request = new provider.ReadRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setProperties(struct(outputs));
    request.setInputs(struct(inputs));
    const response = await this.call<provider.ReadResponse>("read", request);
    return { id: response.getId(), outputs: plain(response.getProperties()), inputs: plain(response.getInputs()) };
  }

  async update(
    type: string,
    id: string,
    old: { outputs: Properties; inputs: Properties },
    news: Properties,
    options: { preview?: boolean } = {},
  ): Promise<Properties> {
    const request = new provider.UpdateRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setOlds(struct(old.outputs));
    request.setOldInputs(struct(old.inputs));
    request.setNews(struct(news));
    request.setPreview(options.preview ?? false);
    const response = await this.call<provider.UpdateResponse>("update", request);
    return plain(response.getProperties());
  }

  async delete(type: string, id: string, outputs: Properties): Promise<void> {
    const request = new provider.DeleteRequest();
    request.setUrn(urn(type));
    request.setId(id);
    request.setProperties(struct(outputs));
    await this.call<Empty>("delete", request);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new provider.InvokeRequest();
    request.setTok(token);
    request.setArgs(struct(args));
    const response = await this.call<provider.InvokeResponse>("invoke", request);
    return plain(response.getReturn());
  }

  async cancel(): Promise<void> {
    await this.call<Empty>("cancel", new Empty());
  }
}

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (error) {
    return error as Failure;
  }
  throw new assert.AssertionError({ message: "expected an error, found none" });
}
