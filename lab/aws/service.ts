/** What the endpoint needs to know of each AWS service: how a call is read and its answer written. */
import type { Action, Answer } from "./action";
import type { AwsError } from "./errors";
import type { Parameters } from "./parameters";

/** An HTTP request whose body has been read. */
export interface HttpCall {
  method: string;
  url: URL;
  body: string;
}

export interface Service {
  /** The actions that the lab serves, by name. */
  readonly actions: Readonly<Record<string, Action>>;
  /** What an overloaded service answers; SDKs try again on it. */
  readonly throttled: AwsError;
  /** What a principal without the permission gets. */
  readonly unauthorized: AwsError;
  /** The action and its parameters. @throws AwsError when the request has not the protocol's form. */
  read(call: HttpCall): { action: string; parameters: Parameters };
  /** The body of an answer. */
  writeAnswer(action: string, answer: Answer, requestId: string): string;
  /** The body of an error. */
  writeError(error: AwsError, requestId: string): string;
}
