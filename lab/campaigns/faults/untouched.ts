/** Scenarios for a node whose API server is on :443, as kOps sets it. */
import { setTimeout as sleep } from "node:timers/promises";
import { haproxyProgram, haproxyUnit } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { configChange, destroy, forwarderSwitch, installAgain, withOtherHttpPort } from "./bothKinds";
import { bringUp } from "../bringUp";
import type { Scenario } from "./scenario";

/** Milliseconds until the guard restores a table or the address. */
const guarded = 1000;
/** Milliseconds until the check has detected and repaired a fault: its period and its run time. */
const checked = 65_000;

/** Waits until the check reports a good state after a repair. */
async function repaired(kept: KeptLab, what: string): Promise<void> {
  const deadline = Date.now() + checked;
  while (Date.now() < deadline) {
    const log = await kept.node(
      "journalctl -u secondary-ingress-check -u secondary-ingress-guard --no-pager -o cat | tail -n 5",
    );
    if (log.includes(what)) return;
    await sleep(500);
  }
  throw new Error(`'${what}' was not repaired within ${checked / 1000} s`);
}

export const untouchedNode: readonly Scenario[] = [
  { name: "install", first: true, api: 0, run: bringUp },
  installAgain("install again"),
  configChange("config change"),
  {
    name: "HAProxy reload",
    api: 0,
    app: 0,
    run: async (kept) => {
      for (let count = 0; count < 5; count++) {
        await kept.node(`systemctl reload ${haproxyUnit}`);
        await sleep(500);
      }
    },
  },
  {
    name: "failed validation",
    api: 0,
    app: 0,
    run: async (kept) => {
      await kept.node(
        `printf '#!/bin/sh\\nexit 1\\n' >/root/refuses && chmod +x /root/refuses && mount --bind /root/refuses ${haproxyProgram}`,
      );
      const { status } = await withOtherHttpPort(kept, () => kept.up("prod"));
      if (status === 0) throw new Error("a configuration that HAProxy refuses was installed");
    },
    afterwards: async (kept) => {
      await kept.node(`umount ${haproxyProgram}`);
      await bringUp(kept);
    },
  },
  forwarderSwitch("forwarder switch on an untouched node"),
  {
    name: "nft flush ruleset",
    api: 0,
    // kube-proxy does not restore its own table, so the application's outage is not ours: this measures our table only.
    run: async (kept) => {
      for (let count = 0; count < 3; count++) {
        await kept.node(
          "nft flush ruleset; for i in $(seq 100); do nft list table ip secondary_ingress >/dev/null 2>&1 && exit; sleep 0.01; done; exit 1",
        );
        await sleep(guarded);
      }
      await repaired(kept, "repaired: natTable");
    },
    afterwards: async (kept) => {
      await kept.node("systemctl restart kube-proxy 2>/dev/null || true");
      await sleep(3000);
    },
  },
  {
    name: "secondary address deleted",
    api: 0,
    appOutage: guarded,
    run: async (kept) => {
      await kept.node("ip addr del $(ip -4 -o addr show dev lo | grep -oE '172[0-9.]+/32') dev lo");
      await repaired(kept, "repaired: address");
    },
  },
  {
    name: "HAProxy killed three times",
    api: 0,
    appOutage: guarded,
    run: async (kept) => {
      for (let count = 0; count < 3; count++) {
        await kept.node(`systemctl kill --signal=KILL ${haproxyUnit}`);
        await sleep(3 * guarded);
      }
    },
  },
  {
    name: "HAProxy stopped",
    api: 0,
    appOutage: checked,
    run: async (kept) => {
      await kept.node(`systemctl stop ${haproxyUnit}`);
      await repaired(kept, "repaired: haproxy");
    },
  },
  {
    name: "address's file deleted",
    api: 0,
    app: 0,
    run: async (kept) => {
      await kept.node("rm /etc/netplan/99-secondary-ip.yaml");
      await repaired(kept, "repaired: files");
      await kept.node("test -e /etc/netplan/99-secondary-ip.yaml");
    },
  },
  {
    name: "destroy",
    api: 0,
    run: destroy,
  },
];
