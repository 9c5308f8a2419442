/** One call to the endpoint, without secrets: caller, action and result. */

export interface CallRecord {
  /** ISO 8601. */
  time: string;
  /** `ec2`, `iam`, `route53` or `sts`. */
  service: string;
  /** Name in the service's API; empty if the request had none. */
  action: string;
  /** Access key ID; empty if the request was unsigned. */
  principal: string;
  /** ARN of the user or session; empty if the request was unsigned. */
  arn: string;
  userAgent: string;
  /** Keyed by the path in the request, for example `Filter.1.Name`. */
  parameters: Record<string, string>;
  /** HTTP status; 0 if the connection was closed without a response. */
  status: number;
  /** AWS's error code, or `ConnectionDropped` (before the action ran) or `AnswerLost` (after it ran). */
  error?: string;
}
