/** Self-signed certificates for servers on loopback. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./process";

export async function certificateFor(name: string): Promise<{ key: string; cert: string }> {
  const directory = await mkdtemp(join(tmpdir(), "certificate-"));
  const [key, cert] = [join(directory, "key"), join(directory, "cert")];
  // prettier-ignore
  await run("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", key, "-out", cert,
    "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`, "-days", "30",
  ]);
  const made = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  await rm(directory, { recursive: true });
  return made;
}
