/** The lab's certificates: one authority each for the cluster and for the web, as on a real node. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labPaths } from "../paths";
import { run } from "../process";

export interface Certificate {
  /** Paths of PEM files. */
  certificate: string;
  key: string;
  authority: string;
}

const openssl = (...args: string[]): Promise<string> => run("openssl", args);

async function issue(name: string, subject: string, alternativeNames: readonly string[]): Promise<Certificate> {
  const file = (suffix: string): string => join(labPaths.certificates, `${name}${suffix}`);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  // prettier-ignore
  await openssl("req", "-x509", ...newKey, "-days", "30", "-subj", `/CN=${name} authority of the lab`, "-keyout", file("-ca.key"), "-out", file("-ca.crt"));
  // prettier-ignore
  await openssl("req", ...newKey, "-subj", `/CN=${subject}`, "-keyout", file(".key"), "-out", file(".csr"));
  await writeFile(file(".ext"), `subjectAltName=${alternativeNames.join(",")}\n`);
  // prettier-ignore
  await openssl("x509", "-req", "-days", "30", "-in", file(".csr"), "-CA", file("-ca.crt"), "-CAkey", file("-ca.key"), "-CAcreateserial", "-extfile", file(".ext"), "-out", file(".crt"));
  return { certificate: file(".crt"), key: file(".key"), authority: file("-ca.crt") };
}

/** Where the certificates of a running lab lie. */
export function certificates(): { api: Certificate; app: Certificate } {
  const of = (name: string): Certificate => ({
    certificate: join(labPaths.certificates, `${name}.crt`),
    key: join(labPaths.certificates, `${name}.key`),
    authority: join(labPaths.certificates, `${name}-ca.crt`),
  });
  return { api: of("api"), app: of("app") };
}

/**
 * Makes them. The API's names are those that kOps gives it (kops nodeup/pkg/model/kube_apiserver.go: the in-cluster names,
 * `api.` and `api.internal.` of the cluster, loopback and the node's addresses).
 */
export async function issueCertificates(
  cluster: string,
  appDomains: readonly string[],
  apiAddresses: readonly string[],
): Promise<void> {
  await mkdir(labPaths.certificates, { recursive: true });
  await chmod(labPaths.certificates, 0o700);
  // prettier-ignore
  const apiNames = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", `api.${cluster}`, `api.internal.${cluster}`];
  await issue("api", "kubernetes-master", [
    ...apiNames.map((name) => `DNS:${name}`),
    ...["127.0.0.1", ...apiAddresses].map((address) => `IP:${address}`),
  ]);
  await issue(
    "app",
    appDomains[0] ?? "app",
    appDomains.map((name) => `DNS:${name}`),
  );
}
