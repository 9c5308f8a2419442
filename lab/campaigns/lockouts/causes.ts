/** Changes that lock the operator out of the API, or would. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KeptLab } from "../../keptLab";
import { internet, node } from "../../network/addresses";
import { moveApi, nodeUser, waitForApi } from "../../node/machine";
import type { Cause, Set } from "./cause";
import { hostFirewall } from "./hostFirewall";

const withoutOperator = ["203.0.113.0/24"];
const list = (set: Set, cidrs: readonly string[]): void => {
  set(["apiAllowedCidrs"], cidrs);
  set(["forceApiAllowedCidrs"], true);
};
/** The node is its own bastion: it sees the bastion's address and cannot compare the list with the operator's. */
const throughBastion = (set: Set, hostKey: string): void => {
  set(["ssh", "host"], node.primaryPrivateIp);
  set(["ssh", "proxy"], { host: node.autoPublicIp, user: nodeUser, hostKey });
};
const filtered = `nft list table ip secondary_ingress_filter >/dev/null 2>&1 && ! nft get element ip secondary_ingress_filter api_allowed '{ ${internet.operator} }' >/dev/null 2>&1`;

/** A reboot puts the API server back on 443. */
const moved = async (): Promise<void> => {
  await moveApi("127.0.0.1");
  // The switch turns the forwarding on.
  await sleep(2000);
};
const movedBack = async (kept: KeptLab): Promise<void> => {
  await kept.node("systemctl start kops-configuration.service");
  await waitForApi(443);
};

const proxyd = "/lib/systemd/systemd-socket-proxyd";

export const causes: readonly Cause[] = [
  {
    name: "a list without the operator, not forced",
    change: (set) => set(["apiAllowedCidrs"], withoutOperator),
    command: "up",
  },
  {
    name: "another apiLocalPort than the API server's",
    change: (set) => set(["apiLocalPort"], 6443),
    command: "up",
    prepare: moved,
    restore: movedBack,
  },
  {
    name: "a list without the operator, behind a bastion",
    settings: throughBastion,
    change: (set) => list(set, withoutOperator),
    command: "up",
    acts: filtered,
  },
  {
    name: "a list that loses the operator, behind a bastion",
    settings: (set, hostKey) => {
      throughBastion(set, hostKey);
      list(set, [`${internet.operator}/32`]);
    },
    change: (set) => list(set, withoutOperator),
    command: "up",
    acts: filtered,
  },
  {
    name: "a forwarder that forwards nothing",
    change: (set) => set(["apiForwarder"], "socket-proxyd"),
    command: "up",
    prepare: async (kept) => {
      await kept.node(
        `[ -e ${proxyd}.real ] || mv ${proxyd} ${proxyd}.real; printf '#!/bin/sh\\nexec sleep infinity\\n' >${proxyd}; chmod 755 ${proxyd}`,
      );
      await moved();
    },
    restore: async (kept) => {
      await kept.node(`mv ${proxyd}.real ${proxyd}`);
      await movedBack(kept);
    },
    acts: "systemctl is-active -q secondary-ingress-forward.socket && nft list table ip secondary_ingress_api | grep -q 10444",
  },
  {
    name: "a removal while the API server is on another port",
    command: "destroy",
    prepare: moved,
    restore: movedBack,
    acts: "! nft list table ip secondary_ingress_api >/dev/null 2>&1",
  },
  hostFirewall,
];
