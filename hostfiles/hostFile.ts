/** The shape of one file on the node: what the renderers produce and the installer installs. */

/** Which program gives a moved API server its port 443 back. */
export enum ApiForwarder {
  /** One process per connection; on every distribution. */
  Socat = "socat",
  /** systemd-socket-proxyd: event-driven, the socket stays open across restarts. */
  SocketProxyd = "socket-proxyd",
}

/** What the host files of one node are rendered from. All addresses are IPv4 in dotted form. */
export interface HostSettings {
  /** The stack that owns the files, as `<project>/<stack>`; the node remembers it. */
  owner: string;
  /** kOps cluster name, e.g. `k8s.example.com`; the API's names are `api.` and `api.internal.` of it. */
  clusterName: string;
  /** First private address of the node's ENI. */
  primaryPrivateIp: string;
  /** The address that applications are served on. */
  secondaryPrivateIp: string;
  /** NodePort of the ingress controller's HTTPS listener, 30000–32767. */
  httpsNodePort: number;
  /** NodePort of the ingress controller's HTTP listener, 30000–32767. */
  httpNodePort: number;
  /** Used only while the API server's manifest says that it moved off 443. */
  apiForwarder: ApiForwarder;
  /** Where a moved API server listens. */
  apiLocalPort: number;
  /** Send PROXY protocol v2 to the ingress controller. */
  proxyProtocol: boolean;
}

/** One file on the node and how it takes effect there. */
export interface HostFile {
  /** Name of the resource in the stack, unique per node; also the name in messages. */
  name: string;
  /** Absolute path on the node. */
  path: string;
  /** Octal permissions, e.g. `0644`. Owner is root. */
  mode: string;
  /** The content may not be shown in a preview. */
  secret?: boolean;
  /** Names of the files that must be in place before this one is installed (and are removed after it). */
  after: readonly string[];
  render(settings: HostSettings): string;
}
