/** Light nodes, up within a second: kOps' own files and units, with stand-ins for the API server and the NodePorts. */
import { type KopsNode, ingressFiles, kopsFiles, kopsUnits, program } from "./kopsNode";

interface NodePorts {
  httpsNodePort: number;
  httpNodePort: number;
}

/** A node with applications and without API server. */
export function lightWorker(primaryPrivateIp: string, { httpsNodePort, httpNodePort }: NodePorts): KopsNode {
  return {
    layers: [],
    // kube-proxy's nftables mode does not serve NodePorts on 127.0.0.1, so the stand-in does not either.
    files: ingressFiles(`${primaryPrivateIp}:${httpsNodePort}`, `${primaryPrivateIp}:${httpNodePort}`),
    units: ["ingress.service"],
  };
}

/** The control plane, with applications. */
export function lightControlPlane(cluster: string, primaryPrivateIp: string, nodePorts: NodePorts): KopsNode {
  const { layers, files, units } = lightWorker(primaryPrivateIp, nodePorts);
  return {
    layers,
    files: { ...kopsFiles(cluster), "/usr/local/bin/kube-apiserver": program("kube-apiserver"), ...files },
    units: [...kopsUnits, ...units],
  };
}
