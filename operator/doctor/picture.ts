/** The way from the internet to API and applications, with what the checks say of each piece of it. */
import { IngressMode } from "../../settings/choices";
import type { StackOutputs } from "../../outputs/stackOutputs";
import type { Report } from "./report";

export type State = "ok" | "fails" | "warns" | "unknown";

export interface Piece {
  text: string;
  /** How far from the internet: 0 is the first. */
  depth: number;
  state: State;
  /** The findings, why it is unknown, or what was measured. */
  words: string;
}

export interface Picture {
  title: string;
  pieces: Piece[];
  /** What looks after it, and where the names lead. */
  beside: Piece[];
}

interface Part {
  text: string;
  depth: number;
  codes: readonly string[];
}

function apiParts({ apiPublicIp, primaryPrivateIp, mode }: StackOutputs): Part[] {
  const onNode = mode === IngressMode.DualIp;
  return [
    {
      text: `API: ${apiPublicIp || "no public address"}`,
      depth: 0,
      codes: ["INSTANCE_GONE", "INSTANCE_STOPPED", "API_ADDRESS_LOST", "API_ADDRESS_AUTOMATIC"],
    },
    ...(onNode
      ? [
          {
            text: `${primaryPrivateIp}:443`,
            depth: 1,
            codes: [
              "API_PORT_TAKEN",
              "FORWARDER_RULES_MISSING",
              "FORWARDER_STOPPED",
              "FORWARDER_WRONG",
              "API_FILTER_MISSING",
            ],
          },
          {
            text: "kube-apiserver",
            depth: 2,
            codes: ["API_SILENT_ON_PRIMARY", "API_SILENT_ON_LOOPBACK", "API_CERTIFICATE_ENDS"],
          },
        ]
      : []),
    { text: "from here", depth: onNode ? 3 : 1, codes: ["API_UNREACHABLE"] },
  ];
}

function ingressParts({ ingressPublicIp, ingressPort, secondaryPrivateIp, mode }: StackOutputs): Part[] {
  const certificates = ["CERTIFICATE_UNTRUSTED", "CERTIFICATE_EXPIRED", "CERTIFICATE_ENDS"];
  const fromHere = ["INGRESS_IS_API", "INGRESS_UNREACHABLE", "INGRESS_HTTP_UNREACHABLE", ...certificates];
  const doors = ["HTTPS_CLOSED", "HTTP_CLOSED"];
  if (mode === IngressMode.NodePort)
    return [
      { text: `applications: ${ingressPublicIp}:${ingressPort}`, depth: 0, codes: doors },
      { text: "from here", depth: 1, codes: fromHere },
    ];
  if (mode === IngressMode.LoadBalancer)
    return [
      { text: `applications: load balancer at ${ingressPublicIp}`, depth: 0, codes: ["BALANCER_GONE"] },
      { text: "nodes behind it", depth: 1, codes: ["GROUP_DETACHED", "NO_TARGET_HEALTHY", "TARGETS_UNHEALTHY"] },
      { text: "from here", depth: 2, codes: fromHere },
    ];
  return [
    {
      text: `applications: ${ingressPublicIp}`,
      depth: 0,
      codes: ["SUBNET_PRIVATE", "ELASTIC_IP_GONE", "ELASTIC_IP_UNASSOCIATED", ...doors],
    },
    {
      text: `${secondaryPrivateIp}:443 on lo`,
      depth: 1,
      codes: [
        "SECONDARY_UNASSIGNED",
        "ADDRESS_MISSING",
        "ADDRESS_ON_INTERFACE",
        "NAT_RULES_MISSING",
        "NAT_NOT_AT_BOOT",
      ],
    },
    {
      text: "HAProxy",
      depth: 2,
      codes: [
        ...["HAPROXY_CONFIG_INVALID", "PAUSED", "HAPROXY_STOPPED", "HAPROXY_NOT_AT_BOOT"],
        ...["HTTPS_LISTENER_MISSING", "HTTP_LISTENER_MISSING", "HAPROXY_FULL"],
      ],
    },
    { text: "ingress NodePorts", depth: 3, codes: ["NODE_PORT_HTTPS_SILENT", "NODE_PORT_HTTP_SILENT"] },
    { text: "from here", depth: 4, codes: fromHere },
  ];
}

function besideParts({ mode, dns }: StackOutputs): Part[] {
  const names: Part[] =
    dns.records.length > 0
      ? [
          {
            text: `names: ${dns.records.map(({ name }) => name.replace(/\.$/, "")).join(", ")}`,
            depth: 0,
            codes: ["NAME_HAS_ANOTHER_OWNER", "NAME_UNKNOWN", "NAME_LEADS_ELSEWHERE"],
          },
        ]
      : [];
  if (mode !== IngressMode.DualIp) return names;
  return [
    { text: "SSH", depth: 0, codes: ["SSH_UNREACHABLE", "HOST_KEY_DIFFERS", "SSH_REFUSED", "NO_SUDO"] },
    {
      text: "files on the node",
      depth: 0,
      codes: ["NODE_NOT_OURS", "HOST_FILES_MISSING", "HOST_FILES_EDITED", "CHANGE_UNCONFIRMED", "DISK_FULL"],
    },
    { text: "connection tracking", depth: 0, codes: ["CONNTRACK_FULL"] },
    {
      text: "check, guard and watch",
      depth: 0,
      codes: [
        ...["CHECK_STOPPED", "CHECK_STALE", "REPAIR_FAILED", "REPAIRS_REPEAT"],
        ...["GUARD_STOPPED", "MANIFEST_UNWATCHED", "SWITCH_NOT_AT_BOOT"],
      ],
    },
    ...names,
    { text: "paid for without need", depth: 0, codes: ["API_BEHIND_BALANCER", "IDLE_ELASTIC_IP"] },
  ];
}

/** Every code stands in one part: tests/operator/doctor/picture.test.ts. */
export function drawPicture(outputs: StackOutputs, report: Report): Picture {
  const piece = ({ text, depth, codes }: Part): Piece => {
    const findings = report.findings.filter(({ code }) => codes.includes(code));
    if (findings.length > 0) {
      const state = findings.some(({ severity }) => severity === "error") ? "fails" : "warns";
      return { text, depth, state, words: findings.map(({ code }) => code).join(", ") };
    }
    const good = report.good.filter(({ code }) => codes.includes(code));
    if (good.length > 0)
      return { text, depth, state: "ok", words: good.flatMap(({ observed }) => observed ?? []).join(", ") };
    const skipped = report.skipped.find(({ code }) => codes.includes(code));
    return { text, depth, state: "unknown", words: skipped?.because ?? "not checked" };
  };
  return {
    title: `${report.stack || "stack"} of ${outputs.clusterName}, mode ${outputs.mode}`,
    pieces: [...apiParts(outputs), ...ingressParts(outputs)].map(piece),
    beside: besideParts(outputs).map(piece),
  };
}
