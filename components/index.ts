/** What other programs import. */
export { ApiForwarder, IngressMode, OnDestroy, PrimaryAddress } from "../settings/choices";
export type { PublishedDns, PublishedRecord, SecondaryIngressIpArgs, SshArgs, SshProxyArgs } from "./args";
export { outputsOf, SecondaryIngressIp } from "./secondaryIngressIp";
