/** A service with the standard Query protocol, which all but EC2 use: STS, IAM. */
import type { Action } from "./action";
import { AwsError } from "./errors";
import { readQuery } from "./query";
import type { Service } from "./service";
import { xmlDocument } from "./xml";

/** @param host of the XML namespace, for example `sts.amazonaws.com` */
export function queryService(host: string, version: string, actions: Readonly<Record<string, Action>>): Service {
  const namespace = `https://${host}/doc/${version}/`;
  return {
    actions,
    throttled: new AwsError("Throttling", "Rate exceeded"),
    unauthorized: new AwsError("AccessDenied", "User is not authorized to perform this action", 403),
    read: (call) => readQuery(call, version),
    writeAnswer: (name, answer, requestId) =>
      xmlDocument(`${name}Response`, namespace, {
        [`${name}Result`]: answer,
        ResponseMetadata: { RequestId: requestId },
      }),
    writeError: ({ code, message }, requestId) =>
      xmlDocument("ErrorResponse", namespace, {
        Error: { Type: "Sender", Code: code, Message: message },
        RequestId: requestId,
      }),
  };
}
