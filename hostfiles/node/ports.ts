/** The ports that the layout uses on the node. None of them is 443: see docs/guide.md. */

/** HAProxy, for HTTPS to the secondary address. */
export const httpsListener = 10443;
/** The forwarder to a moved API server. */
export const apiForwardListener = 10444;
/** Stands in for the forwarder while it is replaced. */
export const apiForwardBridge = 10445;
/** HAProxy's statistics and metrics, on loopback. */
export const statsListener = 8404;
