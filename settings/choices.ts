/** What a user may set: the choices and what holds where nothing is said. */

/** Which program gives a moved API server its port 443 back. */
export enum ApiForwarder {
  /** One process per connection; on every distribution. */
  Socat = "socat",
  /** systemd-socket-proxyd: event-driven, the socket stays open across restarts. */
  SocketProxyd = "socket-proxyd",
}

/** How applications get their port 443. */
export enum IngressMode {
  /** On the node's own address and the ingress controller's NodePorts. */
  NodePort = "node-port",
  /** On a secondary private address with an Elastic IP of its own, on 443 and 80. */
  DualIp = "dual-ip",
  /** On a Network Load Balancer in front of every node that runs applications, on 443 and 80. */
  LoadBalancer = "load-balancer",
}

/** What happens to the primary address's public address. */
export enum PrimaryAddress {
  /** It stays what it is; an automatically assigned one is lost at the next stop of the instance. */
  Keep = "keep",
  /** It becomes an Elastic IP of the stack. */
  ElasticIp = "elastic-ip",
}

/** What `destroy` does with the host files. */
export enum OnDestroy {
  /** Puts the node back as it was. */
  Restore = "restore",
  /** Leaves them and makes no connection: for a node that is gone. */
  Retain = "retain",
}

/** What holds where a stack's settings say nothing. Pulumi.yaml declares the same, for `pulumi config`. */
export const defaults = {
  appDomains: [] as string[],
  httpsNodePort: 30443,
  httpNodePort: 30080,
  allowedCidrs: ["0.0.0.0/0"],
  apiForwarder: ApiForwarder.Socat,
  apiLocalPort: 8443,
  proxyProtocol: false,
  crossZone: true,
  keepAddress: false,
  apiAllowedCidrs: [] as string[],
  forceApiAllowedCidrs: false,
  reinstall: "",
  primaryAddress: PrimaryAddress.Keep,
  /** Seconds. */
  dnsTtl: 60,
  overwriteRecords: false,
  healthChecks: false,
  onDestroy: OnDestroy.Restore,
  formerStack: "",
  tags: {} as Record<string, string>,
};
