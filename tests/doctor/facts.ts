/** Facts of a node on which everything is as it should be. */
import type { Facts } from "../../doctor/check";
import type { NodeFacts } from "../../doctor/collect/node";
import { outputs } from "../dns/support";

const unit = { active: true, enabled: true };

export const healthyNode: NodeFacts = {
  owner: "kops-secondary-ingress/prod",
  installed: true,
  missing: [],
  edited: [],
  onLoopback: true,
  elsewhere: "",
  natRules: true,
  haproxy: unit,
  nat: unit,
  guard: unit,
  timer: unit,
  watch: unit,
  switch: unit,
  forwarder: { active: false, enabled: false },
  haproxyFaults: "",
  httpsListener: ["haproxy@172.20.45.38:10443"],
  httpListener: ["haproxy"],
  strangersOn443: [],
  apiSwitchAgrees: true,
  forwarding: false,
  apiTable: false,
  forwarderListener: [],
  apiFilter: false,
  apiFilterTable: false,
  apiOnPrimary: "X509v3 Subject Alternative Name: DNS:kubernetes, DNS:api.internal.k8s.example.com",
  apiOnLoopback: "X509v3 Subject Alternative Name: DNS:kubernetes, DNS:api.internal.k8s.example.com",
  apiCertificateEnd: "Jan  1 00:00:00 2100 GMT",
  nodePortHttps: 404,
  nodePortHttp: 308,
  diskFreeMiB: 4000,
  checkAge: 12,
  repairs: 0,
  failedRepairs: [],
  history: [],
};

export function healthy(change: Partial<Facts> = {}): Facts {
  const given = outputs();
  return {
    outputs: given,
    aws: {
      instanceState: "running",
      controlPlane: [given.instanceId],
      attachedTo: given.instanceId,
      privateIps: [given.primaryPrivateIp, given.secondaryPrivateIp],
      primaryPublicIp: given.apiPublicIp,
      primaryIsElastic: true,
      targets: [],
      elasticIp: {
        publicIp: given.ingressPublicIp,
        networkInterfaceId: given.networkInterfaceId,
        privateIp: given.secondaryPrivateIp,
      },
      reachedBy: { 443: ["0.0.0.0/0"], 80: ["0.0.0.0/0"] },
      idle: [],
    },
    node: healthyNode,
    reach: {
      ingress: [
        { name: "app.example.com", answer: { error: "", names: ["app.example.com"], distrust: "", daysLeft: 80 } },
      ],
      http: { status: 308, error: "" },
      api: { error: "", names: ["kubernetes", "api.internal.k8s.example.com"], distrust: "unknown", daysLeft: 300 },
    },
    names: { addresses: Object.fromEntries(given.dns.records.map(({ name, values }) => [name, values])) },
    region: "eu-central-1",
    owner: "kops-secondary-ingress/prod",
    stack: "prod",
    ...change,
  };
}
