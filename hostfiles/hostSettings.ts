/** What the host files of one node are made from. */

/** How the node's network is configured. */
export enum NetworkConfig {
  /** Debian's and Ubuntu's cloud images. */
  Netplan = "netplan",
  /** systemd-networkd alone. */
  Networkd = "networkd",
}

/** What the host files of one node are rendered from. All addresses are IPv4 in dotted form. */
export interface HostSettings {
  /** The stack that owns the files, as `<project>/<stack>`; the node remembers it. */
  owner: string;
  /** What the stack was called before it was renamed: the node is taken over from it. `""` for none. */
  formerOwner: string;
  /** The EC2 instance; it stands in every command, so that a replaced node is installed anew. */
  instanceId: string;
  /** kOps cluster name, e.g. `k8s.example.com`; the API's names are `api.` and `api.internal.` of it. */
  clusterName: string;
  /** First private address of the node's ENI. */
  primaryPrivateIp: string;
  /** The address that applications are served on. */
  secondaryPrivateIp: string;
  /** The configured secondary address, which the preflight knows before AWS is asked; `""` where AWS chooses it. */
  requestedIp: string;
  /** Consent to take over a layout made by hand. */
  adopt: boolean;
  /** NodePort of the ingress controller's HTTPS listener, 30000–32767. */
  httpsNodePort: number;
  /** NodePort of the ingress controller's HTTP listener, 30000–32767. */
  httpNodePort: number;
  /** Where a moved API server listens, 1–65535 and not 443. */
  apiLocalPort: number;
  /** Send PROXY protocol v2 to the ingress controller. */
  proxyProtocol: boolean;
  /** Who reaches the API on the primary address besides the node, its VPC and the pods; empty: everyone whom AWS lets in. */
  apiAllowedCidrs: readonly string[];
  /** A name of the applications that an ingress controller answers to; `""` for none. */
  healthName: string;
  /** Ranges of the node's VPC. */
  vpcCidrs: readonly string[];
  /** Ranges of pods that the node itself names, besides kOps' default. */
  podCidrs: readonly string[];
  /** How the node's network is configured, as the preflight found it. */
  network: NetworkConfig;
  /** Another text has every file written anew, whatever the stack remembers. */
  reinstall: string;
  /** Password of HAProxy's statistics page (user `admin`). Stands in one file of mode 0600 only. */
  statsPassword: string;
}

/** What a step's command lines are made from. */
export type HostIdentity = Pick<HostSettings, "owner" | "formerOwner" | "instanceId" | "reinstall">;
