/**
 * Serves a plugin over the engine's gRPC protocol. The SDK's own `provider/server` is not used: it knows neither detailed diffs nor
 * a resource that was made only in part.
 */
import { isDeepStrictEqual } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as pluginInfo from "@pulumi/pulumi/proto/plugin_pb";
import * as status from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PartlyCreated, type Plugin, type Properties, type ResourceType } from "./resource";

type Handler<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response> | Response;

/** Values without a meaning on the wire are left out, as the official plugins do. */
const toStruct = (properties: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);
const fromStruct = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};

/** Inputs without the engine's own notes. */
const own = (properties: Properties): Properties =>
  Object.fromEntries(
    Object.entries(properties).filter(
      ([name, value]) => !name.startsWith("__") && value !== null && value !== undefined,
    ),
  );

function toGrpcError(error: unknown): Partial<grpc.StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof PartlyCreated) {
    const detail = new provider.ErrorResourceInitFailed();
    detail.setId(error.state.id);
    detail.setProperties(toStruct(error.state.outputs));
    detail.setReasonsList([message]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const packed = new status.Status();
    packed.setCode(grpc.status.UNKNOWN);
    packed.setMessage(message);
    packed.addDetails(any);
    metadata.add("grpc-status-details-bin", Buffer.from(packed.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

/** `aws:ec2/eip:Eip` of `urn:pulumi:stack::project::parent$aws:ec2/eip:Eip::name`. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

function diff(type: ResourceType, olds: Properties, news: Properties): provider.DiffResponse {
  const response = new provider.DiffResponse();
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
    (name) => !isDeepStrictEqual(olds[name], news[name]),
  );
  response.setChanges(
    names.length > 0 ? provider.DiffResponse.DiffChanges.DIFF_SOME : provider.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setDiffsList(names);
  response.setReplacesList(names.filter((name) => type.replaceOn.includes(name)));
  response.setHasdetaileddiff(true);
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;
  for (const name of names) {
    const replaces = type.replaceOn.includes(name);
    const change = new provider.PropertyDiff();
    if (!(name in olds)) change.setKind(replaces ? ADD_REPLACE : ADD);
    else if (!(name in news)) change.setKind(replaces ? DELETE_REPLACE : DELETE);
    else change.setKind(replaces ? UPDATE_REPLACE : UPDATE);
    change.setInputdiff(true);
    response.getDetaileddiffMap().set(name, change);
  }
  return response;
}

/** Runs until the engine ends it. */
export function serve(plugin: Plugin): void {
  const cancelled = new AbortController();
  const handle =
    <Request, Response>(handler: Handler<Request, Response>): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      Promise.resolve()
        .then(() => handler(call.request, cancelled.signal))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toGrpcError(error), null),
        );
    };
  const typeFor = (urn: string): ResourceType => {
    const type = plugin.resources[typeOf(urn)];
    if (type) return type;
    const served = Object.keys(plugin.resources).join(", ");
    throw new Error(
      `the lab's '${plugin.name}' plugin stands in for ${served}, not for ${typeOf(urn)}; use --plugins official`,
    );
  };

  const service = {
    getPluginInfo: handle(() => {
      const info = new pluginInfo.PluginInfo();
      info.setVersion(plugin.version);
      return info;
    }),
    getSchema: handle(() => {
      const response = new provider.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: plugin.name, version: plugin.version }));
      return response;
    }),
    checkConfig: handle((request: provider.CheckRequest) => {
      const response = new provider.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: handle(() => new provider.DiffResponse()),
    configure: handle(async (request: provider.ConfigureRequest) => {
      await plugin.configure?.(fromStruct(request.getArgs()));
      // The engine strips secrets from what it hands over and marks the outputs of secret inputs itself.
      return new provider.ConfigureResponse();
    }),
    check: handle((request: provider.CheckRequest) => {
      const type = typeFor(request.getUrn());
      const olds = fromStruct(request.getOlds());
      const inputs = own(fromStruct(request.getNews()));
      const response = new provider.CheckResponse();
      response.setInputs(toStruct(type.normalize?.(inputs, { urn: request.getUrn(), olds }) ?? inputs));
      for (const { property, reason } of type.check?.(inputs) ?? []) {
        const failure = new provider.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    }),
    diff: handle((request: provider.DiffRequest) =>
      diff(typeFor(request.getUrn()), own(fromStruct(request.getOldInputs())), own(fromStruct(request.getNews()))),
    ),
    create: handle(async (request: provider.CreateRequest, signal) => {
      const { id, outputs } = await typeFor(request.getUrn()).create(own(fromStruct(request.getProperties())), signal);
      const response = new provider.CreateResponse();
      response.setId(id);
      response.setProperties(toStruct(outputs));
      return response;
    }),
    read: handle(async (request: provider.ReadRequest) => {
      const type = typeFor(request.getUrn());
      const response = new provider.ReadResponse();
      const outputs = fromStruct(request.getProperties());
      const inputs = own(fromStruct(request.getInputs()));
      const found = type.read ? await type.read(request.getId(), outputs, inputs) : { outputs, inputs };
      if (!found) return response;
      response.setId(request.getId());
      response.setProperties(toStruct(found.outputs));
      response.setInputs(toStruct(found.inputs));
      return response;
    }),
    update: handle(async (request: provider.UpdateRequest, signal) => {
      const type = typeFor(request.getUrn());
      if (!type.update) throw new Error(`${typeOf(request.getUrn())} cannot be updated in place`);
      const outputs = await type.update(
        request.getId(),
        fromStruct(request.getOlds()),
        own(fromStruct(request.getNews())),
        signal,
      );
      const response = new provider.UpdateResponse();
      response.setProperties(toStruct(outputs));
      return response;
    }),
    delete: handle(async (request: provider.DeleteRequest, signal) => {
      await typeFor(request.getUrn()).delete(request.getId(), fromStruct(request.getProperties()), signal);
      return new Empty();
    }),
    invoke: handle(async (request: provider.InvokeRequest) => {
      const call = plugin.functions[request.getTok()];
      if (!call)
        throw new Error(
          `the lab's '${plugin.name}' plugin has no function ${request.getTok()}; use --plugins official`,
        );
      const response = new provider.InvokeResponse();
      response.setReturn(toStruct(await call(own(fromStruct(request.getArgs())))));
      return response;
    }),
    cancel: handle(() => {
      cancelled.abort();
      return new Empty();
    }),
  };

  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(ResourceProviderService, service as unknown as grpc.UntypedServiceImplementation);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
