/** Facts of a node on which everything is as it should be. */
import type { Facts } from "../../../operator/doctor/check";
import type { AwsFacts } from "../../../operator/doctor/collect/aws";
import type { NodeFacts } from "../../../operator/doctor/collect/node";
import type { StackOutputs } from "../../../outputs/stackOutputs";
import { outputs } from "../../dns/support";
import type { Unknown } from "../../../operator/doctor/unknown";

/** Facts of which each part is known. */
type Known = { [Part in keyof AwsFacts]: Exclude<AwsFacts[Part], Unknown> };

const unit = { active: true, enabled: true };

export const healthyNode: NodeFacts = {
  owner: "kops-secondary-ingress/prod",
  installed: true,
  missing: [],
  edited: [],
  unconfirmed: [],
  undone: [],
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
  paused: "",
  haproxyFaults: "",
  httpsListener: ["haproxy@172.20.45.38:10443"],
  httpListener: ["haproxy@172.20.45.38:10080"],
  connections: [
    { port: "https", open: 12, most: 24_000 },
    { port: "http", open: 0, most: 8_000 },
  ],
  strangersOn443: [],
  strangersUnits: [],
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
  nodePortHttpsInstead: "",
  nodePortHttpInstead: "",
  diskFreeMiB: 4000,
  tracked: { entries: 900, most: 131_072 },
  checkAge: 12,
  repairsLastHour: 0,
  failedRepairs: [],
  history: [],
};

export const healthyAws = (given: StackOutputs): Known => ({
  instanceState: "running",
  controlPlane: [given.instanceId],
  networkInterface: {
    attachedTo: given.instanceId,
    privateIps: [given.primaryPrivateIp, given.secondaryPrivateIp],
    publicIp: given.apiPublicIp,
    elastic: true,
  },
  elasticIps: [
    {
      allocationId: given.allocationId,
      publicIp: given.ingressPublicIp,
      name: "kops-secondary-ingress-prod-k8s.example.com-ingress",
      networkInterfaceId: given.networkInterfaceId,
      privateIp: given.secondaryPrivateIp,
      associated: true,
    },
  ],
  targets: [],
  detached: [],
  apiBalancer: undefined,
  route: { routeTableId: "rtb-1", target: "igw-1", isPublic: true },
  reachedBy: { 443: ["0.0.0.0/0"], 80: ["0.0.0.0/0"] },
});

/** Where no call was answered. */
export const silentAws = (because: string): AwsFacts => ({
  instanceState: { because },
  controlPlane: { because },
  networkInterface: { because },
  elasticIps: { because },
  targets: { because },
  detached: { because },
  apiBalancer: { because },
  route: { because },
  reachedBy: { because },
});

export function healthy(change: Partial<Facts> = {}): Facts {
  const given = outputs();
  return {
    outputs: given,
    aws: healthyAws(given),
    node: healthyNode,
    reach: {
      ingress: [
        {
          name: "app.example.com",
          address: given.ingressPublicIp,
          answer: { error: "", refused: false, names: ["app.example.com"], distrust: "", daysLeft: 80 },
        },
      ],
      http: [{ address: given.ingressPublicIp, status: 308, error: "" }],
      api: {
        error: "",
        refused: false,
        names: ["kubernetes", "api.internal.k8s.example.com"],
        distrust: "unknown",
        daysLeft: 300,
      },
      throughBalancer: [],
    },
    recordOwners: [],
    names: { addresses: Object.fromEntries(given.dns.records.map(({ name, values }) => [name, values])) },
    allowedCidrs: ["0.0.0.0/0"],
    usersElasticIp: false,
    writesNames: false,
    region: "eu-central-1",
    profile: "",
    cwd: "",
    owner: "kops-secondary-ingress/prod",
    stack: "prod",
    ...change,
  };
}
