/** What an AWS service implements: reads calls and writes responses. */
import type { Action, Answer } from "./action";
import type { AwsError } from "./errors";
import type { Parameters } from "./parameters";

/** An HTTP request with its body. */
export interface HttpCall {
  method: string;
  url: URL;
  body: string;
}

export interface Service {
  /** Implemented actions, by name. */
  readonly actions: Readonly<Record<string, Action>>;
  /** Throttling error, on which SDKs retry. */
  readonly throttled: AwsError;
  /** Error for a principal without the permission. */
  readonly unauthorized: AwsError;
  /**
   * The action and its parameters.
   * @throws AwsError if the request is malformed
   */
  read(call: HttpCall): { action: string; parameters: Parameters };
  writeAnswer(action: string, answer: Answer, requestId: string): string;
  writeError(error: AwsError, requestId: string): string;
}
