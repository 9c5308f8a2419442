/** A fault for each of the doctor's checks, made for real. */
import { parseOutputs, type StackOutputs } from "../../../dns/outputs";
import { set } from "../interleavings/events";
import { lab } from "../../lab";
import { labDomain } from "../../labAccount";
import { node as addresses } from "../../network/addresses";
import { nodeHostKey, onNode as onNodeOf } from "../../node/machine";
import { worker } from "../../node/machines";
import { waitForTarget } from "../../proof/targets";
import { apiCertificate, appCertificate, serve, serveAsBefore } from "../servedCertificate";
import type { Operator } from "./operator";

export interface Fixture {
  code: string;
  /** What is done, in words. */
  fault: string;
  make(operator: Operator): Promise<unknown>;
  /** Where the fix is no command, or one for a person with a browser. */
  mend?(operator: Operator): Promise<unknown>;
  /** Puts back what the fix leaves. */
  tidy?(operator: Operator): Promise<unknown>;
  /** Flags of the doctor that looks. */
  flags?: readonly string[];
  /** Needs an API server that has moved to 8443. */
  moved?: true;
  /** Takes seconds, and can be combined with another one. */
  quick?: true;
}

const outputsOf = async ({ shell }: Operator): Promise<StackOutputs> =>
  parseOutputs(await shell("pulumi stack output --json --stack prod"));
const onNode =
  (command: string) =>
  ({ kept }: Operator): Promise<unknown> =>
    kept.node(command);
const up = async ({ shell }: Operator): Promise<unknown> =>
  shell("pulumi up --refresh --yes --skip-preview --stack prod");

async function ruleOf(operator: Operator, port: number): Promise<{ group: string; rule: string }> {
  const { SecurityGroupRules } = (await operator.kept.aws("DescribeSecurityGroupRulesCommand", {})) as {
    SecurityGroupRules: {
      SecurityGroupRuleId: string;
      GroupId: string;
      FromPort?: number;
      IsEgress: boolean;
      Tags?: unknown[];
    }[];
  };
  const mine = SecurityGroupRules.filter(
    ({ FromPort, IsEgress, Tags = [] }) => FromPort === port && !IsEgress && Tags.length > 0,
  );
  const [found] = mine;
  if (!found) throw new Error(`no rule for port ${port}`);
  return { group: found.GroupId, rule: found.SecurityGroupRuleId };
}

/** The applications behind a load balancer, with the node as its one target, and their name led there. */
async function toMode(operator: Operator, mode: "dual-ip" | "load-balancer"): Promise<void> {
  await set(["mode"], mode);
  await up(operator);
  const { ingressPublicIp } = await outputsOf(operator);
  await operator.nsupdate(`update delete ${labDomain}. A`, `update add ${labDomain}. 60 A ${ingressPublicIp}`);
}

/** With kOps' own rule for 443 still there, nobody would miss the stack's. */
const revoke =
  (...ports: number[]) =>
  async (operator: Operator): Promise<unknown> => {
    for (const port of ports) {
      const { group, rule } = await ruleOf(operator, port);
      await operator.kept.aws("RevokeSecurityGroupIngressCommand", { GroupId: group, SecurityGroupRuleIds: [rule] });
    }
    return undefined;
  };

/** The groups of the node's interface. */
async function groupsOf(operator: Operator): Promise<{ GroupId: string; GroupName: string }[]> {
  const { networkInterfaceId } = await outputsOf(operator);
  const { NetworkInterfaces } = (await operator.kept.aws("DescribeNetworkInterfacesCommand", {
    NetworkInterfaceIds: [networkInterfaceId],
  })) as { NetworkInterfaces: { Groups: { GroupId: string; GroupName: string }[] }[] };
  return NetworkInterfaces[0]?.Groups ?? [];
}

/** Every rule that lets anybody reach port 443 of the node. */
async function rulesForHttps(operator: Operator): Promise<{ group: string; rule: string }[]> {
  const groups = (await groupsOf(operator)).map(({ GroupId }) => GroupId);
  const { SecurityGroupRules } = (await operator.kept.aws("DescribeSecurityGroupRulesCommand", {})) as {
    SecurityGroupRules: { SecurityGroupRuleId: string; GroupId: string; FromPort?: number; IsEgress: boolean }[];
  };
  return SecurityGroupRules.filter(
    ({ GroupId, FromPort, IsEgress }) => groups.includes(GroupId) && FromPort === 443 && !IsEgress,
  ).map(({ GroupId, SecurityGroupRuleId }) => ({ group: GroupId, rule: SecurityGroupRuleId }));
}

async function associationOf(operator: Operator, allocationId: string): Promise<string> {
  const { Addresses } = (await operator.kept.aws("DescribeAddressesCommand", { AllocationIds: [allocationId] })) as {
    Addresses: { AssociationId: string }[];
  };
  return Addresses[0]?.AssociationId ?? "";
}
const disassociate = async (operator: Operator, allocationId: string): Promise<unknown> =>
  operator.kept.aws("DisassociateAddressCommand", { AssociationId: await associationOf(operator, allocationId) });

/** Drops packets to a port, before anything else on the node sees them. */
const drop = (match: string): ((operator: Operator) => Promise<unknown>) =>
  onNode(
    `nft 'table inet lab_drop { chain in { type filter hook prerouting priority -400; iifname "${addresses.device}" ${match} drop; }; }'`,
  );
const undrop = onNode("nft delete table inet lab_drop");

export const fixtures: readonly Fixture[] = [
  {
    code: "API_ADDRESS_AUTOMATIC",
    fault: "`primaryAddress: keep`, as it is by default",
    make: async () => undefined,
  },
  {
    code: "INSTANCE_STOPPED",
    fault: "the instance is stopped",
    make: async (operator) =>
      operator.kept.aws("StopInstancesCommand", { InstanceIds: [(await outputsOf(operator)).instanceId] }),
  },
  {
    code: "SECONDARY_UNASSIGNED",
    fault: "the secondary address is unassigned",
    make: async (operator) => {
      const { networkInterfaceId, secondaryPrivateIp, allocationId } = await outputsOf(operator);
      await disassociate(operator, allocationId);
      await operator.kept.aws("UnassignPrivateIpAddressesCommand", {
        NetworkInterfaceId: networkInterfaceId,
        PrivateIpAddresses: [secondaryPrivateIp],
      });
    },
  },
  {
    code: "ELASTIC_IP_GONE",
    fault: "the Elastic IP is released",
    make: async (operator) => {
      const { allocationId } = await outputsOf(operator);
      await disassociate(operator, allocationId);
      await operator.kept.aws("ReleaseAddressCommand", { AllocationId: allocationId });
    },
    tidy: async (operator) => {
      await operator.nsupdate(
        `update delete ${labDomain}. A`,
        `update add ${labDomain}. 60 A ${(await outputsOf(operator)).ingressPublicIp}`,
      );
    },
  },
  {
    code: "ELASTIC_IP_UNASSOCIATED",
    fault: "the Elastic IP is disassociated",
    make: async (operator) => disassociate(operator, (await outputsOf(operator)).allocationId),
    quick: true,
  },
  {
    code: "API_ADDRESS_LOST",
    fault: "the API's Elastic IP is disassociated",
    make: async (operator) => {
      const { Addresses } = (await operator.kept.aws("DescribeAddressesCommand", {})) as {
        Addresses: { AllocationId: string; PrivateIpAddress?: string }[];
      };
      const { primaryPrivateIp } = await outputsOf(operator);
      const api = Addresses.find(({ PrivateIpAddress }) => PrivateIpAddress === primaryPrivateIp);
      await disassociate(operator, api?.AllocationId ?? "");
    },
    mend: async (operator) => {
      const { apiPublicIp, networkInterfaceId, primaryPrivateIp } = await outputsOf(operator);
      const { Addresses } = (await operator.kept.aws("DescribeAddressesCommand", {})) as {
        Addresses: { AllocationId: string; PublicIp: string }[];
      };
      const api = Addresses.find(({ PublicIp }) => PublicIp === apiPublicIp);
      await operator.kept.aws("AssociateAddressCommand", {
        AllocationId: api?.AllocationId,
        NetworkInterfaceId: networkInterfaceId,
        PrivateIpAddress: primaryPrivateIp,
      });
    },
  },
  {
    code: "HTTPS_CLOSED",
    fault: "every rule for port 443 is revoked, kOps' own among them",
    make: async (operator) => {
      for (const { group, rule } of await rulesForHttps(operator))
        await operator.kept.aws("RevokeSecurityGroupIngressCommand", { GroupId: group, SecurityGroupRuleIds: [rule] });
    },
    // `kops update cluster` does this.
    tidy: async (operator) => {
      const [group] = (await groupsOf(operator)).filter(({ GroupName }) => GroupName.startsWith("masters."));
      const range = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
      await operator.kept.aws("AuthorizeSecurityGroupIngressCommand", {
        GroupId: group?.GroupId,
        IpPermissions: [range],
      });
    },
  },
  { code: "HTTP_CLOSED", fault: "the rule for port 80 is revoked", make: revoke(80) },
  {
    code: "IDLE_ELASTIC_IP",
    fault: "an Elastic IP with the stack's tags leads nowhere",
    make: (operator) =>
      operator.kept.aws("AllocateAddressCommand", {
        TagSpecifications: [
          {
            ResourceType: "elastic-ip",
            Tags: [{ Key: "kops-secondary-ingress:stack", Value: "kops-secondary-ingress/prod" }],
          },
        ],
      }),
    quick: true,
  },
  {
    code: "SSH_UNREACHABLE",
    fault: "sshd is stopped",
    make: onNode("systemctl stop ssh.socket 2>/dev/null; systemctl stop ssh.service"),
    quick: true,
  },
  {
    code: "HOST_KEY_DIFFERS",
    fault: "the node has another host key",
    make: onNode(
      "cp -a /etc/ssh/ssh_host_ed25519_key /etc/ssh/kept && cp -a /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/kept.pub && rm /etc/ssh/ssh_host_ed25519_key && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh.service",
    ),
    mend: onNode(
      "mv /etc/ssh/kept /etc/ssh/ssh_host_ed25519_key && mv /etc/ssh/kept.pub /etc/ssh/ssh_host_ed25519_key.pub && systemctl restart ssh.service",
    ),
  },
  {
    code: "SSH_REFUSED",
    fault: "the login's authorized_keys are gone",
    make: onNode("mv /home/ubuntu/.ssh/authorized_keys /home/ubuntu/.ssh/kept"),
    mend: onNode("mv /home/ubuntu/.ssh/kept /home/ubuntu/.ssh/authorized_keys"),
  },
  {
    code: "NO_SUDO",
    fault: "the login's sudo rule is gone",
    make: onNode("mv /etc/sudoers.d/90-cloud-init-users /root/kept"),
    mend: onNode("mv /root/kept /etc/sudoers.d/90-cloud-init-users"),
  },
  { code: "NODE_NOT_OURS", fault: "the owner's mark is removed", make: onNode("rm /etc/secondary-ingress/owner") },
  {
    code: "HOST_FILES_MISSING",
    fault: "an installed file is removed",
    make: onNode("rm /etc/secondary-ingress/nat.nft"),
    quick: true,
  },
  {
    code: "HOST_FILES_EDITED",
    fault: "an installed file is edited",
    make: onNode("echo '# by hand' >>/etc/secondary-ingress/nat.nft"),
  },
  {
    code: "ADDRESS_MISSING",
    fault: "the address is deleted from lo",
    make: async (operator) => {
      const { secondaryPrivateIp } = await outputsOf(operator);
      await operator.kept.node(`ip addr del ${secondaryPrivateIp}/32 dev lo`);
    },
    quick: true,
  },
  {
    code: "ADDRESS_ON_INTERFACE",
    fault: "the address is put on the interface too",
    make: async (operator) => {
      const { secondaryPrivateIp } = await outputsOf(operator);
      await operator.kept.node(`ip addr add ${secondaryPrivateIp}/${addresses.prefix} dev ${addresses.device}`);
    },
    quick: true,
  },
  {
    code: "CHECK_STOPPED",
    fault: "the check timer is stopped",
    make: onNode("systemctl stop secondary-ingress-check.timer"),
  },
  {
    code: "CHECK_STALE",
    fault: "the check is kept from running, and its last state an hour old",
    make: onNode(
      "systemctl start secondary-ingress-check.timer; sleep 2; d=/run/systemd/system/secondary-ingress-check.service.d; mkdir -p $d && printf '[Unit]\\nConditionPathExists=/nowhere\\n' >$d/lab.conf && systemctl daemon-reload; sed -i -E 's/\"time\":[0-9]+/\"time\":1000000000/' /run/secondary-ingress/state.json",
    ),
    mend: onNode(
      "rm -r /run/systemd/system/secondary-ingress-check.service.d && systemctl daemon-reload && systemctl start secondary-ingress-check.service",
    ),
  },
  {
    code: "REPAIR_FAILED",
    fault: "HAProxy is masked while the check runs, and started by hand later",
    make: onNode(
      "systemctl stop haproxy.service; systemctl mask -q --runtime haproxy.service; systemctl start secondary-ingress-check.service; systemctl unmask -q --runtime haproxy.service; systemctl start haproxy.service",
    ),
  },
  {
    code: "REPAIRS_REPEAT",
    fault: "the address is deleted eleven times",
    make: async (operator) => {
      const { secondaryPrivateIp } = await outputsOf(operator);
      await operator.kept.node(
        `for i in $(seq 11); do ip addr del ${secondaryPrivateIp}/32 dev lo; systemctl start secondary-ingress-check.service; done`,
      );
    },
    mend: onNode("rm /run/secondary-ingress/state.json; systemctl start secondary-ingress-check.service"),
  },
  {
    code: "DISK_FULL",
    fault: "the files are on a disk of 8 MiB",
    make: onNode(
      "cp -a /etc/secondary-ingress /root/kept && mount -t tmpfs -o size=8m tmpfs /etc/secondary-ingress && cp -a /root/kept/. /etc/secondary-ingress/",
    ),
    mend: onNode("umount /etc/secondary-ingress && rm -rf /root/kept"),
  },
  {
    code: "NAT_RULES_MISSING",
    fault: "the guard is stopped and the table deleted",
    make: onNode("systemctl stop secondary-ingress-guard.service; nft delete table ip secondary_ingress"),
    tidy: onNode("systemctl start secondary-ingress-guard.service"),
    quick: true,
  },
  {
    code: "NAT_NOT_AT_BOOT",
    fault: "the rules' unit is disabled",
    make: onNode("systemctl disable -q secondary-ingress-nat.service"),
    quick: true,
  },
  {
    code: "GUARD_STOPPED",
    fault: "the guard is stopped",
    make: onNode("systemctl stop secondary-ingress-guard.service"),
    quick: true,
  },
  {
    code: "HAPROXY_CONFIG_INVALID",
    fault: "a line that HAProxy does not know is added to its configuration",
    make: onNode("echo nonsense >>/etc/haproxy/haproxy.cfg"),
  },
  {
    code: "HAPROXY_STOPPED",
    fault: "HAProxy is stopped",
    make: onNode("systemctl stop haproxy.service"),
    quick: true,
  },
  {
    code: "HAPROXY_NOT_AT_BOOT",
    fault: "HAProxy is disabled",
    make: onNode("systemctl disable -q haproxy.service"),
    quick: true,
  },
  {
    code: "HTTPS_LISTENER_MISSING",
    fault: "HAProxy runs with a configuration without our listeners, while ours is back in its place",
    make: onNode(
      "cd /etc/haproxy && cp -a haproxy.cfg /root/kept && grep -v '^ *bind .*:10443' haproxy.cfg >/root/other && cat /root/other >haproxy.cfg && systemctl restart haproxy.service; cat /root/kept >haproxy.cfg",
    ),
  },
  {
    code: "HTTP_LISTENER_MISSING",
    fault: "the same without port 80",
    make: onNode(
      "cd /etc/haproxy && cp -a haproxy.cfg /root/kept && grep -v '^ *bind .*:80 ' haproxy.cfg >/root/other && cat /root/other >haproxy.cfg && systemctl restart haproxy.service; cat /root/kept >haproxy.cfg",
    ),
  },
  {
    code: "MANIFEST_UNWATCHED",
    fault: "the watch of the manifest is stopped",
    make: onNode("systemctl stop kube-api-switch.path"),
    quick: true,
  },
  {
    code: "SWITCH_NOT_AT_BOOT",
    fault: "the switch is disabled",
    make: onNode("systemctl disable -q kube-api-switch.service"),
    quick: true,
  },
  {
    code: "API_FILTER_MISSING",
    fault: "`apiAllowedCidrs` is set, and its table deleted",
    make: async (operator) => {
      await set(["apiAllowedCidrs"], ["192.0.2.0/24"]);
      await up(operator);
      await operator.kept.node(
        "systemctl stop secondary-ingress-guard.service; nft delete table ip secondary_ingress_filter",
      );
    },
    tidy: async (operator) => {
      await set(["apiAllowedCidrs"], undefined);
      await up(operator);
      await operator.kept.node("systemctl start secondary-ingress-guard.service");
    },
  },
  {
    code: "API_SILENT_ON_PRIMARY",
    fault: "kubelet is stopped, and the API server with it",
    make: onNode("systemctl stop kubelet.service; pkill -f '[n]ginx.*kube-apiserver'; sleep 1"),
    tidy: async () => new Promise((resolve) => setTimeout(resolve, 3000)),
  },
  {
    code: "API_SILENT_ON_LOOPBACK",
    fault: "packets to 127.0.0.1:443 are dropped",
    make: onNode(
      "nft 'table inet lab_drop { chain in { type filter hook input priority -400; ip daddr 127.0.0.1 tcp dport 443 drop; }; }'",
    ),
    mend: undrop,
  },
  {
    code: "API_UNREACHABLE",
    fault: "packets from outside to the API are dropped",
    make: drop(`ip daddr ${addresses.primaryPrivateIp} tcp dport 443`),
    mend: undrop,
  },
  {
    code: "API_CERTIFICATE_ENDS",
    fault: "the API server has a certificate for ten days",
    make: onNode(serve(apiCertificate, { days: 10, names: "DNS:api.internal.k8s.example.com" })),
    mend: onNode(serveAsBefore(apiCertificate)),
  },
  {
    code: "NODE_PORT_HTTPS_SILENT",
    fault: "the ingress controller is stopped",
    make: onNode("systemctl stop ingress.service"),
    mend: onNode("systemctl start ingress.service"),
  },
  {
    code: "NODE_PORT_HTTP_SILENT",
    fault: "the HTTP NodePort is refused",
    make: onNode(
      "nft 'table inet lab_drop { chain in { type filter hook input priority -400; tcp dport 30080 reject with tcp reset; }; }'",
    ),
    mend: undrop,
  },
  {
    code: "INGRESS_IS_API",
    fault: "the guard is stopped and the table deleted, seen from outside alone (`--only ingress`)",
    flags: ["--only", "ingress"],
    make: onNode("systemctl stop secondary-ingress-guard.service; nft delete table ip secondary_ingress"),
    tidy: onNode("systemctl start secondary-ingress-guard.service"),
  },
  {
    code: "INGRESS_UNREACHABLE",
    fault: "packets from outside to the secondary address's 443 are dropped",
    make: async (operator) =>
      drop(`ip daddr ${(await outputsOf(operator)).secondaryPrivateIp} tcp dport 443`)(operator),
    mend: undrop,
  },
  {
    code: "INGRESS_HTTP_UNREACHABLE",
    fault: "packets from outside to the secondary address's 80 are dropped",
    make: async (operator) => drop(`ip daddr ${(await outputsOf(operator)).secondaryPrivateIp} tcp dport 80`)(operator),
    mend: undrop,
  },
  {
    code: "CERTIFICATE_UNTRUSTED",
    fault: "the ingress controller shows a certificate of its own",
    make: onNode(serve(appCertificate, { days: 90, names: `DNS:${labDomain}` })),
    mend: onNode(serveAsBefore(appCertificate)),
  },
  {
    code: "CERTIFICATE_EXPIRED",
    fault: "the applications' certificate ends tomorrow",
    make: onNode(serve(appCertificate, { days: 1, names: `DNS:${labDomain}` })),
    mend: onNode(serveAsBefore(appCertificate)),
  },
  {
    code: "CERTIFICATE_ENDS",
    fault: "the applications' certificate ends in ten days",
    make: onNode(serve(appCertificate, { days: 10, names: `DNS:${labDomain}` })),
    mend: onNode(serveAsBefore(appCertificate)),
  },
  {
    code: "NAME_UNKNOWN",
    fault: "the name's record is deleted",
    make: (operator) => operator.nsupdate(`update delete ${labDomain}. A`),
    mend: async (operator) =>
      operator.nsupdate(`update add ${labDomain}. 60 A ${(await outputsOf(operator)).ingressPublicIp}`),
  },
  {
    code: "NAME_LEADS_ELSEWHERE",
    fault: "the name leads to another address",
    make: (operator) => operator.nsupdate(`update delete ${labDomain}. A`, `update add ${labDomain}. 60 A 192.0.2.99`),
    mend: async (operator) =>
      operator.nsupdate(
        `update delete ${labDomain}. A`,
        `update add ${labDomain}. 60 A ${(await outputsOf(operator)).ingressPublicIp}`,
      ),
  },
  {
    code: "INSTANCE_GONE",
    fault: "kOps replaces the instance",
    make: async () => lab.replaceNode(),
    // The operator compares the new host key and accepts it, as `pulumi up` asks for.
    mend: async (operator) => {
      await set(["ssh", "hostKey"], await nodeHostKey());
      await up(operator);
    },
  },
  {
    code: "BALANCER_GONE",
    fault: "mode load-balancer: somebody deletes the balancer",
    make: async (operator) => {
      await toMode(operator, "load-balancer");
      const { LoadBalancers } = (await operator.kept.elb("DescribeLoadBalancersCommand", {})) as {
        LoadBalancers: { LoadBalancerArn: string }[];
      };
      await operator.kept.elb("DeleteLoadBalancerCommand", { LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn });
    },
    tidy: (operator) => toMode(operator, "dual-ip"),
  },
  {
    code: "NO_TARGET_HEALTHY",
    fault: "mode load-balancer: the nodes' rules for the NodePorts are revoked",
    make: async (operator) => {
      await toMode(operator, "load-balancer");
      await waitForTarget(worker(1), "healthy");
      await revoke(30443, 30080)(operator);
      await waitForTarget(worker(1), "unhealthy");
      await waitForTarget(worker(2), "unhealthy");
    },
    mend: async (operator) => {
      await up(operator);
      await waitForTarget(worker(1), "healthy");
    },
    tidy: (operator) => toMode(operator, "dual-ip"),
  },
  {
    code: "TARGETS_UNHEALTHY",
    fault: "mode load-balancer: the ingress controller of one of two nodes is stopped",
    make: async (operator) => {
      await toMode(operator, "load-balancer");
      await waitForTarget(worker(1), "healthy");
      await onNodeOf(["systemctl", "stop", "ingress.service"], {}, worker(1));
      await waitForTarget(worker(1), "unhealthy");
    },
    mend: async () => {
      await onNodeOf(["systemctl", "start", "ingress.service"], {}, worker(1));
      await waitForTarget(worker(1), "healthy");
    },
    tidy: (operator) => toMode(operator, "dual-ip"),
  },
  {
    code: "FORWARDER_RULES_MISSING",
    fault: "the guard is stopped and the forwarder's table deleted",
    make: onNode("systemctl stop secondary-ingress-guard.service; nft delete table ip secondary_ingress_api"),
    tidy: onNode("systemctl start secondary-ingress-guard.service"),
    moved: true,
  },
  {
    code: "FORWARDER_STOPPED",
    fault: "the forwarder is stopped",
    make: onNode("systemctl stop kube-api-forward.service"),
    moved: true,
  },
  {
    code: "FORWARDER_WRONG",
    fault: "the forwarder, its table and its mark are taken away",
    make: onNode(
      "systemctl stop secondary-ingress-guard.service kube-api-forward.service; rm /run/secondary-ingress/api-forward.env; nft delete table ip secondary_ingress_api",
    ),
    tidy: onNode("systemctl start secondary-ingress-guard.service"),
    moved: true,
  },
  {
    code: "API_PORT_TAKEN",
    fault: "another program listens on 443",
    make: onNode(
      "systemd-run --quiet --unit=lab-squatter /usr/bin/python3 -m http.server --bind 127.0.0.99 443; for i in $(seq 50); do ss -Hltn 'sport = :443' | grep -q . && break; sleep 0.1; done",
    ),
    moved: true,
  },
];
