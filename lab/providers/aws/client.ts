/**
 * AWS clients with the official plugin's retries and errors. The SDK loads on the first call, because a preview may
 * need none.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Route53Client } from "@aws-sdk/client-route-53";
import type { GetCallerIdentityCommandOutput, STSClient } from "@aws-sdk/client-sts";
import { type Properties, whyAborted } from "../resource";
import { type AwsConfig, readConfig } from "./config";
import { afterRoles, type Credentials } from "./roles";

let config: AwsConfig = readConfig({});
/** Credentials of the assumed roles, or else the provider's own; undefined for the SDK's default chain. */
let credentials: Credentials | undefined;
let autoscaling: AutoScalingClient | undefined;
let ec2: EC2Client | undefined;
let elb: ElasticLoadBalancingV2Client | undefined;
let route53: Route53Client | undefined;
let identity: Promise<GetCallerIdentityCommandOutput> | undefined;

/** The official plugin makes 25 attempts; ten cover a minute of throttling. */
const maxAttempts = 10;

type ServiceName = "autoscaling" | "ec2" | "elbv2" | "route53" | "sts";

function clientOptions(service: ServiceName, as: Credentials | undefined): object {
  const { region, profile, endpoints } = config;
  const endpoint = endpoints[service];
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(as ? { credentials: as } : {}),
    ...(endpoint ? { endpoint } : {}),
    maxAttempts,
  };
}

/* eslint-disable @typescript-eslint/no-require-imports -- loaded when first used */
export const autoscalingSdk = (): typeof import("@aws-sdk/client-auto-scaling") =>
  require("@aws-sdk/client-auto-scaling") as typeof import("@aws-sdk/client-auto-scaling");
export const elbSdk = (): typeof import("@aws-sdk/client-elastic-load-balancing-v2") =>
  require("@aws-sdk/client-elastic-load-balancing-v2") as typeof import("@aws-sdk/client-elastic-load-balancing-v2");
export const ec2Sdk = (): typeof import("@aws-sdk/client-ec2") =>
  require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
export const route53Sdk = (): typeof import("@aws-sdk/client-route-53") =>
  require("@aws-sdk/client-route-53") as typeof import("@aws-sdk/client-route-53");
const stsSdk = (): typeof import("@aws-sdk/client-sts") =>
  require("@aws-sdk/client-sts") as typeof import("@aws-sdk/client-sts");
/* eslint-enable @typescript-eslint/no-require-imports */

/** Formats a service error as the official plugin's SDK does (aws-sdk-go-v2, smithy's OperationError). */
function inGoWords(error: unknown, service: string, command: string): unknown {
  if (!(error instanceof Error)) return error;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number; requestId?: string } };
  const operation = `operation error ${service}: ${command.replace(/Command$/, "")}`;
  error.message =
    $metadata?.httpStatusCode === undefined
      ? `${operation}, ${error.message}`
      : `${operation}, https response error StatusCode: ${$metadata.httpStatusCode}, ` +
        `RequestID: ${$metadata.requestId ?? ""}, api error ${error.name}: ${error.message}`;
  return error;
}

/** Adds the operation's name to the client's errors. */
function explained<T extends { middlewareStack: unknown }>(client: T, service: string): T {
  // The clients' stacks differ only in their request types, which this middleware passes through.
  const stack = client.middlewareStack as EC2Client["middlewareStack"];
  stack.add(
    (next, { commandName }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          throw inGoWords(error, service, commandName as string);
        }
      },
    { step: "initialize", name: "operationInErrors" },
  );
  return client;
}

export function ec2Client(): EC2Client {
  return (ec2 ??= explained(new (ec2Sdk().EC2Client)(clientOptions("ec2", credentials)), "EC2"));
}

export function autoscalingClient(): AutoScalingClient {
  return (autoscaling ??= explained(
    new (autoscalingSdk().AutoScalingClient)(clientOptions("autoscaling", credentials)),
    "Auto Scaling",
  ));
}

export function elbClient(): ElasticLoadBalancingV2Client {
  return (elb ??= explained(
    new (elbSdk().ElasticLoadBalancingV2Client)(clientOptions("elbv2", credentials)),
    "Elastic Load Balancing v2",
  ));
}

/** Route 53 is signed for us-east-1 in every region. */
export function route53Client(): Route53Client {
  const options = { ...clientOptions("route53", credentials), region: "us-east-1" };
  return (route53 ??= explained(new (route53Sdk().Route53Client)(options), "Route 53"));
}

function stsClient(as: Credentials | undefined): STSClient {
  return explained(new (stsSdk().STSClient)(clientOptions("sts", as)), "STS");
}

/** The caller identity, fetched once: the official plugin's credential check. */
export function callerIdentity(): Promise<GetCallerIdentityCommandOutput> {
  identity ??= stsClient(credentials).send(new (stsSdk().GetCallerIdentityCommand)({}));
  return identity;
}

async function accountId(): Promise<string> {
  if (config.skipCredentialsValidation && config.skipRequestingAccountId) return "";
  return (await callerIdentity()).Account ?? "";
}

export async function configure(properties: Properties): Promise<void> {
  config = readConfig(properties);
  credentials = afterRoles(config.credentials, config.assumeRoles, (request, as) =>
    stsClient(as).send(new (stsSdk().AssumeRoleCommand)(request)),
  );
  if (!config.skipCredentialsValidation) await accountId();
}

/** The provider's region, from its settings or the SDK's default chain. */
export function region(): Promise<string> {
  return ec2Client().config.region();
}

export async function arn(service: string, resource: string): Promise<string> {
  return `arn:aws:${service}:${await region()}:${await accountId()}:${resource}`;
}

/** Whether an SDK error has one of these AWS error codes. */
export function isAwsError(error: unknown, ...codes: string[]): error is Error {
  return error instanceof Error && codes.includes(error.name);
}

/** The result of `work`, or undefined if it fails with one of these codes. */
export async function unlessGone<T>(work: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAwsError(error, ...codes)) return undefined;
    throw error;
  }
}

/** Milliseconds between polls. */
const pause = 200;

/**
 * Polls until there is a result: AWS's reads are eventually consistent.
 * @param minutes the official plugin's timeout
 * @throws on timeout or if the operation is aborted
 */
export async function eventually<T>(
  what: string,
  minutes: number,
  signal: AbortSignal,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + minutes * 60_000;
  for (;;) {
    if (signal.aborted) throw whyAborted(signal);
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`timeout while waiting for ${what} (${minutes} min)`);
    await sleep(pause);
  }
}
