/** The lab's certificates: one authority for the cluster and one for the web, as on a real node. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publicAwsEndpoint } from "../network/addresses";
import { labPaths } from "../paths";
import { run } from "../process";

export interface KeyPair {
  /** Paths of PEM files. */
  certificate: string;
  key: string;
}

/** The key pairs of a running lab, by use. */
// prettier-ignore
export type CertificateName = "cluster-authority" | "web-authority" | "api-server" | "app" | "admin" | "kube-proxy" | "kubelet" | "kubelet-api" | "aggregator" | "etcd" | "service-account" | "aws";

/** Paths of a key pair; for `service-account`, `certificate` is the public key. */
export function keyPair(name: CertificateName): KeyPair {
  return { certificate: join(labPaths.certificates, `${name}.crt`), key: join(labPaths.certificates, `${name}.key`) };
}

const openssl = (...args: string[]): Promise<string> => run("openssl", args);
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function issueAuthority(name: CertificateName): Promise<void> {
  const { certificate, key } = keyPair(name);
  // prettier-ignore
  await openssl("req", "-x509", ...newKey, "-days", "30", "-subj", `/CN=the lab's ${name}`, "-keyout", key, "-out", certificate);
}

async function issue(
  authority: CertificateName,
  { certificate, key }: KeyPair,
  subject: string,
  alternativeNames: readonly string[] = [],
): Promise<void> {
  const [request, extensions] = [`${certificate}.csr`, `${certificate}.ext`];
  await openssl("req", ...newKey, "-subj", subject, "-keyout", key, "-out", request);
  await writeFile(
    extensions,
    [
      "extendedKeyUsage=serverAuth,clientAuth",
      ...(alternativeNames.length > 0 ? [`subjectAltName=${alternativeNames.join(",")}`] : []),
      "",
    ].join("\n"),
  );
  // prettier-ignore
  await openssl("x509", "-req", "-days", "30", "-in", request, "-CA", keyPair(authority).certificate, "-CAkey", keyPair(authority).key, "-CAcreateserial", "-extfile", extensions, "-out", certificate);
}

/**
 * Issues all certificates. The API's names are those that kOps uses (kops nodeup/pkg/model/kube_apiserver.go: the
 * in-cluster names, `api.` and `api.internal.` of the cluster, the service address, loopback and the node's addresses).
 */
export async function issueCertificates(
  cluster: string,
  appDomains: readonly string[],
  apiAddresses: readonly string[],
): Promise<void> {
  await mkdir(labPaths.certificates, { recursive: true });
  await chmod(labPaths.certificates, 0o700);
  await Promise.all([issueAuthority("cluster-authority"), issueAuthority("web-authority")]);
  // prettier-ignore
  const apiNames = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", `api.${cluster}`, `api.internal.${cluster}`];
  const addresses = ["127.0.0.1", ...apiAddresses];
  await issue("cluster-authority", keyPair("api-server"), "/CN=kubernetes-master", [
    ...apiNames.map((name) => `DNS:${name}`),
    ...addresses.map((address) => `IP:${address}`),
  ]);
  await issue("cluster-authority", keyPair("admin"), "/O=system:masters/CN=kubecfg");
  await issue("cluster-authority", keyPair("kube-proxy"), "/CN=system:kube-proxy");
  await issue("cluster-authority", keyPair("kubelet"), "/O=system:nodes/CN=system:node:node");
  await issue("cluster-authority", keyPair("kubelet-api"), "/CN=kubelet-api");
  await issue("cluster-authority", keyPair("aggregator"), "/CN=aggregator");
  await issue("cluster-authority", keyPair("etcd"), "/CN=etcd", ["IP:127.0.0.1"]);
  await issue(
    "web-authority",
    keyPair("app"),
    `/CN=${appDomains[0] ?? "app"}`,
    appDomains.map((name) => `DNS:${name}`),
  );
  await issue("web-authority", keyPair("aws"), `/CN=${publicAwsEndpoint.name}`, [`DNS:${publicAwsEndpoint.name}`]);
  const account = keyPair("service-account");
  await openssl("genrsa", "-out", account.key, "2048");
  await openssl("rsa", "-in", account.key, "-pubout", "-out", account.certificate);
}

/** A certificate of the web's authority for a server that a few labs have. */
export async function issueServer(directory: string, name: string, alternativeNames: string[]): Promise<KeyPair> {
  const pair = { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
  await issue("web-authority", pair, `/CN=${name}`, alternativeNames);
  return pair;
}
