/** The light control plane: kOps' own files and units, with stand-ins for the API server and the NodePorts. Up within a second. */
import { node } from "../network/addresses";
import { type ControlPlane, ingressFiles, kopsFiles, kopsUnits, program } from "./controlPlane";

export function lightControlPlane(cluster: string, httpsNodePort: number, httpNodePort: number): ControlPlane {
  return {
    layers: [],
    files: {
      ...kopsFiles(cluster),
      "/usr/local/bin/kube-apiserver": program("kube-apiserver"),
      // NodePorts are not on 127.0.0.1 under kube-proxy's nftables mode, so they are not here either.
      ...ingressFiles(`${node.primaryPrivateIp}:${httpsNodePort}`, `${node.primaryPrivateIp}:${httpNodePort}`),
    },
    units: [...kopsUnits, "ingress.service"],
  };
}
