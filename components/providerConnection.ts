/** The settings of the `aws` provider that a component's resources use, for the component's own calls with the SDK. */
import * as pulumi from "@pulumi/pulumi";
import { awsConnection, type Connection, connectionOf, connectionSettings } from "./aws/connection";

/** Settings by which a provider can call AWS as a principal that SDK calls cannot follow: secrets, which belong in no state. */
const unfollowed = [
  "accessKey",
  "secretKey",
  "token",
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "assumeRoleWithWebIdentity",
] as const;

/** A provider's inputs are its outputs; lists are JSON, or lists before the provider exists. */
const textOf = (value: unknown): string | undefined =>
  value === undefined || typeof value === "string" ? value : JSON.stringify(value);

/** In a preview, what a new provider does not set is unknown, and counts as not set. `isKnown` is missing in the SDK's types. */
function ifKnown(value: unknown): pulumi.Output<unknown> {
  const { isKnown } = pulumi.output(value) as unknown as { isKnown: Promise<boolean> };
  return pulumi.output(isKnown.then((known) => (known ? value : undefined)));
}

/**
 * An explicit provider's settings, or the stack's `aws:` settings if the component has none.
 * @throws {pulumi.RunError} if the provider has credentials of its own, before anything is made
 */
export function providerConnection(component: pulumi.ComponentResource): pulumi.Output<Connection> {
  const provider = component.getProvider("aws:ec2/eip:Eip") as Record<string, unknown> | undefined;
  if (!provider) return pulumi.output(awsConnection());
  const settings = Object.fromEntries(
    [...connectionSettings, ...unfollowed].map((key) => [key, ifKnown(provider[key])]),
  );
  return pulumi.output(settings).apply((values: Record<string, unknown>) => {
    const found = unfollowed.filter((key) => values[key] !== undefined);
    if (found.length > 0)
      throw new pulumi.RunError(
        `provider: expected an aws provider with region, profile, endpoints and assumeRoles alone, found ${found.join(", ")}: ` +
          "some calls are made with the AWS SDK and would run as another principal. Name a profile or a role instead. Nothing was changed.",
      );
    return connectionOf((key) => textOf(values[key]));
  });
}
