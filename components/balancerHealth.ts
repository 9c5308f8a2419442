/** How a load balancer asks its targets; without Pulumi, for those that only wait as long as it does. */

/** As often as AWS asks without extra charge, and as few failures as it takes: a node that hangs is left out within 25 s. */
export const healthCheck = {
  protocol: "TCP",
  port: "traffic-port",
  interval: 10,
  timeout: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
} as const;
