/** Replaces the certificate of a server on the node, in shell. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptLab } from "../keptLab";
import { labDomain } from "../cloud/labAccount";
import { keyPair } from "../node/certificates";
import { labPaths } from "../paths";

export interface ServedCertificate {
  /** Path of certificate and key, without `.crt` and `.key`. */
  path: string;
  /** Command that makes the server read it. */
  reload: string;
}

export const appCertificate: ServedCertificate = {
  path: "/etc/ingress/app",
  reload: "systemctl restart ingress.service",
};
const apiPath = "/srv/kubernetes/kube-apiserver/server";
export const apiCertificate: ServedCertificate = {
  path: apiPath,
  // kubelet waits before it starts a container again, longer each time.
  reload: `pkill -f -o '[n]ginx.*kube-apiserver'
for i in $(seq 200); do
  sleep 0.3
  openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint 2>/dev/null |
    grep -qF "$(openssl x509 -noout -fingerprint -in ${apiPath}.crt)" && break
done`,
};

/**
 * @param days of validity
 * @param names subject alternative names, as openssl writes them
 * @param authority path of the signer's certificate and key, without `.crt` and `.key`; self-signed if undefined
 */
export function serve(
  { path, reload }: ServedCertificate,
  { days, names, authority }: { days: number; names: string; authority?: string },
): string {
  const signer =
    authority === undefined
      ? `-key ${path}.key`
      : `-CA ${authority}.crt -CAkey ${authority}.key -set_serial "$(date +%s)"`;
  return [
    `{ [ -e ${path}.kept ] || cp -a ${path}.crt ${path}.kept; }`,
    `openssl req -new -key ${path}.key -subj /CN=lab -out /tmp/request.csr 2>/dev/null`,
    `printf 'subjectAltName=${names}\\n' >/tmp/request.ext`,
    `openssl x509 -req -days ${days} -in /tmp/request.csr ${signer} -extfile /tmp/request.ext -out ${path}.crt 2>/dev/null`,
    reload,
  ].join(" && ");
}

export const serveAsBefore = ({ path, reload }: ServedCertificate): string =>
  `if [ -e ${path}.kept ]; then mv ${path}.kept ${path}.crt && ${reload}; fi`;

/**
 * A certificate for the applications from the authority that clients trust; its key is removed from the node at once.
 */
export async function serveTrusted({ node }: KeptLab, days: number): Promise<void> {
  const authority = "/root/web-authority";
  const { certificate, key } = keyPair("web-authority");
  await copyFile(certificate, join(labPaths.node, "root", `${authority}.crt`));
  await copyFile(key, join(labPaths.node, "root", `${authority}.key`));
  await node(`${serve(appCertificate, { days, names: `DNS:${labDomain}`, authority })}; rm ${authority}.*`);
}
