/** Scenarios for a node whose API server was moved to 127.0.0.1:8443 by hand. */
import { setTimeout as sleep } from "node:timers/promises";
import { apiManifest } from "../../node/kopsNode";
import { moveApi, waitForApi } from "../../node/machine";
import { configChange, destroy, forwarderSwitch, installAgain } from "./bothKinds";
import { bringUp } from "../bringUp";
import type { Scenario } from "./scenario";

/** Milliseconds until systemd has restarted the forwarder. */
const restarted = 1500;

export const movedNode: readonly Scenario[] = [
  { name: "moved: install", first: true, run: bringUp },
  installAgain("moved: install again"),
  configChange("moved: config change"),
  forwarderSwitch("moved: forwarder switch, socat to socket-proxyd and back"),
  {
    name: "moved: forwarder killed 20 times",
    app: 0,
    apiOutage: restarted,
    run: async (kept) => {
      for (let count = 0; count < 20; count++) {
        await kept.node("systemctl kill --signal=KILL secondary-ingress-forward.service");
        await sleep(restarted);
      }
      await kept.node("systemctl is-active secondary-ingress-forward.service");
    },
  },
  {
    name: "moved: 30 edits of the manifest in 6 s, half-written and empty ones among them",
    api: 0,
    app: 0,
    run: async (kept) => {
      await kept.node(`cp ${apiManifest} /root/manifest
for i in $(seq 10); do
  head -c 300 /root/manifest >${apiManifest}; sleep 0.2
  : >${apiManifest}; sleep 0.2
  { cat /root/manifest; echo "# edit $i: --secure-port=443"; } >${apiManifest}; sleep 0.2
done
cat /root/manifest >${apiManifest}; rm /root/manifest`);
      await kept.node("! systemctl is-failed kube-api-switch.path kube-api-switch.service");
    },
  },
  {
    name: "moved: nodeup puts the API server back on 443, long after boot",
    app: 0,
    run: async (kept) => {
      await kept.node("systemctl start kops-configuration.service");
      await waitForApi(443);
    },
  },
  {
    name: "moved: edited again",
    app: 0,
    run: async (kept) => {
      await moveApi("127.0.0.1");
      await kept.node(
        "for i in $(seq 20); do nft list table ip secondary_ingress_api >/dev/null 2>&1 && exit; sleep 0.05; done; exit 1",
      );
    },
  },
  {
    name: "moved: put back and edited again while nobody watches the manifest",
    app: 0,
    run: async (kept) => {
      await kept.node("systemctl start kops-configuration.service");
      await waitForApi(443);
      await kept.node("systemctl stop kube-api-switch.path");
      await moveApi("127.0.0.1");
      await kept.node(
        "for i in $(seq 650); do nft list table ip secondary_ingress_api >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1",
      );
    },
  },
  {
    name: "moved: destroy",
    run: destroy,
  },
];
