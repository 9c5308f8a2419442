/** One API action: its parameters and its effect on the account. */
import type { z } from "zod";
import type { Account } from "./account";
import { checkParameters, type Parameters } from "./parameters";

/** A response with the service's element names; `undefined` omits the element. */
export interface Answer {
  [name: string]: AnswerValue;
}
export type AnswerValue = string | number | boolean | undefined | Answer | AnswerValue[];

export interface Action {
  /** Whether the action changes the account. If so it runs on a draft, which is committed only if nothing fails. */
  readonly mutates: boolean;
  /**
   * @param principal access key ID of the caller
   * @throws AwsError if AWS would reject the call
   */
  run(account: Account, parameters: Parameters, principal: string): Answer;
}

/** A read-only action, or with `mutates` one that changes the account. */
export function action<Schema extends z.ZodType>(
  mutates: "reads" | "mutates",
  request: Schema,
  run: (account: Account, request: z.output<Schema>, principal: string) => Answer,
): Action {
  return {
    mutates: mutates === "mutates",
    run: (account, parameters, principal) => run(account, checkParameters(request, parameters), principal),
  };
}
