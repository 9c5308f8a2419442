/** kubelet, built once from its Go module, Debian's containerd, and the images of the control plane. */
import { readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../../build/cache";
import { goBuild, pins } from "../../build/goBuild";
import { extraPackage } from "../../node/extraPackages";
import type { Suite } from "../../node/image";
import { repositoryRoot } from "../../paths";
import { run } from "../../process";
import { step } from "../../progress";
import { etcdVersion, kubernetesVersion } from "../versions";
import { writeImage } from "./image";

const folder = "lab/kubernetes/kubelet";

/** Directory on the node of the images' archives. */
export const imagesOnNode = "/opt/kops/images";

/** The runner is the program of each image: the layer of kOps' API server has it as /go-runner. */
export const images = {
  pause: "registry.k8s.io/pause:3.10.1",
  etcd: `registry.k8s.io/etcd:${etcdVersion.slice(1)}-0`,
  "kube-apiserver": `registry.k8s.io/kube-apiserver:${kubernetesVersion}`,
} as const;

const madeFrom = [
  ...[process.arch, kubernetesVersion, etcdVersion, JSON.stringify(images), ...pins(folder)],
  ...["runner/main.go", "image.ts"].map((file) => readFileSync(join(repositoryRoot, folder, file), "utf8")),
];

/** Whether kubelet is in the cache. */
export const kubeletIsBuilt = (): boolean => cache.holds("kubelet", madeFrom);

/** @param controlPlane the directory of `controlPlanePrograms` */
const kubelet = (controlPlane: string): Promise<string> =>
  step(`kubelet ${kubernetesVersion}`, (note) =>
    cache.directory("kubelet", madeFrom, async (directory) => {
      note("building it from its Go module, about 5 minutes, once");
      const programs = join(directory, "usr/local/bin");
      const archives = join(directory, imagesOnNode);
      for (const each of [programs, archives]) await mkdir(each, { recursive: true });
      const version = `k8s.io/component-base/version.gitVersion=${kubernetesVersion}`;
      await goBuild(
        { name: "kubelet", module: folder, packages: ["k8s.io/kubernetes/cmd/kubelet"], version },
        programs,
      );
      await goBuild({ name: "runner", module: folder, packages: ["./runner"] }, archives);
      const runner = join(archives, "runner");
      for (const [name, reference] of Object.entries(images)) {
        const own = name === "pause" ? {} : { [`usr/local/bin/${name}`]: join(controlPlane, "usr/local/bin", name) };
        const image = { reference, files: { "go-runner": runner, ...own }, entrypoint: ["/go-runner"] };
        await writeImage(image, join(archives, `${name}.tar`));
      }
      await rm(runner);
    }),
  );

/** Debian's containerd and runc, unpacked. */
async function containerd(suite: Suite): Promise<string> {
  const packages = await extraPackage(suite, "containerd");
  const archives = (await readdir(packages)).sort();
  return cache.directory(`containerd-${suite}`, [packages, ...archives], async (directory) => {
    for (const each of archives) await run("dpkg", ["-x", join(packages, each), directory]);
    // On the machine /lib is a link, which this would hide; the unit in it is replaced.
    await rm(join(directory, "lib"), { recursive: true, force: true });
  });
}

/** Layers of the node's disk. @param controlPlane the directory of `controlPlanePrograms` */
export const kubeletPrograms = async (suite: Suite, controlPlane: string): Promise<string[]> => [
  await containerd(suite),
  await kubelet(controlPlane),
];
