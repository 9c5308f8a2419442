/** What a hand-made layout consists of. */
import { node } from "../network/addresses";

/** Address and prefix length that the administrator gave the interface; the subnet's own prefix is longer. */
export const secondary = { address: "172.20.45.38", prefix: 16 } as const;

/** Where the hand-edited API server listens, on loopback only. */
export const movedApiPort = 8443;

/** HAProxy's statistics page, without a password. */
export const statistics = { port: 8404, path: "/stats" } as const;

/** Files of the layout on the node; the forwarder's own are in its table. */
export const paths = {
  netplan: "/etc/netplan/99-secondary-ip.yaml",
  haproxy: "/etc/haproxy/haproxy.cfg",
} as const;

/** The layouts that are out there: the layout as written, and small changes of it. */
// prettier-ignore
export const variantNames = [
  "as-written", "rebooted", "rebooted-api-first", "rebooted-forwarder-first", "no-elastic-ip", "no-netplan",
  "haproxy-stopped", "unit-renamed", "socket-proxyd", "nginx-stream", "stunnel", "redirect-leftover", "haproxy-serves-more",
] as const;
export type VariantName = (typeof variantNames)[number];

export interface Layout {
  variant: VariantName;
  networkInterfaceId: string;
  primaryPrivateIp: string;
  secondaryPrivateIp: string;
  /** Absent if the administrator has not got that far. */
  elasticIp?: { publicIp: string; allocationId: string; associationId: string };
  /** Paths on the node. */
  files: readonly string[];
  units: readonly string[];
}

/** Netplan merges this file with cloud-init's by the interface's name. */
export const netplanFile = `network:
  version: 2
  ethernets:
    ${node.device}:
      addresses:
        - ${secondary.address}/${secondary.prefix}
`;
