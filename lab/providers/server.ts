/**
 * Serves a plugin over the engine's gRPC protocol. The SDK's own `provider/server` supports neither previews of a
 * create, nor detailed diffs, timeouts or partly created resources.
 */
import * as grpc from "@grpc/grpc-js";
import * as pluginInfo from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { endWithParent } from "../endWithParent";
import { diff } from "./diff";
import { resourceLog } from "./engineLog";
import { toGrpcError } from "./grpcError";
import type { Context, Plugin, Properties, ResourceType } from "./resource";
import { fromStruct, inputsFromStruct, secret, toStruct, unknownValue } from "./wire";

/** `aws:ec2/eip:Eip` of `urn:pulumi:stack::project::parent$aws:ec2/eip:Eip::name`. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").pop() ?? "";
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || JSON.stringify(value) === "{}";

/** Inputs that match what was read, so that the engine reports drift as a difference from the program. */
function inputsNow(type: ResourceType, inputs: Properties, outputs: Properties): Properties {
  const importing = Object.keys(inputs).length === 0;
  const now = type.inputs.flatMap((name): [string, unknown][] => {
    if (type.writeOnly?.includes(name)) return [[name, inputs[name]]];
    const filledInByAws = type.computed.includes(name) && !(name in inputs);
    return isEmpty(outputs[name]) || (filledInByAws && !importing) ? [] : [[name, outputs[name]]];
  });
  return Object.fromEntries(now);
}

function withUnknown(outputs: Properties, names: readonly string[]): Properties {
  return { ...outputs, ...Object.fromEntries(names.map((name) => [name, unknownValue])) };
}

function previewCreate(type: ResourceType, inputs: Properties): Properties {
  return withUnknown(
    inputs,
    type.computed.filter((name) => !(name in inputs)),
  );
}

function previewUpdate(type: ResourceType, oldInputs: Properties, olds: Properties, news: Properties): Properties {
  const kept = Object.entries(olds).filter(([name]) => !(name in oldInputs));
  return withUnknown({ ...Object.fromEntries(kept), ...news }, type.recomputed ?? []);
}

function outputsToStruct(type: ResourceType, outputs: Properties): ReturnType<typeof toStruct> {
  const secrets = (type.secret ?? []).filter((name) => outputs[name] !== undefined);
  return toStruct({ ...outputs, ...Object.fromEntries(secrets.map((name) => [name, secret(outputs[name])])) });
}

function handle<Request, Response>(
  handler: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handler)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toGrpcError(error), null),
      );
  };
}

/** Serves until the engine terminates the process. */
export function serve(plugin: Plugin): void {
  endWithParent();
  const cancelled = new AbortController();
  const unserved = (what: string): string => `the lab's '${plugin.name}' plugin does not support ${what}`;

  const typeFor = (urn: string): ResourceType => {
    const type = plugin.resources[typeOf(urn)];
    if (type) return type;
    const served = Object.keys(plugin.resources).join(", ");
    throw new Error(`${unserved(typeOf(urn))}, only ${served}: run the lab with --plugins official`);
  };
  /** @param timeout seconds; 0 for none */
  const withContext = async <T>(
    urn: string,
    timeout: number,
    operation: (context: Context) => Promise<T>,
  ): Promise<T> => {
    const { log, flush } = resourceLog(urn);
    const signals = [cancelled.signal, ...(timeout > 0 ? [AbortSignal.timeout(timeout * 1000)] : [])];
    try {
      return await operation({ signal: AbortSignal.any(signals), log });
    } finally {
      await flush();
    }
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
      const response = new provider.ConfigureResponse();
      // Without secret support the engine passes plain values and marks the results of the same name as secret.
      response.setSupportspreview(true);
      return response;
    }),
    check: handle((request: provider.CheckRequest) => {
      const urn = request.getUrn();
      const type = typeFor(urn);
      const inputs = inputsFromStruct(request.getNews());
      const normal = type.normalize?.(inputs, { urn, olds: inputsFromStruct(request.getOlds()) }) ?? inputs;
      const response = new provider.CheckResponse();
      response.setInputs(toStruct(normal));
      const unknown = Object.keys(inputs).filter((name) => !type.inputs.includes(name));
      const reason = `${unserved(`this input of ${typeOf(urn)}`)}: run the lab with --plugins official`;
      for (const fault of [...unknown.map((property) => ({ property, reason })), ...(type.check?.(inputs) ?? [])]) {
        const failure = new provider.CheckFailure();
        failure.setProperty(fault.property);
        failure.setReason(fault.reason);
        response.addFailures(failure);
      }
      return response;
    }),
    diff: handle((request: provider.DiffRequest) =>
      diff(typeFor(request.getUrn()), inputsFromStruct(request.getOldInputs()), inputsFromStruct(request.getNews())),
    ),
    create: handle(async (request: provider.CreateRequest) => {
      const type = typeFor(request.getUrn());
      const inputs = inputsFromStruct(request.getProperties());
      const response = new provider.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(outputsToStruct(type, previewCreate(type, inputs)));
        return response;
      }
      const { id, outputs } = await withContext(request.getUrn(), request.getTimeout(), (context) =>
        type.create(inputs, context),
      );
      response.setId(id);
      response.setProperties(outputsToStruct(type, outputs));
      return response;
    }),
    read: handle(async (request: provider.ReadRequest) => {
      const type = typeFor(request.getUrn());
      const before = fromStruct(request.getProperties());
      const inputs = inputsFromStruct(request.getInputs());
      const response = new provider.ReadResponse();
      const outputs = type.read ? await type.read(request.getId(), before) : before;
      if (!outputs) return response;
      response.setId(request.getId());
      response.setProperties(outputsToStruct(type, { ...before, ...outputs }));
      response.setInputs(toStruct(type.read ? inputsNow(type, inputs, outputs) : inputs));
      return response;
    }),
    update: handle(async (request: provider.UpdateRequest) => {
      const type = typeFor(request.getUrn());
      const olds = fromStruct(request.getOlds());
      const news = inputsFromStruct(request.getNews());
      const response = new provider.UpdateResponse();
      if (request.getPreview()) {
        const oldInputs = inputsFromStruct(request.getOldInputs());
        response.setProperties(outputsToStruct(type, previewUpdate(type, oldInputs, olds, news)));
        return response;
      }
      const outputs = await withContext(request.getUrn(), request.getTimeout(), async (context) => {
        if (!type.update) throw new Error(`${typeOf(request.getUrn())} cannot be updated in place`);
        return type.update(request.getId(), olds, news, context);
      });
      response.setProperties(outputsToStruct(type, outputs));
      return response;
    }),
    delete: handle(async (request: provider.DeleteRequest) => {
      const type = typeFor(request.getUrn());
      const outputs = fromStruct(request.getProperties());
      await withContext(request.getUrn(), request.getTimeout(), (context) =>
        type.delete(request.getId(), outputs, context),
      );
      return new Empty();
    }),
    invoke: handle(async (request: provider.InvokeRequest) => {
      const token = request.getTok();
      const called = plugin.functions[token];
      const served = Object.keys(plugin.functions).join(", ");
      if (!called)
        throw new Error(`${unserved(token)}, only ${served || "resources"}: run the lab with --plugins official`);
      const args = inputsFromStruct(request.getArgs());
      const unknown = Object.keys(args).filter((name) => !called.args.includes(name));
      if (unknown.length > 0) {
        throw new Error(`${unserved(`${unknown.join(", ")} of ${token}`)}: run the lab with --plugins official`);
      }
      const response = new provider.InvokeResponse();
      response.setReturn(toStruct(await called.call(args)));
      return response;
    }),
    cancel: handle(() => {
      cancelled.abort();
      return new Empty();
    }),
  };

  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  // Omitted methods return UNIMPLEMENTED, which the engine takes as not supported.
  server.addService(ResourceProviderService, service as unknown as grpc.UntypedServiceImplementation);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
