/** A plugin error in the engine's format. */
import * as grpc from "@grpc/grpc-js";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as status from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { PartlyCreated } from "./resource";
import { toStruct } from "./wire";

function partlyCreated({ state, message }: PartlyCreated): grpc.Metadata {
  const detail = new provider.ErrorResourceInitFailed();
  detail.setId(state.id);
  detail.setProperties(toStruct(state.outputs));
  detail.setReasonsList([message]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const packed = new status.Status();
  packed.setCode(grpc.status.UNKNOWN);
  packed.setMessage(message);
  packed.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(packed.serializeBinary()));
  return metadata;
}

export function toGrpcError(error: unknown): Partial<grpc.StatusObject> {
  return {
    code: grpc.status.UNKNOWN,
    details: error instanceof Error ? error.message : String(error),
    metadata: error instanceof PartlyCreated ? partlyCreated(error) : new grpc.Metadata(),
  };
}
