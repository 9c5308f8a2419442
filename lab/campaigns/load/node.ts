/** The node of the campaign: 2 GiB of memory, the control groups of a kOps node, and a page to download. */
import { readFile, writeFile } from "node:fs/promises";
import { controlPlane } from "../../network/machines";
import { cutPower, powerOn, replug } from "../../node/machine";
import { waitForCluster } from "../../kubernetes/controlPlane";
import type { KeptLab } from "../../keptLab";
import { bigPage } from "../bench/paths";

const memory = 2 * 2 ** 30;

/**
 * kubelet keeps the pods in a slice of their own, with the CPU weight of the whole node (2 CPUs: 2048 shares are a weight of 79), and weighs each by its
 * requests: kOps asks for 150 m, 200 m and 100 m, the chart of ingress-nginx for 100 m.
 */
const pods = { kubelet: 6, etcd: 8, "kube-proxy": 4, ingress: 4 };
const podSlices = [
  "printf '[Slice]\\nCPUWeight=79\\n' >/etc/systemd/system/kubepods.slice",
  ...Object.entries(pods).map(
    ([name, weight]) =>
      `mkdir -p /etc/systemd/system/${name}.service.d && printf '[Service]\\nSlice=kubepods.slice\\nCPUWeight=${weight}\\nLimitNOFILE=65536\\n' >/etc/systemd/system/${name}.service.d/load.conf`,
  ),
];

/** The page of the benchmark, and more connections than it has clients. */
const ingress = [
  `mkdir -p /srv/load && head -c ${bigPage.bytes} /dev/urandom >/srv/load${bigPage.path}`,
  `sed -i 's|ssl_certificate_key .*|&\\n    location = ${bigPage.path} { root /srv/load; }|; s/worker_connections .*;/worker_connections 65536;/' /etc/ingress/nginx.conf`,
];

/** Entries of the connection table: what kube-proxy sets on a node of up to four processors. All machines of the lab share the kernel's setting. */
const tracked = 131_072;

/** Runs `work` with the connection table of a small node. */
export async function withSmallTable<T>(work: () => Promise<T>): Promise<T> {
  const setting = "/proc/sys/net/netfilter/nf_conntrack_max";
  const before = await readFile(setting, "utf8");
  await writeFile(setting, `${tracked}`);
  try {
    return await work();
  } finally {
    await writeFile(setting, before);
  }
}

export async function limitNode(kept: KeptLab): Promise<void> {
  await kept.node([...podSlices, ...ingress].join(" && "));
  await cutPower();
  await replug();
  await powerOn(controlPlane, { memory });
  await waitForCluster(kept.state);
}
