/** HAProxy, in front of the applications. */
import { haproxyConfig, haproxyUnit } from "../../../hostfiles/node/paths";
import { httpListener, httpsListener } from "../../../settings/ports";
import type { Check, Verdict } from "../check";
import type { NodeFacts } from "../collect/node";
import type { Unknown } from "../unknown";
import { full, list, ofNode, onNode, reinstall, secondaryIngress } from "./define";

const after = ["NODE_NOT_OURS"];
const inUse = (connections: NodeFacts["connections"]): string =>
  connections.map(({ port, open, most }) => `${open} of ${most} connections for ${port}`).join(", ");
const restart = onNode(`systemctl restart ${haproxyUnit}`);

export const haproxyChecks: readonly Check[] = [
  ofNode(
    {
      code: "HAPROXY_CONFIG_INVALID",
      area: "HAProxy",
      severity: "error",
      title: "HAProxy takes its configuration",
      after,
    },
    ({ haproxyFaults }, facts) =>
      haproxyFaults === ""
        ? undefined
        : {
            observed: haproxyFaults,
            expected: `${haproxyConfig} as the stack installed it`,
            fix: reinstall(facts),
          },
  ),
  ofNode(
    {
      code: "PAUSED",
      area: "HAProxy",
      severity: "error",
      title: "nobody has stopped HAProxy on purpose",
      after,
    },
    ({ paused }, facts) =>
      paused === ""
        ? undefined
        : {
            observed: `paused since ${new Date(Number(paused) * 1000).toISOString()}: the applications do not answer`,
            expected: "HAProxy runs",
            fix: secondaryIngress(facts, "resume"),
          },
  ),
  ofNode(
    {
      code: "HAPROXY_STOPPED",
      area: "HAProxy",
      severity: "error",
      title: "HAProxy runs",
      after: [...after, "PAUSED", "HAPROXY_CONFIG_INVALID"],
    },
    ({ haproxy }) =>
      haproxy.active
        ? undefined
        : {
            observed: `${haproxyUnit} is not active`,
            expected: "active",
            fix: onNode(`systemctl reset-failed ${haproxyUnit}; systemctl start ${haproxyUnit}`),
          },
  ),
  ofNode(
    {
      code: "HAPROXY_NOT_AT_BOOT",
      area: "HAProxy",
      severity: "warning",
      title: "HAProxy starts at boot",
      after: [...after, "HAPROXY_CONFIG_INVALID"],
    },
    ({ haproxy }) =>
      haproxy.enabled
        ? undefined
        : {
            observed: `${haproxyUnit} is not enabled`,
            expected: "enabled",
            fix: onNode(`systemctl enable -q ${haproxyUnit}`),
          },
  ),
  ofNode(
    {
      code: "HTTPS_LISTENER_MISSING",
      area: "HAProxy",
      severity: "error",
      title: `HAProxy listens on port ${httpsListener}`,
      after: [...after, "PAUSED", "HAPROXY_STOPPED", "HAPROXY_CONFIG_INVALID", "ADDRESS_MISSING"],
    },
    (node) =>
      node.httpsListener.some((each) => each.startsWith("haproxy@"))
        ? undefined
        : { observed: `${list(node.httpsListener)} on port ${httpsListener}`, expected: "haproxy", fix: restart },
  ),
  ofNode(
    {
      code: "HTTP_LISTENER_MISSING",
      area: "HAProxy",
      severity: "error",
      title: `HAProxy listens on port ${httpListener}`,
      after: [...after, "PAUSED", "HAPROXY_STOPPED", "HAPROXY_CONFIG_INVALID", "ADDRESS_MISSING"],
    },
    (node) =>
      node.httpListener.some((each) => each.startsWith("haproxy@"))
        ? undefined
        : { observed: `${list(node.httpListener)} on port ${httpListener}`, expected: "haproxy", fix: restart },
  ),
  {
    ...ofNode(
      {
        code: "HAPROXY_FULL",
        area: "HAProxy",
        severity: "warning",
        title: "HAProxy has room for more connections",
        after: [...after, "PAUSED", "HAPROXY_STOPPED", "HAPROXY_CONFIG_INVALID"],
      },
      ({ connections }): Verdict | Unknown | undefined => {
        if (connections.length === 0) return { because: "HAProxy shows no metrics" };
        return connections.some(({ open, most }) => open >= full * most)
          ? {
              observed: inUse(connections),
              expected: "a tenth free: at the limit further clients wait",
              fix: `look on the node with 'ss -Htn state established "( sport = :${httpsListener} or sport = :${httpListener} )"' whose connections they are: narrow allowedCidrs, or grow (docs/load-balancer.md)`,
            }
          : undefined;
      },
    ),
    shows: ({ node }) => ("connections" in node ? inUse(node.connections) : ""),
  },
];
