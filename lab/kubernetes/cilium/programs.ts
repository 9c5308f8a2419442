/** Cilium's agent and what belongs to it, built once from its Go module: there is no download of the programs alone. */
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../../build/cache";
import { goBuild, moduleDirectory, pins } from "../../build/goBuild";
import { run } from "../../process";
import { step } from "../../progress";
import { installPrograms } from "../../requirements";
import { ciliumVersion } from "../versions";

const repository = "github.com/cilium/cilium";
const folder = "lab/kubernetes/cilium";

/** Package of the repository → program on the node. */
const programs = {
  daemon: "var/lib/cilium/bin/cilium-agent",
  "cilium-dbg": "var/lib/cilium/bin/cilium-dbg",
  "cilium-health/responder": "var/lib/cilium/bin/cilium-health-responder",
  "plugins/cilium-cni": "opt/cni/bin/cilium-cni",
} as const;

/** What the agent runs: it compiles its BPF programs itself, at each start. Program → Debian package. */
const runs = { "clang-19": "clang-19", iptables: "iptables", ipset: "ipset" } as const;

const madeFrom = [process.arch, ciliumVersion, JSON.stringify(programs), ...pins(folder)];

/** Whether the programs are in the cache. */
export const ciliumIsBuilt = (): boolean => cache.holds("cilium", madeFrom);

/**
 * A directory with the agent and its BPF sources in /var/lib/cilium, and its CNI plugin, for use as a layer of the
 * node's disk. Installs what the agent needs of this machine.
 */
export async function ciliumPrograms(): Promise<string> {
  await installPrograms(runs);
  return step(`Cilium ${ciliumVersion}`, (note) =>
    cache.directory("cilium", madeFrom, async (directory) => {
      note("building it from its Go module, about 10 minutes, once");
      for (const place of ["var/lib/cilium/bin", "opt/cni/bin", "built"])
        await mkdir(join(directory, place), { recursive: true });
      const built = join(directory, "built");
      const packages = Object.keys(programs).map((path) => `${repository}/${path}`);
      const version = `${repository}/pkg/version.ciliumVersion=${ciliumVersion.slice(1)}`;
      await goBuild({ name: "cilium", module: folder, packages, version }, built);
      for (const [path, program] of Object.entries(programs))
        await rename(join(built, path.split("/").at(-1) ?? ""), join(directory, program));
      await run("rmdir", [built]);
      const sources = await moduleDirectory(folder, repository);
      // Modules are read-only in Go's cache.
      for (const [path, place] of [
        ["bpf", "bpf"],
        ["pkg/k8s/apis/cilium.io/client/crds", "crds"],
      ] as const)
        await run("cp", ["-rT", "--no-preserve=mode", join(sources, path), join(directory, "var/lib/cilium", place)]);
    }),
  );
}
