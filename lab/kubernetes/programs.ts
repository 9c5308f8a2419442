/**
 * The control plane's real programs: official binaries if they can be downloaded, otherwise built once from their Go
 * modules.
 */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../build/cache";
import { download, verifySha256 } from "../build/download";
import { goBuild, pins } from "../build/goBuild";
import { run } from "../process";
import { step } from "../progress";
import { etcdVersion, kubernetesVersion } from "./versions";

/** As Go and container images name it. */
export const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const names = ["kube-apiserver", "kube-proxy", "kubectl"] as const;

const kubernetesModule = {
  name: "kubernetes",
  module: "lab/kubernetes",
  packages: names.map((name) => `k8s.io/kubernetes/cmd/${name}`),
  version: `k8s.io/component-base/version.gitVersion=${kubernetesVersion}`,
} as const;
const etcdModule = { name: "etcd", module: "lab/kubernetes/etcd", packages: ["."] } as const;

/** Downloads the official binaries into `directory`; false if that fails. */
async function downloadPrograms(directory: string): Promise<boolean> {
  for (const name of names) {
    const url = `https://dl.k8s.io/${kubernetesVersion}/bin/linux/${architecture}/${name}`;
    const listed = await download(`${url}.sha256`);
    const bytes = listed && (await download(url));
    if (!bytes) return false;
    verifySha256(name, bytes, listed.toString());
    await writeFile(join(directory, name), bytes);
    await chmod(join(directory, name), 0o755);
  }
  const release = `https://github.com/etcd-io/etcd/releases/download/${etcdVersion}`;
  const archiveName = `etcd-${etcdVersion}-linux-${architecture}.tar.gz`;
  const listed = await download(`${release}/SHA256SUMS`);
  const archive = listed && (await download(`${release}/${archiveName}`));
  if (!archive) return false;
  verifySha256(archiveName, archive, listed.toString());
  const file = join(directory, archiveName);
  await writeFile(file, archive);
  await run("tar", [
    "-xzf",
    file,
    "--strip-components=1",
    "-C",
    directory,
    `etcd-${etcdVersion}-linux-${architecture}/etcd`,
  ]);
  await rm(file);
  return true;
}

/**
 * A directory with etcd, kube-apiserver, kube-proxy and kubectl in /usr/local/bin, for use as a layer of the node's
 * disk.
 */
export async function controlPlanePrograms(): Promise<string> {
  return step(`Kubernetes ${kubernetesVersion}, etcd ${etcdVersion}`, (note) => {
    const madeFrom = [
      architecture,
      kubernetesVersion,
      etcdVersion,
      ...pins(kubernetesModule.module),
      ...pins(etcdModule.module),
    ];
    return cache.directory("kubernetes", madeFrom, async (partial) => {
      const directory = join(partial, "usr/local/bin");
      await mkdir(directory, { recursive: true });
      note("downloading the official binaries");
      if (await downloadPrograms(directory)) return;
      note("download failed: building them from their Go modules, about 6 minutes, once");
      await goBuild(kubernetesModule, directory);
      await goBuild(etcdModule, directory);
    });
  });
}
