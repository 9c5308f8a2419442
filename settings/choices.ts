/** The enums among the settings. */

/** The program that forwards port 443 to a moved API server. */
export enum ApiForwarder {
  /** One process per connection; on every distribution. */
  Socat = "socat",
  /** systemd-socket-proxyd: event-driven, the socket stays open across restarts. */
  SocketProxyd = "socket-proxyd",
}

/** How clients reach the applications. */
export enum IngressMode {
  /** On the node's own address and the ingress controller's NodePorts. */
  NodePort = "node-port",
  /** On ports 443 and 80 of a secondary private address with an Elastic IP. */
  DualIp = "dual-ip",
  /** On ports 443 and 80 of a Network Load Balancer in front of every node that runs applications. */
  LoadBalancer = "load-balancer",
}

/** What happens to the public address of the node's primary address. */
export enum PrimaryAddress {
  /** It stays as it is; AWS takes back an automatically assigned one at the next stop of the instance. */
  Keep = "keep",
  /** An Elastic IP of the stack replaces it. */
  ElasticIp = "elastic-ip",
}

/** What `destroy` does with the host files. */
export enum OnDestroy {
  /** Restores the node as it was before the first `up`. */
  Restore = "restore",
  /** Leaves the files and opens no connection: for a node that no longer exists. */
  Retain = "retain",
}
