/** One call to the endpoint, without secrets: who, what, and the answer. */

export interface CallRecord {
  /** ISO 8601. */
  time: string;
  /** `ec2`, `iam`, `route53` or `sts`. */
  service: string;
  /** As the service names it; empty when the request had none. */
  action: string;
  /** Access key id; empty when the request was not signed. */
  principal: string;
  /** Of the user or session behind it; empty likewise. */
  arn: string;
  userAgent: string;
  /** By their path in the request, for example `Filter.1.Name`. */
  parameters: Record<string, string>;
  /** HTTP status of the answer; 0 where the connection was broken without one. */
  status: number;
  /** AWS's error code, or `ConnectionDropped` (before the work was done) or `AnswerLost` (after it). */
  error?: string;
}
