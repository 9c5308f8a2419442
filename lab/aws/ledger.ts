/** The account, with calls done one after the other, each on a draft that is kept only if all went well. */
import type { Account } from "./account";
import type { Answer } from "./action";
import { AwsError } from "./errors";
import type { FaultKind } from "./fault";
import type { Parameters } from "./parameters";
import type { Service } from "./service";

/** What is asked before a call is done. */
export interface AuthorizedCall {
  service: string;
  action: string;
  /** Access key id. */
  principal: string;
  parameters: Parameters;
}

export interface LedgerOptions {
  /** Makes a change real; awaited before the change is answered. If it fails the account stays as it was. */
  onChange(account: Account): Promise<void>;
  /** Whether a caller may do something. */
  authorize(call: AuthorizedCall, account: Account): Promise<boolean>;
}

export class Ledger {
  #previous: Account;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    /** Changed in place. */
    readonly account: Account,
    private readonly options: LedgerOptions,
  ) {
    this.#previous = structuredClone(account);
  }

  /** What happens without a call. */
  change(work: (account: Account) => void): Promise<void> {
    return this.#inTurn(() => this.#keep(work));
  }

  /** @throws AwsError when AWS would refuse the call, or as the fault says */
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
    // The official provider takes this very text for "the Region has no such call".
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
