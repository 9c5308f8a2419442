/** Serializes calls on the account, each on a draft that is committed only if the call succeeds. */
import type { Account } from "./account";
import type { Answer } from "./action";
import { AwsError } from "./errors";
import type { FaultKind } from "./fault";
import type { Parameters } from "./parameters";
import type { Service } from "./service";

/** The call to authorize. */
export interface AuthorizedCall {
  service: string;
  action: string;
  /** Access key ID. */
  principal: string;
  parameters: Parameters;
}

export interface LedgerOptions {
  /** Applies a change to the lab, before the response is sent. If it fails, the account is rolled back. */
  onChange(account: Account): Promise<void>;
  /** Whether the caller may make a call. */
  authorize(call: AuthorizedCall, account: Account): Promise<boolean>;
}

export class Ledger {
  #previous: Account;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    /** Mutated in place. */
    readonly account: Account,
    private readonly options: LedgerOptions,
  ) {
    this.#previous = structuredClone(account);
  }

  /** An event in AWS that is not an API call. */
  change(work: (account: Account) => void): Promise<void> {
    return this.#inTurn(() => this.#keep(work));
  }

  /** @throws AwsError if AWS would reject the call or the fault says so */
  run(service: Service, call: AuthorizedCall, fault: FaultKind | undefined): Promise<Answer> {
    return this.#inTurn(() => this.#run(service, call, fault));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #keep<T>(work: (account: Account) => T): Promise<T> {
    const draft = structuredClone(this.account);
    const result = work(draft);
    await this.options.onChange(draft);
    this.#previous = structuredClone(this.account);
    Object.assign(this.account, draft);
    return result;
  }

  async #run(service: Service, call: AuthorizedCall, fault: FaultKind | undefined): Promise<Answer> {
    const { action: name, parameters, principal } = call;
    const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
    // The official provider takes this exact text to mean that the Region does not have the call.
    if (!action) throw new AwsError("InvalidAction", `The action ${name} is not valid for this web service.`);
    if (fault === "throttled") throw service.throttled;
    if (fault === "internal") throw new AwsError("InternalError", "An internal error has occurred", 500);
    if (fault === "unauthorized" || !(await this.options.authorize(call, this.account))) throw service.unauthorized;
    if (fault === "stale") {
      const seen = action.run(structuredClone(this.#previous), parameters, principal);
      if (!action.mutates) return seen;
    }
    if (!action.mutates) return action.run(this.account, parameters, principal);
    return this.#keep((draft) => action.run(draft, parameters, principal));
  }
}
