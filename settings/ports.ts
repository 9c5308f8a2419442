/** The ports of the layout, on the node and towards clients. The program itself listens on none of the clients' ports: see docs/guide.md. */

/** The ports on which clients reach the applications. */
export const clientPorts = { https: 443, http: 80 } as const;
/** The port of the Kubernetes API, which kOps hard-codes. */
export const apiPort = 443;

/** HAProxy, for HTTPS to the secondary address. */
export const httpsListener = 10443;
/** HAProxy, for HTTP to the secondary address. */
export const httpListener = 10080;
/** The forwarder to a moved API server. */
export const apiForwardListener = 10444;
/** Takes over from the forwarder while it is replaced. */
export const apiForwardBridge = 10445;
/** HAProxy's statistics and metrics, on loopback. */
export const statsListener = 10404;

/** The ports on which nothing else can listen on the node. */
export const takenPorts: readonly number[] = [
  apiPort,
  ...[httpsListener, httpListener, statsListener],
  ...[apiForwardListener, apiForwardBridge],
];
