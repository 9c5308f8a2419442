/** What is seen of the layout as the write-up has it. */
import type { Account } from "../../../operator/adopt/account";
import type { Clues } from "../../../operator/adopt/clues";
import { guess } from "../../../operator/adopt/guesses";
import type { Inspection } from "../../../operator/adopt/inspection";
import type { Seen } from "../../../operator/adopt/plan";
import { IngressMode } from "../../../settings/choices";
import { readConfig, type Settings } from "../../../settings/read";
import { handMadeHaproxy } from "../../hostfiles/handMadeNode";

export const settings: Settings = readConfig(
  "p",
  {
    "p:mode": IngressMode.DualIp,
    "p:clusterName": "k8s.example.com",
    "p:ssh": JSON.stringify({
      user: "ubuntu",
      hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHN5bnRoZXRpYy1ob3N0LWtleS1mb3ItdGVzdHMt",
    }),
  },
  "prod",
);

export const account = (change: Partial<Account> = {}): Account => ({
  instanceId: "i-0a1b2c3d4e5f60001",
  networkInterfaceId: "eni-0a1b2c3d4e5f60001",
  primaryPrivateIp: "172.20.45.37",
  publicIp: "198.51.100.37",
  secondaries: [
    {
      privateIp: "172.20.45.38",
      elasticIp: {
        publicIp: "203.0.113.10",
        allocationId: "eipalloc-0a1b2c3d4e5f60001",
        associationId: "eipassoc-0a1b2c3d4e5f60001",
        stack: "",
      },
    },
  ],
  openPorts: [{ securityGroupId: "sg-0a1b2c3d4e5f60001", port: 80, cidr: "0.0.0.0/0" }],
  ...change,
});

export const clues = (change: Partial<Clues> = {}): Clues => ({
  securePort: "8443",
  bindAddress: "127.0.0.1",
  takenOver: false,
  haproxy: handMadeHaproxy().split("\n"),
  forward: ["ExecStart=/usr/bin/socat TCP4-LISTEN:443,bind=172.20.45.37,reuseaddr,fork TCP4:127.0.0.1:8443"],
  ...change,
});

export const inspection = (change: Partial<Inspection> = {}): Inspection => ({
  parts: [
    { unit: "haproxy.service", role: "http", listener: "172.20.45.38:80" },
    { unit: "haproxy.service", role: "https", listener: "172.20.45.38:443" },
    { unit: "haproxy.service", role: "statistics", listener: "0.0.0.0:8404" },
    { unit: "kube-api-forward.service", role: "api", listener: "172.20.45.37:443" },
  ],
  onInterface: { prefix: "172.20.45.38/16", device: "ens5" },
  besides: [],
  secondaryPrivateIp: "172.20.45.38",
  files: ["/etc/netplan/99-secondary-ip.yaml"],
  faults: [],
  warnings: [],
  ...change,
});

export function seen(change: Partial<Omit<Seen, "guesses">> = {}): Seen {
  const all = { owner: "p/prod", settings, account: account(), clues: clues(), inspection: inspection(), ...change };
  return { ...all, guesses: guess(all.clues, all.account, all.settings) };
}
