/** Settings that the tests of the renderers share. */
import { ApiForwarder } from "../../settings/choices";
import { type HostSettings, NetworkConfig } from "../../hostfiles/hostSettings";
import type { HostStep } from "../../hostfiles/steps/hostStep";
import { hostSteps, preflight } from "../../hostfiles/steps/hostSteps";

/** What the host files are rendered from, and what decides which of them there are. */
export interface TestSettings extends HostSettings {
  apiForwarder: ApiForwarder;
  forceApiAllowedCidrs: boolean;
}

export function hostSettings(change: Partial<TestSettings> = {}): TestSettings {
  return {
    formerOwner: "",
    owner: "kops-secondary-ingress/prod",
    instanceId: "i-0a1b2c3d4e5f60001",
    clusterName: "k8s.example.com",
    healthName: "app.example.com",
    primaryPrivateIp: "172.20.45.37",
    secondaryPrivateIp: "172.20.45.38",
    requestedIp: "172.20.45.38",
    adopt: false,
    httpsNodePort: 30443,
    httpNodePort: 30080,
    apiForwarder: ApiForwarder.Socat,
    apiLocalPort: 8443,
    proxyProtocol: false,
    apiAllowedCidrs: [],
    forceApiAllowedCidrs: false,
    vpcCidrs: [],
    podCidrs: [],
    network: NetworkConfig.Netplan,
    reinstall: "",
    statsPassword: "correct-horse-battery-staple",
    ...change,
  };
}

/** Every step of a node, the look at it included. */
export const allSteps = (settings: TestSettings): readonly HostStep[] => [
  preflight,
  ...hostSteps({
    adopt: settings.adopt,
    apiForwarder: settings.apiForwarder,
    filterApi: settings.apiAllowedCidrs.length > 0,
    forceFilter: settings.forceApiAllowedCidrs,
  }),
];
