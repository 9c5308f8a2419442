/** One call of an AWS service: what it takes and what it does to the account. */
import type { z } from "zod";
import type { Account } from "./account";
import { checkParameters, type Parameters } from "./parameters";

/** An answer by the service's own element names; `undefined` leaves the element out. */
export interface Answer {
  [name: string]: AnswerValue;
}
export type AnswerValue = string | number | boolean | undefined | Answer | AnswerValue[];

export interface Action {
  /** Whether it changes the account; then it gets a draft, which is kept only if nothing fails. */
  readonly mutates: boolean;
  /**
   * @param principal access key id of the caller
   * @throws AwsError when AWS would refuse
   */
  run(account: Account, parameters: Parameters, principal: string): Answer;
}

/** An action that only looks, or, with `mutates`, one that changes the account. */
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
