/** Connections to AWS as the official plugin makes them; the SDK is loaded at the first call, for a preview may make none. */
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { Route53Client } from "@aws-sdk/client-route-53";
import type { Properties } from "../resource";

export interface AwsConfig {
  region?: string;
  profile?: string;
  skipCredentialsValidation: boolean;
}

let config: AwsConfig = { skipCredentialsValidation: false };
let ec2: EC2Client | undefined;
let route53: Route53Client | undefined;
let account: Promise<string> | undefined;

/** The official plugin tries 25 times; ten cover a minute of throttling. */
const maxAttempts = 10;

const common = (): { region?: string; profile?: string; maxAttempts: number } => ({
  ...(config.region ? { region: config.region } : {}),
  ...(config.profile ? { profile: config.profile } : {}),
  maxAttempts,
});

/* eslint-disable @typescript-eslint/no-require-imports -- loaded when first used */
export const ec2Sdk = (): typeof import("@aws-sdk/client-ec2") =>
  require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
export const route53Sdk = (): typeof import("@aws-sdk/client-route-53") =>
  require("@aws-sdk/client-route-53") as typeof import("@aws-sdk/client-route-53");
const stsSdk = (): typeof import("@aws-sdk/client-sts") =>
  require("@aws-sdk/client-sts") as typeof import("@aws-sdk/client-sts");
/* eslint-enable @typescript-eslint/no-require-imports */

export function ec2Client(): EC2Client {
  return (ec2 ??= new (ec2Sdk().EC2Client)(common()));
}

export function route53Client(): Route53Client {
  return (route53 ??= new (route53Sdk().Route53Client)({ ...common(), region: "us-east-1" }));
}

/** The account's id, asked for once: the official plugin's check of the credentials. */
export function accountId(): Promise<string> {
  account ??= (async () => {
    const sdk = stsSdk();
    const identity = await new sdk.STSClient(common()).send(new sdk.GetCallerIdentityCommand({}));
    return identity.Account ?? "";
  })();
  return account;
}

export async function configure(properties: Properties): Promise<void> {
  config = {
    ...(typeof properties["region"] === "string" ? { region: properties["region"] } : {}),
    ...(typeof properties["profile"] === "string" ? { profile: properties["profile"] } : {}),
    skipCredentialsValidation: String(properties["skipCredentialsValidation"]) === "true",
  };
  if (!config.skipCredentialsValidation) await accountId();
}

export async function arn(service: string, resource: string): Promise<string> {
  return `arn:aws:${service}:${config.region ?? process.env["AWS_REGION"] ?? ""}:${await accountId()}:${resource}`;
}

/** Whether an error of the SDK has one of these AWS error codes. */
export function isAwsError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes(error.name);
}

/** What `work` returns, or undefined where it fails with one of these codes. */
export async function unlessGone<T>(work: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAwsError(error, ...codes)) return undefined;
    throw error;
  }
}
