/** The table of all checks, causes before effects. */
import type { Check } from "../check";
import { apiChecks } from "./api";
import { awsChecks } from "./aws";
import { dnsChecks } from "./dns";
import { forwarderChecks } from "./forwarder";
import { haproxyChecks } from "./haproxy";
import { ingressChecks } from "./ingress";
import { natChecks } from "./nat";
import { nodeChecks } from "./node";
import { sshChecks } from "./ssh";

export const checks: readonly Check[] = [
  ...awsChecks,
  ...sshChecks,
  ...nodeChecks,
  ...natChecks,
  ...haproxyChecks,
  ...forwarderChecks,
  ...apiChecks,
  ...ingressChecks,
  ...dnsChecks,
];
