/** The table of settings: one entry for each key of a stack's configuration. Everything else about settings is made from it. */
import type { z } from "zod";
import { ApiForwarder, IngressMode, OnDestroy, PrimaryAddress } from "./choices";
import {
  choice,
  cidrs,
  clusterName,
  domainNames,
  flag,
  integer,
  ipv4,
  matching,
  nodePort,
  privateKey,
  ssh,
  tags,
  zoneId,
} from "./checks";
import { hostParts } from "./hosts";
import { takenPorts } from "./ports";
import { withoutHostBits } from "./ranges";

export interface Setting {
  /** What the value must be, with its default. A key that is neither optional nor has a default is required. */
  check: z.ZodType;
  /** The meaning in one line of Markdown, for the README and Pulumi.yaml. */
  text: string;
  /** The modes in which `pulumi up` uses the setting; every mode if absent. */
  modes?: readonly IngressMode[];
  /** A value for the commands that fix a fault; the default if absent. For a secret, the file that holds it. */
  example?: unknown;
  /** The text that was meant by a text that was found, in a field of that name, for the command that fixes it. */
  nearest?: (found: string, field: PropertyKey) => string | undefined;
  /** What happens if an optional key is not set. */
  unset?: string;
  secret?: true;
}

/** The most that an alternative of another address family, or a word, can mean. */
const everyone = /^(?:::\/0|\*|any|all|everyone|0\.0\.0\.0|0\/0)$/i;
const nearestRange = (found: string): string | undefined =>
  everyone.test(found.trim()) ? "0.0.0.0/0" : withoutHostBits(found);

/** `pulumi stack ls` shows a stack with its organization before it. */
const withoutOrganization = (stack: string): string => stack.trim().replace(/^[^/]+\/(?=[^/]+\/[^/]+$)/, "");

const dualIp = [IngressMode.DualIp];
const loadBalancer = [IngressMode.LoadBalancer];
const publicAddress = [...dualIp, ...loadBalancer];

export const table = {
  mode: {
    check: choice(IngressMode),
    text: "how clients reach the applications: `node-port`, `dual-ip` or `load-balancer`",
    example: IngressMode.DualIp,
  },
  clusterName: {
    check: clusterName,
    text: "the kOps cluster, e.g. `k8s.example.com`; its node is found by kOps' own tags",
    example: "k8s.example.com",
  },
  appDomains: {
    check: domainNames.default([]),
    text: "names of the applications, also wildcards like `*.apps.example.com`; never `api.*` of the cluster",
    modes: publicAddress,
    example: ["app.example.com"],
    // Of a URL, the name.
    nearest: (found) => hostParts(found)?.host,
  },
  networkInterfaceId: {
    check: matching("a network interface like eni-0123456789abcdef0", /^eni-[0-9a-f]{8,17}$/).optional(),
    text: "the node's network interface (ENI), if the tags do not lead to exactly one",
    unset: "found by tag",
    example: "eni-0123456789abcdef0",
  },
  secondaryPrivateIp: {
    check: ipv4.optional(),
    text: "a free address of the ENI's subnet",
    modes: dualIp,
    unset: "chosen by AWS",
    example: "172.20.45.38",
    // As network configuration has it.
    nearest: (found) => found.split("/")[0],
  },
  allocationId: {
    check: matching(
      "an Elastic IP's allocation id like eipalloc-0123456789abcdef0",
      /^eipalloc-[0-9a-f]{8,17}$/,
    ).optional(),
    text: "[an Elastic IP of yours](docs/aws.md#an-elastic-ip-of-yours), which the stack uses and never releases",
    modes: dualIp,
    unset: "a new one",
    example: "eipalloc-0123456789abcdef0",
  },
  adopt: {
    check: flag.default(false),
    text: "take over the layout that was made by hand on this node; keep it set: without it, the old layout is given back",
    modes: dualIp,
  },
  httpsNodePort: { check: nodePort.default(30443), text: "the ingress controller's NodePort for HTTPS" },
  httpNodePort: { check: nodePort.default(30080), text: "the ingress controller's NodePort for HTTP" },
  allowedCidrs: {
    check: cidrs.min(1, "expected at least one range, found none").default(["0.0.0.0/0"]),
    text: "IPv4 ranges that may reach the applications",
    example: ["192.0.2.0/24"],
    nearest: nearestRange,
  },
  apiAllowedCidrs: {
    check: cidrs.default([]),
    text: "IPv4 ranges that may reach the API, besides the node, its VPC and the pods; empty: everyone",
    modes: dualIp,
    example: ["192.0.2.0/24"],
    nearest: nearestRange,
  },
  forceApiAllowedCidrs: {
    check: flag.default(false),
    text: "install `apiAllowedCidrs` even if it excludes the address that SSH comes from, such as a bastion's",
    modes: dualIp,
  },
  apiForwarder: {
    check: choice(ApiForwarder).default(ApiForwarder.Socat),
    text: "forwards 443 to a moved API server: `socat`, or `socket-proxyd` ([faster](docs/performance.md))",
    modes: dualIp,
  },
  apiLocalPort: {
    check: integer(`a port other than ${takenPorts.join(", ")}`, 1, 65535, takenPorts).default(8443),
    text: "the port on which a moved API server listens",
    modes: dualIp,
  },
  proxyProtocol: {
    check: flag.default(false),
    text: "send PROXY protocol v2 to the ingress controller",
    modes: publicAddress,
  },
  crossZone: {
    check: flag.default(true),
    text: "each address of the balancer leads to the nodes of every zone",
    modes: loadBalancer,
  },
  keepAddress: {
    check: flag.default(false),
    text: "the balancer takes over [the Elastic IP of mode `dual-ip`](docs/load-balancer.md), which must be free by then",
    modes: loadBalancer,
  },
  primaryAddress: {
    check: choice(PrimaryAddress).default(PrimaryAddress.Keep),
    text: "`keep`, or `elastic-ip` to give the primary address an Elastic IP too",
    modes: dualIp,
  },
  route53ZoneId: {
    check: zoneId.optional(),
    text: "the hosted zone into which the stack writes the A records of `appDomains`",
    modes: publicAddress,
    unset: "no records",
    example: "Z0123456789ABC",
  },
  dnsTtl: {
    check: integer("seconds, 1–86400", 1, 86400).default(60),
    text: "time to live of the records, in seconds",
    modes: publicAddress,
  },
  overwriteRecords: {
    check: flag.default(false),
    text: "take over records of `appDomains` that the stack did not make",
    modes: publicAddress,
  },
  healthChecks: {
    check: flag.default(false),
    text: "Route 53 health checks of port 443 on both addresses",
    modes: dualIp,
  },
  onDestroy: {
    check: choice(OnDestroy).default(OnDestroy.Restore),
    text: "`restore` the node as it was, or `retain` the host files: for a node that no longer exists",
    modes: dualIp,
  },
  reinstall: {
    check: matching("up to 64 letters, digits and . _ : + -", /^[\w.:+-]{0,64}$/).default(""),
    text: "any new text makes the next update write every host file again, e.g. after an edit by hand",
    modes: dualIp,
    example: "2",
  },
  formerStack: {
    check: matching("a stack as <project>/<name>", /^$|^[\w.-]{1,100}\/[\w.-]{1,100}$/, withoutOrganization).default(
      "",
    ),
    text: "`<project>/<stack>` before it was renamed: this stack takes over its files and addresses",
    modes: publicAddress,
    example: "kops-secondary-ingress/prod",
    nearest: (found) => `kops-secondary-ingress/${found.trim()}`,
  },
  tags: {
    check: tags.default({}),
    text: "added to every AWS resource that can be tagged, besides the program's own tags",
    example: { team: "platform" },
  },
  ssh: {
    check: ssh.optional(),
    text: "`{ host?, port?, user, hostKey, proxy? }`; `host` defaults to the node's public address",
    modes: dualIp,
    unset: "required",
    example: {
      user: "ubuntu",
      hostKey: "ssh-ed25519 AAAA…",
      host: "node.example.com",
      port: 22,
      proxy: { host: "bastion.example.com", user: "ubuntu", hostKey: "ssh-ed25519 AAAA…", port: 22 },
    },
    nearest: (found, field) => (field === "host" ? hostParts(found)?.host : found.trim()),
  },
  sshPrivateKey: {
    check: privateKey.optional(),
    text: "a private key in PEM form, without a passphrase; always set it as a secret",
    modes: dualIp,
    unset: "the SSH agent",
    example: "~/.ssh/id_ed25519",
    secret: true,
  },
} satisfies Record<string, Setting>;

export type Table = typeof table;

/** The same, for code that handles every key alike. */
export const settings: Readonly<Record<string, Setting>> = table;
