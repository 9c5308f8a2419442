/** What other programs import. */
export { type DnsOutput, dnsOutput, type DnsRecord } from "./records";
