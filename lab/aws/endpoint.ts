/**
 * The lab's AWS: EC2, Route 53 and STS on one port, by their real protocols. Calls act on an account that is plain data;
 * who starts the endpoint makes that data real.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Account } from "./account";
import type { Answer } from "./action";
import { readAuthorization, unsigned } from "./authorization";
import { ec2 } from "./ec2/service";
import { AwsError } from "./errors";
import { type Fault, takeFault } from "./fault";
import { flatten, type Parameters } from "./parameters";
import { route53, route53Path } from "./route53/service";
import type { HttpCall, Service } from "./service";
import { sts } from "./sts";

const services = { ec2, route53, sts } as const satisfies Record<string, Service>;
type ServiceName = keyof typeof services;

/** One call, without secrets. */
export interface CallRecord {
  /** ISO 8601. */
  time: string;
  service: ServiceName;
  /** As the service names it; empty when the request had none. */
  action: string;
  /** Access key id; empty when the request was not signed. */
  principal: string;
  userAgent: string;
  /** By their path in the request, for example `Filter.1.Name`. */
  parameters: Record<string, string>;
  /** HTTP status of the answer. */
  status: number;
  /** AWS's error code. */
  error?: string;
}

/** What is asked before a call is done. */
export interface AuthorizedCall {
  service: ServiceName;
  action: string;
  /** Access key id. */
  principal: string;
  parameters: Parameters;
}

export interface EndpointOptions {
  /** Changed in place. */
  account: Account;
  host: string;
  /** 0 for a free one. */
  port: number;
  /**
   * Makes a change real; awaited before the change is answered. If it fails the caller gets InternalError and the account
   * stays as it was.
   */
  onChange?: (account: Account) => Promise<void>;
  /** Whether a caller may do something; everybody may do everything unless given. */
  authorize?: (call: AuthorizedCall, account: Account) => Promise<boolean>;
  /** Told of every call before it is answered. */
  onCall?: (call: CallRecord) => void;
  /** Faults to come; may be added to at any time. */
  faults?: Fault[];
}

export interface Endpoint {
  url: string;
  account: Account;
  /** What happens in AWS without a call: done in turn with the calls, and made real as they are. */
  change(work: (account: Account) => void): Promise<void>;
  close(): Promise<void>;
}

/** The service meant: Route 53 by its path, else by the credential scope, else (unsigned) by the version in the form. */
function serviceOf({ url, body }: HttpCall, scope: string | undefined): ServiceName {
  if (url.pathname.startsWith(route53Path)) return "route53";
  if (scope === "ec2" || scope === "sts") return scope;
  return /\bVersion=2011-06-15\b/.test(body) ? "sts" : "ec2";
}

/** The account with calls done one after the other, each on a draft that is kept only if all went well. */
class Ledger {
  #previous: Account;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly account: Account,
    private readonly onChange: (account: Account) => Promise<void>,
    private readonly authorize: NonNullable<EndpointOptions["authorize"]>,
  ) {
    this.#previous = structuredClone(account);
  }

  change(work: (account: Account) => void): Promise<void> {
    const done = this.#last.then(() => this.#keep(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Works on a draft of the account, which becomes the account once it has been made real. */
  async #keep<T>(work: (account: Account) => T): Promise<T> {
    const draft = structuredClone(this.account);
    const answer = work(draft);
    await this.onChange(draft);
    this.#previous = structuredClone(this.account);
    Object.assign(this.account, draft);
    return answer;
  }

  run(service: Service, call: AuthorizedCall, fault: Fault["kind"] | undefined): Promise<Answer> {
    const done = this.#last.then(() => this.#run(service, call, fault));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #run(service: Service, call: AuthorizedCall, fault: Fault["kind"] | undefined): Promise<Answer> {
    const { action: name, parameters } = call;
    const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
    // The official provider takes this very text for "the Region has no such call".
    if (!action) throw new AwsError("InvalidAction", `The action ${name} is not valid for this web service.`);
    if (fault === "throttled") throw service.throttled;
    if (fault === "unauthorized" || !(await this.authorize(call, this.account))) throw service.unauthorized;
    if (fault === "stale") {
      const seen = action.run(structuredClone(this.#previous), parameters);
      if (!action.mutates) return seen;
    }
    if (!action.mutates) return action.run(this.account, parameters);
    return this.#keep((draft) => action.run(draft, parameters));
  }
}

/** Starts the endpoint; `close` also ends the connections that clients keep open. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { account, host, port, onCall, faults = [] } = options;
  const ledger = new Ledger(
    account,
    options.onChange ?? (() => Promise.resolve()),
    options.authorize ?? (() => Promise.resolve(true)),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: HttpCall = {
      method: request.method ?? "",
      url: new URL(request.url ?? "/", `http://${host}`),
      body: await text(request),
    };
    const caller = readAuthorization(request.headers.authorization);
    const name = serviceOf(call, caller?.service);
    const service: Service = services[name];
    const requestId = randomUUID();
    const record: CallRecord = {
      time: new Date().toISOString(),
      service: name,
      action: "",
      principal: caller?.principal ?? "",
      userAgent: request.headers["user-agent"] ?? "",
      parameters: {},
      status: 200,
    };
    let body: string;
    try {
      const { action, parameters } = service.read(call);
      record.action = action;
      record.parameters = Object.fromEntries(flatten(parameters));
      if (!caller) throw unsigned(name);
      if (caller.service !== name || (name === "ec2" && caller.region !== account.region))
        throw new AwsError(
          "AuthFailure",
          `Credential should be scoped to a valid region and service, not ${caller.region}/${caller.service}.`,
          401,
        );
      const fault = takeFault(faults, action);
      body = service.writeAnswer(
        action,
        await ledger.run(service, { service: name, action, principal: caller.principal, parameters }, fault),
        requestId,
      );
    } catch (error) {
      if (!(error instanceof AwsError)) console.error(error);
      const refusal =
        error instanceof AwsError
          ? error
          : new AwsError("InternalError", "An internal error has occurred; the lab's log has it.", 500);
      record.status = refusal.status;
      record.error = refusal.code;
      body = service.writeError(refusal, requestId);
    }
    onCall?.(record);
    response.writeHead(record.status, { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId });
    response.end(body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound.port}`,
    account,
    change: (work) => ledger.change(work),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
