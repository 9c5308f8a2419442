/** Makes the hand-made layout on a lab that is up, as an administrator would: in AWS, and on the node. */
import { waitForServices } from "../kubernetes/controlPlane";
import type { KeptLab } from "../keptLab";
import { writeState } from "../lab";
import { node } from "../network/addresses";
import { apiManifest } from "../node/kopsNode";
import { extraPackage } from "../node/extraPackages";
import type { Suite } from "../node/image";
import { copyOntoNode, moveApi } from "../node/machine";
import { step } from "../progress";
import { arrangeAccount } from "./account";
import type { Forwarder } from "./forwarders";
import { run, until, write } from "./hands";
import { haproxyConfiguration } from "./haproxyConfiguration";
import { leaseAddress } from "./lease";
import { type Layout, movedApiPort, netplanFile, paths, secondary, type VariantName } from "./layout";
import { type Variant, variants } from "./variants";

/** The API server answers anonymous requests some time after it listens. */
const waitForMovedApi = (): Promise<void> =>
  until(`[ "$(curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1:${movedApiPort}/)" = 401 ]`, 60);

/** Installs HAProxy and the forwarder's packages; the node cannot reach a mirror. */
async function installPackages({ packages }: Forwarder, debian: Suite): Promise<void> {
  const install = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install";
  await run(`${install} haproxy`);
  for (const name of packages) {
    if (name === "socat") await run(`${install} socat`);
    else {
      await copyOntoNode(await extraPackage(debian, name), `/var/cache/${name}`);
      // apt-get would first look for each of them at the mirror, for half a minute.
      await run(`DEBIAN_FRONTEND=noninteractive dpkg --install /var/cache/${name}/*.deb && rm -r /var/cache/${name}`);
    }
  }
}

async function arrangeNode(variant: Variant, debian: Suite): Promise<void> {
  const { netplan, haproxyMore, forwarder, files, units } = variant;
  const { device } = node;
  await installPackages(forwarder, debian);
  await run(`ip addr add ${secondary.address}/${secondary.prefix} dev ${device}`);
  if (netplan) await write(paths.netplan, netplanFile);
  await moveApi("127.0.0.1");
  await waitForMovedApi();
  await write(paths.haproxy, haproxyConfiguration(haproxyMore));
  for (const [path, text] of Object.entries({ ...forwarder.files, ...files })) {
    await run(`mkdir -p "$(dirname ${path})"`);
    await write(path, text);
  }
  await run(`systemctl daemon-reload
    systemctl enable --now --quiet ${[...units, forwarder.unit].join(" ")}
    haproxy -c -q -f ${paths.haproxy}
    systemctl restart haproxy.service`);
}

/** @param kept an untouched lab, with the API server on 443 */
export async function makeLayout(kept: KeptLab, name: VariantName): Promise<Layout> {
  const variant = variants[name];
  const { forwarder } = variant;
  const inAccount = await step("Hand-made layout in AWS", () => arrangeAccount(kept, variant.elasticIp));
  await step("Hand-made layout on the node", async (note) => {
    note(variant.what);
    await leaseAddress();
    if (kept.state.kubernetes) await waitForServices(kept.state.kubernetes);
    await arrangeNode(variant, kept.state.debian);
    await variant.since(kept.state, forwarder.unit);
  });
  const layout: Layout = {
    variant: name,
    ...inAccount,
    primaryPrivateIp: node.primaryPrivateIp,
    secondaryPrivateIp: secondary.address,
    files: [
      ...(variant.netplan ? [paths.netplan] : []),
      paths.haproxy,
      ...Object.keys({ ...forwarder.files, ...variant.files }),
      apiManifest,
    ],
    units: ["haproxy.service", forwarder.unit, ...variant.units],
  };
  const moved = (await run(`grep -c -- --secure-port=${movedApiPort} ${apiManifest} || :`)) !== "0";
  await writeState({ ...kept.state, apiPort: moved ? movedApiPort : 443, handMade: layout });
  return layout;
}

/**
 * Restarts the API server, and waits until it answers. The layout as written leaves 127.0.0.1:443 to nobody, so the
 * API server's own probe fails and kubelet restarts it 80 s later: a measurement that begins here has that time.
 */
export async function renewApiServer(): Promise<void> {
  await run("systemctl restart kubelet.service");
  await waitForMovedApi();
}
