/** The light control plane: kOps' own files and units, with stand-ins for the API server and the NodePorts. Up within a second. */
import { type ControlPlane, ingressFiles, kopsFiles, kopsUnits, program } from "./controlPlane";

export function lightControlPlane(
  cluster: string,
  primaryPrivateIp: string,
  { httpsNodePort, httpNodePort }: { httpsNodePort: number; httpNodePort: number },
): ControlPlane {
  return {
    layers: [],
    files: {
      ...kopsFiles(cluster),
      "/usr/local/bin/kube-apiserver": program("kube-apiserver"),
      // NodePorts are not on 127.0.0.1 under kube-proxy's nftables mode, so they are not here either.
      ...ingressFiles(`${primaryPrivateIp}:${httpsNodePort}`, `${primaryPrivateIp}:${httpNodePort}`),
    },
    units: [...kopsUnits, "ingress.service"],
  };
}
