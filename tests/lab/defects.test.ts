/** Defects of other layouts, put back on purpose: the lab's rows catch each. */
import assert from "node:assert/strict";
import { lab } from "../../lab/lab";
import { node as address } from "../../lab/network/addresses";
import { waitForApi } from "../../lab/node/machine";
import { withoutHaproxy } from "../../lab/proof/node";
import { type Outputs, stackOutputs } from "../../lab/proof/outputs";
import { rebootedRows } from "../../lab/proof/reboot";
import type { Row } from "../../lab/proof/row";
import { keepLab, type KeptLab } from "../../lab/keptLab";
import { needsRoot } from "../support/needs";

/** Seconds for the cluster to follow its API server: a row that must fail need not wait as long as one that must hold. */
const patience = 20;

describe("the lab catches", function () {
  let kept: KeptLab;
  let outputs: Outputs;
  const failing = (rows: readonly Row[]): string[] => rows.filter(({ ok }) => !ok).map(({ id }) => id);
  const observed = (rows: readonly Row[], id: string): string => rows.find((row) => row.id === id)?.observed ?? "";

  before(async function () {
    needsRoot(this);
    kept = await keepLab({ apiPort: 8443, apiAddress: "127.0.0.1", kubernetes: "nftables", plugins: "auto" });
    const { status, stdout, stderr } = await kept.up("prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    outputs = await stackOutputs("prod");
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("a forwarder bound on :443, with ExecCondition=: nodeup is late, and the API server finds its port taken", async () => {
    await kept.node(`cat >/etc/systemd/system/defect.service <<'UNIT'
[Service]
ExecCondition=grep -q -- --secure-port=8443 /etc/kubernetes/manifests/kube-apiserver.manifest
ExecStart=socat TCP4-LISTEN:443,bind=${address.primaryPrivateIp},ip-freebind,fork,reuseaddr TCP4:127.0.0.1:8443
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable -q defect.service`);
    const rows = await rebootedRows(kept.state, { nodeupSeconds: 8, powerCut: true }, patience);
    for (const id of ["reboot-api-serves", "reboot-api-port-free"]) assert.ok(failing(rows).includes(id), id);
    assert.match(observed(rows, "reboot-api-port-free"), /address already in use/);

    await kept.node(
      "systemctl disable -q --now defect.service; rm /etc/systemd/system/defect.service; systemctl daemon-reload; systemctl restart kubelet",
    );
    await waitForApi(443);
  });

  it("the address on the primary interface: it comes first after a reboot, and the API server advertises it", async () => {
    const { secondaryPrivateIp } = outputs;
    const [ours, theirs] = ["/etc/netplan/99-secondary-ip.yaml", "/etc/netplan/40-secondary.yaml"];
    const yaml = `network: { version: 2, ethernets: { ${address.device}: { addresses: [${secondaryPrivateIp}/${address.prefix}] } } }`;
    // The check would put our own file back.
    await kept.node(
      `systemctl disable -q secondary-ingress-check.timer; mv ${ours} /root/; echo '${yaml}' >${theirs}; chmod 600 ${theirs}`,
    );
    const rows = await rebootedRows(kept.state, { powerCut: true }, patience);
    assert.ok(failing(rows).includes("reboot-kubernetes-endpoint"), failing(rows).join());
    assert.ok(observed(rows, "reboot-kubernetes-endpoint").includes(secondaryPrivateIp));

    await kept.node(
      `systemctl enable -q secondary-ingress-check.timer; rm ${theirs}; mv /root/99-secondary-ip.yaml ${ours}`,
    );
    assert.deepEqual(failing(await rebootedRows(kept.state, { powerCut: true })), []);
  });

  it("a rule that goes with HAProxy: the applications' address shows the API's certificate", async () => {
    assert.deepEqual(failing([await withoutHaproxy(outputs)]), []);
    await kept.node("systemctl stop secondary-ingress-guard.service; nft delete table ip secondary_ingress");
    const row = await withoutHaproxy(outputs);
    assert.equal(row.ok, false);
    assert.match(row.observed, /certificate DNS:kubernetes/);
  });
});
