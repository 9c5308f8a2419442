/** Images of containers, in the layout of the Open Container Initiative: one layer, and one program to start. */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../process";
import { architecture } from "../programs";

export interface Image {
  /** As in a pod's manifest. */
  reference: string;
  /** Path in the image → file on this machine. */
  files: Readonly<Record<string, string>>;
  entrypoint: readonly string[];
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Writes an image as a tar archive that `ctr images import` takes. */
export async function writeImage({ reference, files, entrypoint }: Image, archive: string): Promise<void> {
  const directory = `${archive}.d`;
  const [root, layout] = [join(directory, "root"), join(directory, "layout")];
  const blobs = join(layout, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  for (const [path, file] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(file, join(root, path));
  }
  const pack = (from: string, to: string): Promise<string> =>
    run("tar", ["--create", "--owner=0", "--group=0", "--directory", from, "--file", to, "."]);
  const layerFile = join(directory, "layer.tar");
  await pack(root, layerFile);

  const blob = async (mediaType: string, bytes: Buffer) => {
    const digest = sha256(bytes);
    await writeFile(join(blobs, digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const type = (what: string): string => `application/vnd.oci.image.${what}`;
  const layer = await blob(type("layer.v1.tar"), await readFile(layerFile));
  const config = await blob(
    type("config.v1+json"),
    json({
      architecture,
      os: "linux",
      config: { Entrypoint: entrypoint },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const manifest = await blob(
    type("manifest.v1+json"),
    json({ schemaVersion: 2, mediaType: type("manifest.v1+json"), config, layers: [layer] }),
  );
  const annotations = { "io.containerd.image.name": reference };
  await writeFile(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  await writeFile(join(layout, "index.json"), json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
  await pack(layout, archive);
  await rm(directory, { recursive: true });
}
