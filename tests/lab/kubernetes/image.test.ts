import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeImage } from "../../../lab/kubernetes/kubelet/image";
import { run } from "../../support/process";

interface Descriptor {
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

describe("an image of a container", () => {
  let directory: string;
  before(async () => void (directory = await mkdtemp(join(tmpdir(), "image-"))));
  after(() => rm(directory, { recursive: true, force: true }));

  it("holds its files in one layer, and names each part by its digest", async () => {
    const program = join(directory, "program");
    await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
    const archive = join(directory, "image.tar");
    const files = { "go-runner": program, "usr/local/bin/etcd": program };
    await writeImage({ reference: "registry.k8s.io/etcd:1", files, entrypoint: ["/go-runner"] }, archive);

    await run("tar", ["-xf", archive, "-C", directory]);
    const blobs = join(directory, "blobs/sha256");
    for (const name of await readdir(blobs))
      assert.equal(
        createHash("sha256")
          .update(await readFile(join(blobs, name)))
          .digest("hex"),
        name,
      );
    const read = async ({ digest, size }: Descriptor): Promise<Buffer> => {
      const bytes = await readFile(join(blobs, digest.replace("sha256:", "")));
      assert.equal(bytes.length, size);
      return bytes;
    };
    const json = async (part: Descriptor): Promise<unknown> => JSON.parse((await read(part)).toString());
    const index = JSON.parse(await readFile(join(directory, "index.json"), "utf8")) as { manifests: [Descriptor] };
    assert.equal(index.manifests[0].annotations?.["io.containerd.image.name"], "registry.k8s.io/etcd:1");
    const { config, layers } = (await json(index.manifests[0])) as { config: Descriptor; layers: [Descriptor] };
    const { rootfs, config: settings } = (await json(config)) as {
      rootfs: { diff_ids: string[] };
      config: { Entrypoint: string[] };
    };
    assert.deepEqual(rootfs.diff_ids, [layers[0].digest]);
    assert.deepEqual(settings.Entrypoint, ["/go-runner"]);
    await writeFile(join(directory, "layer.tar"), await read(layers[0]));
    const listed = await run("tar", ["-tvf", join(directory, "layer.tar")]);
    assert.match(listed, /^-rwxr-xr-x (root\/root|0\/0) .*\.\/usr\/local\/bin\/etcd$/m);
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.endsWith(".d")),
      [],
    );
  });
});
