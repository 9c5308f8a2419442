/** STS: who the caller is. */
import { z } from "zod";
import { action } from "./action";
import { AwsError } from "./errors";
import { readQuery } from "./query";
import type { Service } from "./service";
import { xmlDocument } from "./xml";

const version = "2011-06-15";
const namespace = `https://sts.amazonaws.com/doc/${version}/`;

/** Everybody who calls the lab is its one IAM user. */
const getCallerIdentity = action("reads", z.strictObject({}), ({ accountId }) => ({
  Arn: `arn:aws:iam::${accountId}:user/operator`,
  UserId: "AIDALABOPERATOR000000",
  Account: accountId,
}));

export const sts: Service = {
  actions: { GetCallerIdentity: getCallerIdentity },
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
