/** What SecondaryIngressIp is made from and what it gives back. */
import type * as pulumi from "@pulumi/pulumi";
import type { ApiForwarder, IngressMode, OnDestroy, PrimaryAddress } from "../settings/choices";

/** A host on the way to the node. */
export interface SshProxyArgs {
  host: pulumi.Input<string>;
  /** Default 22. */
  port?: pulumi.Input<number>;
  user: pulumi.Input<string>;
  /** Public host key, `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp… AAAA…`. */
  hostKey: pulumi.Input<string>;
}

/** How the node is reached. */
export interface SshArgs {
  /** Default: the node's public address, or its private one if it has none. */
  host?: pulumi.Input<string>;
  /** Default 22. */
  port?: pulumi.Input<number>;
  /** A login with password-less sudo. */
  user: pulumi.Input<string>;
  /** The node's public host key, `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp… AAAA…`. */
  hostKey: pulumi.Input<string>;
  /** Plain: whether there is one decides whose host key is compared. */
  proxy?: SshProxyArgs;
}

/**
 * An argument is an `Input`, so that another resource's output can be passed, unless a branch of the program needs its value: then it
 * says "Plain:" and why.
 */
export interface SecondaryIngressIpArgs {
  /** Plain: decides which resources there are. */
  mode: IngressMode;
  /**
   * kOps cluster, e.g. `k8s.example.com`; the node is found by kOps' own tags.
   * Plain: `appDomains` are checked against it before anything is made.
   */
  clusterName: string;
  /**
   * Domain names served by the ingress, also wildcards; never `api.*` of the cluster. Default none.
   * Plain: the records are named after them.
   */
  appDomains?: string[];
  /** The node's ENI, if kOps' tags do not lead to exactly one. */
  networkInterfaceId?: pulumi.Input<string>;
  /** A free address of the ENI's subnet; AWS chooses one unless given. */
  secondaryPrivateIp?: pulumi.Input<string>;
  /**
   * Mode dual-ip: an Elastic IP of the user's, `eipalloc-…`, which the stack uses and never releases. Tied to the secondary address already,
   * it stays tied when the stack goes. Default: the stack allocates one.
   */
  allocationId?: pulumi.Input<string>;
  /**
   * Take over the layout that was made by hand on the node. Without it again, the old layout is given back. Default false.
   * Plain: decides whether there is a step for it.
   */
  adopt?: boolean;
  /** The ingress controller's NodePort for HTTPS, 30000–32767, default 30443. Plain: rules are named after it. */
  httpsNodePort?: number;
  /** The ingress controller's NodePort for HTTP, 30000–32767, default 30080. Plain: rules are named after it. */
  httpNodePort?: number;
  /**
   * IPv4 ranges that reach the applications, default everyone. Each is a rule that is named after it: those that a preview cannot
   * know yet are missing in it.
   */
  allowedCidrs?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * IPv4 ranges that reach the API on the primary address, besides the node, its VPC and the pods. Default everyone whom AWS lets in.
   * An empty list is the default; one that the program makes must have a range.
   */
  apiAllowedCidrs?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Install `apiAllowedCidrs` even if it leaves out whoever installs it. Default false.
   * Plain: decides which check of the list is sent to the node.
   */
  forceApiAllowedCidrs?: boolean;
  /** Another text has every host file written anew, for a node whose files were edited by hand. Default empty. */
  reinstall?: pulumi.Input<string>;
  /** Used only on a node whose API server was moved off 443. Default socat. Plain: decides which files there are. */
  apiForwarder?: ApiForwarder;
  /** Where a moved API server listens, default 8443. */
  apiLocalPort?: pulumi.Input<number>;
  /** PROXY protocol v2 towards the ingress controller, default false. */
  proxyProtocol?: pulumi.Input<boolean>;
  /** Mode load-balancer: each address leads to the nodes of every zone, not of its own alone. Default true. */
  crossZone?: pulumi.Input<boolean>;
  /**
   * Mode load-balancer: its first address is the Elastic IP of mode dual-ip, if the stack has one. AWS refuses an address in use: it must
   * be free by then, and clients get no answer meanwhile. Default false: the addresses are new.
   * Plain: decides the names of the addresses.
   */
  keepAddress?: boolean;
  /** Default keep. Plain: decides which addresses there are. */
  primaryAddress?: PrimaryAddress;
  /** A hosted zone into which the stack writes the A records of `appDomains`. */
  route53ZoneId?: pulumi.Input<string>;
  /** Time to live of the records, seconds, default 60. */
  dnsTtl?: pulumi.Input<number>;
  /** Take over records that the stack did not make, instead of ending the run there. Default false. */
  overwriteRecords?: pulumi.Input<boolean>;
  /** Route 53 health checks of port 443 on the applications' address and on the API's. Default false. Plain: decides whether there are any. */
  healthChecks?: boolean;
  /**
   * `<project>/<stack>` before it was renamed: the node's files are taken over from it.
   * Plain: in mode load-balancer the addresses are found by it.
   */
  formerStack?: string;
  /** Put on everything that can be tagged, besides the program's own. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default restore. Plain: an option of resources. */
  onDestroy?: OnDestroy;
  /** Required for mode dual-ip. Plain, but for its fields: its absence is refused before anything is made. */
  ssh?: SshArgs;
  /** PEM; the SSH agent is used without it. */
  sshPrivateKey?: pulumi.Input<string>;
}

/** `DnsRecord` for every language: literal types have no counterpart in a component's schema. */
export interface PublishedRecord {
  /** Lower case, fully qualified, with trailing dot. */
  name: string;
  /** Always `A`. */
  type: string;
  /** Seconds. */
  ttl: number;
  /** IPv4 addresses, sorted. */
  values: string[];
}

/** `DnsOutput` for every language. */
export interface PublishedDns {
  /** Always 1. */
  schemaVersion: number;
  /** Always true in the outputs of a finished update: see `SecondaryIngressIp.ready`. */
  ready: boolean;
  records: PublishedRecord[];
}
