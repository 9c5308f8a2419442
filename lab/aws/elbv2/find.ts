/** Finds balancers, target groups and listeners, with ELB's error if there is none. */
import { randomBytes } from "node:crypto";
import type { Account, Listener, LoadBalancer, TargetGroup } from "../account";
import { AwsError } from "../errors";

export const validationError = (message: string): AwsError => new AwsError("ValidationError", message);

/** Sixteen hexadecimal digits: the suffix of ELB's ARNs. */
export const newSuffix = (): string => randomBytes(8).toString("hex");

export const arnOf = ({ region, accountId }: Account, resource: string): string =>
  `arn:aws:elasticloadbalancing:${region}:${accountId}:${resource}`;

export function findLoadBalancer({ loadBalancers = [] }: Account, arn: string): LoadBalancer {
  const found = loadBalancers.find((each) => each.arn === arn);
  if (!found) throw new AwsError("LoadBalancerNotFound", `One or more load balancers not found`);
  return found;
}

export function findTargetGroup({ targetGroups = [] }: Account, arn: string): TargetGroup {
  const found = targetGroups.find((each) => each.arn === arn);
  if (!found) throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
  return found;
}

export function findListener({ listeners = [] }: Account, arn: string): Listener {
  const found = listeners.find((each) => each.arn === arn);
  if (!found) throw new AwsError("ListenerNotFound", `One or more listeners not found`);
  return found;
}

/**
 * Rules for names of balancers and target groups:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
 */
export function checkName(kind: string, name: string): void {
  if (name.length > 32) throw validationError(`The ${kind} name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validationError(
      `The ${kind} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (/^-|-$/.test(name)) throw validationError(`The ${kind} name '${name}' cannot begin or end with a hyphen(-)`);
}

/**
 * Sets attributes.
 * @throws AwsError if the resource type has no such attribute
 */
export function setAttributes(
  kind: string,
  attributes: Record<string, string>,
  changes: readonly { Key: string; Value?: string | undefined }[],
): void {
  for (const { Key, Value = "" } of changes) {
    if (!Object.hasOwn(attributes, Key)) throw validationError(`${kind} attribute key '${Key}' is not recognized`);
    attributes[Key] = Value;
  }
}
