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
export const apiCertificate: ServedCertificate = {
  path: "/srv/kubernetes/kube-apiserver/server",
  reload: "pkill -f -o '[n]ginx.*kube-apiserver'; sleep 3",
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
