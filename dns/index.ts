/** The public surface of `kops-secondary-ingress/dns`. */
export { bindLines } from "./bind";
export { dnscontrol } from "./dnscontrol";
export { dnsEndpoint } from "./externalDns";
export { nsupdate } from "./nsupdate";
export { octodns } from "./octodns";
export { parseOutputs, type StackOutputs } from "../outputs/stackOutputs";
export { type DnsOutput, dnsOutput, type DnsRecord } from "../outputs/records";
export { changesTo, inverse, type RecordChange, type RecordSet } from "./recordSets";
export { type ChangeBatch, changeBatch, inverseBatch } from "./route53";
