/**
 * The lab's AWS: EC2, ELB, Auto Scaling, Route 53, STS and a part of IAM, on one port, with their real protocols. Calls
 * change an account that is plain data; the caller of `startEndpoint` applies that data to the lab.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";
import type { Account } from "./account";
import { readAuthorization, unsigned } from "./authorization";
import { autoscaling, autoscalingVersion } from "./autoscaling/service";
import { ec2 } from "./ec2/service";
import { elasticloadbalancing, elbVersion } from "./elbv2/service";
import { AwsError } from "./errors";
import { iam, iamVersion } from "./iam/service";
import type { CallRecord } from "./callRecord";
import { control, controlPath } from "./control";
import { type Fault, takeFault } from "./fault";
import { profileByKey } from "./instanceProfile";
import { type AuthorizedCall, Ledger } from "./ledger";
import { flatten } from "./parameters";
import { route53, route53Path } from "./route53/service";
import type { HttpCall, Service } from "./service";
import { isSignedWith } from "./signature";
import { callerArn, sts, stsVersion } from "./sts";

/** Keyed by the service name in the credential scope. */
const services = {
  autoscaling,
  ec2,
  elasticloadbalancing,
  iam,
  route53,
  sts,
} as const satisfies Record<string, Service>;
type ServiceName = keyof typeof services;
/**
 * API versions of the Query protocol, which differ by service. EC2 needs no entry: it is the default for unsigned
 * requests.
 */
const versions: Readonly<Record<string, ServiceName>> = {
  [autoscalingVersion]: "autoscaling",
  [elbVersion]: "elasticloadbalancing",
  [iamVersion]: "iam",
  [stsVersion]: "sts",
};
const servedActions = Object.values<Service>(services).flatMap(({ actions }) => Object.keys(actions));

export interface EndpointOptions {
  /** Mutated in place. */
  account: Account;
  host: string;
  /** 0 for a free port. */
  port: number;
  /**
   * Applies a change to the lab, before the response is sent. If it fails, the caller gets InternalError and the
   * account is rolled back.
   */
  onChange?: (account: Account) => Promise<void>;
  /** Whether the caller may make a call; by default every call is allowed. */
  authorize?: (call: AuthorizedCall, account: Account) => Promise<boolean>;
  /** Called for every call, before the response is sent. */
  onCall?: (call: CallRecord) => void;
  /** Pending faults; entries may be added at any time. */
  faults?: Fault[];
}

export interface Endpoint {
  url: string;
  account: Account;
  /** An event in AWS that is not an API call. It is serialized with the calls and applied like them. */
  change(work: (account: Account) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * The addressed service: Route 53 by its path, others by the credential scope or, if unsigned, by the form's version.
 */
function serviceOf({ url, body }: HttpCall, scope: string | undefined): ServiceName {
  if (url.pathname.startsWith(route53Path)) return "route53";
  if (scope !== undefined && scope !== "route53" && Object.hasOwn(services, scope)) return scope as ServiceName;
  return versions[new URLSearchParams(body).get("Version") ?? ""] ?? "ec2";
}

/** Starts the endpoint; `close` also closes keep-alive connections. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { account, host, port, onCall, faults = [] } = options;
  const calls: CallRecord[] = [];
  const ledger = new Ledger(account, {
    onChange: options.onChange ?? (() => Promise.resolve()),
    authorize: options.authorize ?? (() => Promise.resolve(true)),
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: HttpCall = {
      method: request.method ?? "",
      url: new URL(request.url ?? "/", `http://${host}`),
      body: await text(request),
    };
    if (call.url.pathname.startsWith(controlPath)) {
      const { status, body } = control(call, { faults, calls, actions: servedActions });
      response.writeHead(status, { "content-type": "application/json" }).end(body);
      return;
    }
    const caller = readAuthorization(request.headers.authorization);
    const name = serviceOf(call, caller?.service);
    const service: Service = services[name];
    const requestId = randomUUID();
    const record: CallRecord = {
      time: new Date().toISOString(),
      service: name,
      action: "",
      principal: caller?.principal ?? "",
      arn: caller ? callerArn(account, caller.principal) : "",
      userAgent: request.headers["user-agent"] ?? "",
      parameters: {},
      status: 200,
    };
    let body: string;
    let fault: Fault | undefined;
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
      const profile = profileByKey(account, caller.principal);
      if (
        profile &&
        (request.headers["x-amz-security-token"] !== profile.token ||
          !isSignedWith(profile.secretAccessKey, request.headers, call))
      )
        throw new AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
      fault = takeFault(faults, action, record);
      if (fault?.kind === "slow") await sleep(fault.milliseconds ?? 1000);
      const done =
        fault?.kind === "dropped"
          ? {}
          : await ledger.run(service, { service: name, action, principal: caller.principal, parameters }, fault?.kind);
      body = service.writeAnswer(action, done, requestId);
    } catch (error) {
      if (!(error instanceof AwsError)) console.error(error);
      const refusal =
        error instanceof AwsError
          ? error
          : new AwsError("InternalError", "An internal error has occurred; see the lab's log.", 500);
      record.status = refusal.status;
      record.error = refusal.code;
      body = service.writeError(refusal, requestId);
    }
    const broken = fault?.kind === "dropped" ? "ConnectionDropped" : fault?.kind === "lost" ? "AnswerLost" : undefined;
    if (broken) Object.assign(record, { status: 0, error: broken });
    calls.push(record);
    onCall?.(record);
    if (broken) {
      response.destroy();
      return;
    }
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
