/** What SecondaryIngressIp is made from and what it gives back. */
import type * as pulumi from "@pulumi/pulumi";
import type { ApiForwarder, IngressMode, OnDestroy, PrimaryAddress } from "../settings/choices";

/** A host on the way to the node. */
export interface SshProxyArgs {
  host: string;
  /** Default 22. */
  port?: number;
  user: string;
  /** Public host key, `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp… AAAA…`. */
  hostKey: string;
}

/** How the node is reached. */
export interface SshArgs {
  /** Default: the node's public address, or its private one where it has none. */
  host?: string;
  /** Default 22. */
  port?: number;
  /** A login with password-less sudo. */
  user: string;
  /** The node's public host key, `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp… AAAA…`. */
  hostKey: string;
  proxy?: SshProxyArgs;
}

export interface SecondaryIngressIpArgs {
  mode: IngressMode;
  /** kOps cluster, e.g. `k8s.example.com`; the node is found by kOps' own tags. */
  clusterName: string;
  /** Domain names served by the ingress; never `api.*` of the cluster. Default none. */
  appDomains?: string[];
  /** The node's ENI, where kOps' tags do not lead to exactly one. */
  networkInterfaceId?: string;
  /** A free address of the ENI's subnet; AWS chooses one unless given. */
  secondaryPrivateIp?: string;
  /** The ingress controller's NodePort for HTTPS, 30000–32767, default 30443. */
  httpsNodePort?: number;
  /** The ingress controller's NodePort for HTTP, 30000–32767, default 30080. */
  httpNodePort?: number;
  /** IPv4 ranges that reach the applications, default everyone. */
  allowedCidrs?: string[];
  /** IPv4 ranges that reach the API on the primary address, besides the node, its VPC and the pods. Default everyone whom AWS lets in. */
  apiAllowedCidrs?: string[];
  /** Install `apiAllowedCidrs` even where it leaves out whoever installs it. Default false. */
  forceApiAllowedCidrs?: boolean;
  /** Another text has every host file written anew, for a node whose files were edited by hand. Default empty. */
  reinstall?: string;
  /** Used only on a node whose API server was moved off 443. Default socat. */
  apiForwarder?: ApiForwarder;
  /** Where a moved API server listens, default 8443. */
  apiLocalPort?: number;
  /** PROXY protocol v2 towards the ingress controller, default false. */
  proxyProtocol?: boolean;
  /** Mode load-balancer: each address leads to the nodes of every zone, not of its own alone. Default true. */
  crossZone?: boolean;
  /**
   * Mode load-balancer: its first address is the Elastic IP of mode dual-ip, where the stack has one. AWS refuses an address in use: it must
   * be free by then, and nobody answers meanwhile. Default false: the addresses are new.
   */
  keepAddress?: boolean;
  /** Default keep. */
  primaryAddress?: PrimaryAddress;
  /** A hosted zone into which the stack writes the A records of `appDomains`. */
  route53ZoneId?: string;
  /** Time to live of the records, seconds, default 60. */
  dnsTtl?: number;
  /** Take over records that somebody else made, instead of ending the run there. Default false. */
  overwriteRecords?: boolean;
  /** Route 53 health checks of port 443 on the applications' address and on the API's. Default false. */
  healthChecks?: boolean;
  /** `<project>/<stack>` before it was renamed: the node's files are taken over from it. */
  formerStack?: string;
  /** Put on everything that can be tagged, besides the program's own. */
  tags?: Record<string, string>;
  /** Default restore. */
  onDestroy?: OnDestroy;
  /** Required for mode dual-ip. */
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
  /** The addresses answer; publish nothing before. */
  ready: boolean;
  records: PublishedRecord[];
}

/** What a mode gives the component: the part of the outputs in which modes differ. */
export interface IngressOutputs {
  /** Public address of the Kubernetes API. */
  apiPublicIp: pulumi.Output<string>;
  /** `""` where the mode has none. */
  secondaryPrivateIp: pulumi.Output<string>;
  /** Where the ingress answers: an Elastic IP, or the node's own address. */
  ingressPublicIp: pulumi.Output<string>;
  /** What names are to lead to: every address of the ingress's own; none where it has none to publish. */
  ingressPublicIps: pulumi.Output<string[]>;
  ingressPort: number;
  ingressHttpPort: number;
  ingressUrls: pulumi.Output<string[]>;
  /** Of the ingress's Elastic IP; `""` where the mode has none. */
  allocationId: pulumi.Output<string>;
  /** Secret; `""` where the mode has none. */
  statsPassword: pulumi.Output<string>;
  /** Resolves once everything that serves the applications is in place. */
  ready: pulumi.Output<boolean>;
}
