/** An error response of AWS; each service serializes it in its own XML. */

export class AwsError extends Error {
  /**
   * @param code AWS's error code, which clients act on
   * @param status HTTP status: 4xx is the caller's error, SDKs retry on 5xx
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = "AwsError";
  }
}

export const invalidValue = (message: string): AwsError => new AwsError("InvalidParameterValue", message);

export const missingParameter = (name: string): AwsError =>
  new AwsError("MissingParameter", `The request must contain the parameter ${name}`);

/**
 * Codes and messages of EC2's error reference: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-codes.html
 */
const notFoundErrors = {
  address: ["InvalidAllocationID.NotFound", "allocation ID"],
  association: ["InvalidAssociationID.NotFound", "association ID"],
  group: ["InvalidGroup.NotFound", "security group"],
  instance: ["InvalidInstanceID.NotFound", "instance ID"],
  networkInterface: ["InvalidNetworkInterfaceID.NotFound", "networkInterface ID"],
  routeTable: ["InvalidRouteTableID.NotFound", "routeTable ID"],
  rule: ["InvalidSecurityGroupRuleId.NotFound", "security group rule ID"],
  subnet: ["InvalidSubnetID.NotFound", "subnet ID"],
  volume: ["InvalidVolume.NotFound", "volume"],
  vpc: ["InvalidVpcID.NotFound", "vpc ID"],
} as const;

/** An unknown EC2 ID; waiters and providers match exactly these codes. */
export function notFound(kind: keyof typeof notFoundErrors, id: string): AwsError {
  const [code, noun] = notFoundErrors[kind];
  return new AwsError(code, `The ${noun} '${id}' does not exist`);
}
