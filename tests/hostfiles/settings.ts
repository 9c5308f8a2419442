/** Settings that the tests of the renderers share. */
import { ApiForwarder, type HostSettings } from "../../hostfiles";

export function hostSettings(change: Partial<HostSettings> = {}): HostSettings {
  return {
    owner: "kops-secondary-ingress/prod",
    instanceId: "i-0a1b2c3d4e5f60001",
    clusterName: "k8s.example.com",
    primaryPrivateIp: "172.20.45.37",
    secondaryPrivateIp: "172.20.45.38",
    httpsNodePort: 30443,
    httpNodePort: 30080,
    apiForwarder: ApiForwarder.Socat,
    apiLocalPort: 8443,
    proxyProtocol: false,
    statsPassword: "correct-horse-battery-staple",
    ...change,
  };
}
