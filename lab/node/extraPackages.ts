/** Debian packages that few labs need on the node: with what they depend on, downloaded once and cached. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../build/cache";
import { buildLogs } from "../paths";
import { attempt, run } from "../process";
import { step } from "../progress";
import { nodeImage, sealOf, type Suite } from "./image";

const archives = "var/cache/apt/archives";

/** All of them in one directory: the cache keeps one of a name. */
const extraPackages = ["libnginx-mod-stream", "stunnel4", "containerd"] as const;
export type ExtraPackage = (typeof extraPackages)[number];

/** Directory on this machine with a package and those of its dependencies that the image lacks. */
export async function extraPackage(suite: Suite, name: ExtraPackage): Promise<string> {
  const image = await nodeImage(suite);
  const directory = await step("Further packages for the node", () =>
    cache.directory(`packages-${suite}`, [sealOf(image), ...extraPackages], (partial) => download(image, partial)),
  );
  return join(directory, name);
}

/** Runs apt-get in an overlay on the image: which packages come is what the image lacks. */
async function download(image: string, partial: string): Promise<void> {
  const [upper = "", work = "", root = ""] = ["upper", "work", "root"].map((name) => join(partial, name));
  for (const each of [upper, work, root]) await mkdir(each);
  const overlay = `lowerdir=${image},upperdir=${upper},workdir=${work}`;
  await run("mount", ["-t", "overlay", "kops-secondary-ingress-lab", "-o", overlay, root]);
  try {
    const options = {
      log: join(buildLogs, "extra-packages.log"),
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    await run("chroot", [root, "apt-get", "-qq", "update"], options);
    for (const name of extraPackages) {
      const install = ["apt-get", "-qq", "-y", "--download-only", "--no-install-recommends", "install", name];
      await run("chroot", [root, ...install], options);
      await mkdir(join(partial, name));
      for (const file of await readdir(join(upper, archives)))
        if (file.endsWith(".deb")) await rename(join(upper, archives, file), join(partial, name, file));
    }
  } finally {
    await attempt("umount", [root]);
  }
  for (const each of [upper, work, root]) await rm(each, { recursive: true });
}
