/**
 * Caller and service, from the credential scope of Signature Version 4. Only instances' signatures are verified: see
 * endpoint.ts.
 */
import { AwsError } from "./errors";

export interface Caller {
  /** Access key ID; empty for an unsigned request. */
  principal: string;
  region: string;
  service: string;
}

/** @returns undefined if the Authorization header holds no signature */
export function readAuthorization(header: string | undefined): Caller | undefined {
  const scope =
    /^AWS4-HMAC-SHA256 .*Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,.*Signature=[0-9a-f]{64}$/.exec(
      header ?? "",
    );
  const [, principal, region, service] = scope ?? [];
  return principal && region && service ? { principal, region, service } : undefined;
}

/** The error for an unsigned request; EC2 has its own code. */
export function unsigned(service: string): AwsError {
  return service === "ec2"
    ? new AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    : new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
}
