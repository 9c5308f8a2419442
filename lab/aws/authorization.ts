/** Who calls, and which service: from the credential scope of Signature Version 4. Only an instance's signature is checked: see endpoint.ts. */
import { AwsError } from "./errors";

export interface Caller {
  /** Access key id; empty for an unsigned request. */
  principal: string;
  region: string;
  service: string;
}

/** @returns nothing for a request without a signature in the Authorization header. */
export function readAuthorization(header: string | undefined): Caller | undefined {
  const scope =
    /^AWS4-HMAC-SHA256 .*Credential=([^/,\s]+)\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,.*Signature=[0-9a-f]{64}$/.exec(
      header ?? "",
    );
  const [, principal, region, service] = scope ?? [];
  return principal && region && service ? { principal, region, service } : undefined;
}

/** What an unsigned request gets; EC2 has a code of its own. */
export function unsigned(service: string): AwsError {
  return service === "ec2"
    ? new AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    : new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
}
