/**
 * What a person reads who has a finding: what it means, and how to look closer by hand. By code. Commands are run by
 * tests/lab/doctor.test.ts; in them `<secondary>` and the like stand for the stack's outputs.
 */
import { defaults } from "../../settings/defaults";
import { mostConnections } from "../../hostfiles/files/haproxy";
import { forwarderUnits, haproxyConfig, haproxyProgram, haproxyUnit } from "../../hostfiles/node/paths";
import { apiForwardListener, httpListener, httpsListener } from "../../settings/ports";

const journal = `journalctl -u ${haproxyUnit} -n 20`;

export interface Page {
  text: string;
  /** Read-only commands for where the operator sits. */
  here?: readonly string[];
  /** Read-only commands for the node, as root. */
  onNode?: readonly string[];
}

export const runbook: Readonly<Record<string, Page>> = {
  INSTANCE_GONE: {
    text: "kOps replaces the instance at every rolling update: a new id, interface, primary address and SSH host key. `pulumi up` moves the secondary address and the Elastic IP over, and the public address stays the same. It stops at the new host key first, with the command that accepts it.",
    here: [
      "aws ec2 describe-instances --filters Name=tag:KubernetesCluster,Values=<cluster> Name=instance-state-name,Values=running",
    ],
  },
  INSTANCE_STOPPED: {
    text: "Somebody stopped the instance. It keeps its private addresses and its Elastic IPs; a public address that was assigned automatically is lost.",
    here: ["aws ec2 describe-instances --instance-ids <instance> --query 'Reservations[].Instances[].State.Name'"],
  },
  SECONDARY_UNASSIGNED: {
    text: "The address was taken off the interface, by hand or by somebody who assigned it elsewhere with reassignment allowed. `pulumi up --refresh` gives it back, with its Elastic IP.",
    here: [
      "aws ec2 describe-network-interfaces --network-interface-ids <eni> --query 'NetworkInterfaces[].PrivateIpAddresses'",
    ],
  },
  SUBNET_PRIVATE: {
    text: "The route table of the node's subnet (the one that is associated with it, or else the VPC's main one) sends 0.0.0.0/0 elsewhere: to a NAT gateway, for example. The node gets out, and nobody gets in: an Elastic IP needs an internet gateway.",
    here: [
      "aws ec2 describe-network-interfaces --network-interface-ids <eni> --query 'NetworkInterfaces[].[SubnetId, VpcId]'",
      "aws ec2 describe-route-tables --query 'RouteTables[].[VpcId, Associations[].[SubnetId, Main], Routes[].[DestinationCidrBlock, GatewayId, NatGatewayId]]'",
    ],
  },
  ELASTIC_IP_GONE: {
    text: "The Elastic IP was released. `pulumi up --refresh` allocates another one: the public address changes, and with it the records that lead there. In the place of one that `allocationId` names it allocates none until the setting is removed.",
    here: ["aws ec2 describe-addresses --query 'Addresses[].[AllocationId,PublicIp,PrivateIpAddress]'"],
  },
  ELASTIC_IP_UNASSOCIATED: {
    text: "The Elastic IP was taken away from the secondary address. The command puts it back where it was. One that `allocationId` names is not taken away from where it leads now.",
    here: ["aws ec2 describe-addresses --allocation-ids <allocation>"],
  },
  BALANCER_GONE: {
    text: "The load balancer was deleted. `pulumi up --refresh` makes another one with the same Elastic IPs, which serves after minutes.",
    here: ["aws elbv2 describe-load-balancers --query 'LoadBalancers[].[LoadBalancerName,State.Code]'"],
  },
  GROUP_DETACHED: {
    text: "The nodes of this Auto Scaling group get no connections. kOps takes target groups that its manifests do not name off its groups, before 1.29 at each `kops update cluster`, since then with `--prune` and at `kops reconcile cluster`: `npx secondary-ingress kops --patch` puts them into the manifests, so that it does not happen again ([docs/load-balancer.md](load-balancer.md)). `pulumi up --refresh` attaches the group now. A group that was added to the cluster later is attached by the same command.",
    here: [
      "aws autoscaling describe-auto-scaling-groups --query 'AutoScalingGroups[].[AutoScalingGroupName,TargetGroupARNs]'",
    ],
  },
  NO_TARGET_HEALTHY: {
    text: "Nobody answers the balancer on one of its ports, and it leads clients to all nodes alike. Either nobody listens on the NodePort of any node, or the rule of the nodes' security group is gone, which `pulumi up --refresh` gives back.",
    here: ["aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupArn,Port]'"],
  },
  TARGETS_UNHEALTHY: {
    text: "The balancer leaves these nodes out and leads their share to the others. [docs/load-balancer.md](load-balancer.md) says how often it asks.",
    here: ["aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupArn,Port]'"],
  },
  API_ADDRESS_LOST: {
    text: "The API has another public address than at the last `pulumi up`, or none. If its Elastic IP is still the account's, the fix gives it back. kOps' dns-controller follows by itself; whoever has the old address in a kubeconfig or a firewall does not. From inside the VPC the API is reachable as before. AWS gives a started instance no public address while another of its addresses has an Elastic IP.",
    here: [
      "aws ec2 describe-network-interfaces --network-interface-ids <eni> --query 'NetworkInterfaces[].PrivateIpAddresses[].[PrivateIpAddress,Association.PublicIp]'",
    ],
  },
  API_ADDRESS_AUTOMATIC: {
    text: "AWS assigned the API's public address at launch. At the next stop it is lost, and because the secondary address has an Elastic IP, AWS gives no new one at the start. [docs/aws.md](aws.md) says why. It costs 0 to 3.65 USD a month, for the address is charged either way.",
    here: ["aws ec2 describe-addresses --filters Name=private-ip-address,Values=<primary>"],
  },
  HTTPS_CLOSED: {
    text: "A rule was revoked, or the stack's security group was taken off the interface: a range of `allowedCidrs` is let in by none. A rule of kOps' own for the API lets in whom it names, and no others.",
    here: [
      "aws ec2 describe-network-interfaces --network-interface-ids <eni> --query 'NetworkInterfaces[].Groups'",
      "aws ec2 describe-security-group-rules --query 'SecurityGroupRules[?FromPort==`443`].[GroupId,CidrIpv4]'",
    ],
  },
  HTTP_CLOSED: {
    text: "As [HTTPS_CLOSED](#https_closed), for plain HTTP. Certificates by HTTP-01 need it.",
    here: ["aws ec2 describe-security-group-rules --query 'SecurityGroupRules[?FromPort==`80`].[GroupId,CidrIpv4]'"],
  },
  API_BEHIND_BALANCER: {
    text: "kOps made a load balancer for the API, as it does for a cluster with `--dns=none`, a private topology or a name that ends in `.k8s.local`. All works: clients of the API go on coming through the balancer, and `API_UNREACHABLE` asks there. You pay for two ways in where one serves both, and the output `apiPublicIp` is the node's own address, on which kOps lets in the balancer alone and this stack `allowedCidrs`, or with `apiAllowedCidrs` those. [Which cluster it fits](guide.md#which-cluster-it-fits) says how the API moves to the node. Whoever keeps both gives the doctor `--ignore API_BEHIND_BALANCER`.",
    here: [
      "aws ec2 describe-security-groups --filters Name=tag:KubernetesCluster,Values=<cluster> Name=tag:Name,Values=api-elb.<cluster> --query 'SecurityGroups[].GroupId'",
      "aws ec2 describe-network-interfaces --query 'NetworkInterfaces[].[Description,Association.PublicIp,Groups[].GroupName]'",
    ],
  },
  IDLE_ELASTIC_IP: {
    text: "An Elastic IP with the stack's tags leads nowhere, e.g. after a run that was cut short between allocation and state. AWS charges for it. Those that the outputs name, the API's own and those of a balancer's zones are never meant, whether they lead anywhere or not: a released address does not come back.",
    here: ["aws ec2 describe-addresses --query 'Addresses[?AssociationId==null].[AllocationId,PublicIp]'"],
  },
  SSH_UNREACHABLE: {
    text: "Nobody answers on the node's SSH port. Applications and API do not depend on it; `pulumi up` does. Without SSH, EC2's serial console or Session Manager is the way in.",
    here: ["ssh-keyscan -T 5 -t ed25519 <api>"],
    onNode: ["systemctl status ssh.service"],
  },
  HOST_KEY_DIFFERS: {
    text: "Either kOps has replaced the node, or somebody stands in between. Compare before you accept.",
    here: ["ssh-keyscan -T 5 -t ed25519 <api>"],
    onNode: ["cat /etc/ssh/ssh_host_ed25519_key.pub"],
  },
  SSH_REFUSED: {
    text: "The node knows neither the key of `sshPrivateKey` nor one of the SSH agent's.",
    onNode: ["cat ~ubuntu/.ssh/authorized_keys"],
  },
  NO_SUDO: {
    text: "The login exists and may not become root without a password. The fix is for somebody who may; [docs/guide.md](guide.md) says what the login needs.",
    onNode: ["sudo -l -U ubuntu"],
  },
  NODE_NOT_OURS: {
    text: "The node does not say that this stack installed it. `/etc/secondary-ingress/owner` has its name; a node that another stack owns is refused by `pulumi up` as well.",
    onNode: ["cat /etc/secondary-ingress/owner"],
  },
  HOST_FILES_MISSING: {
    text: "Files that the stack installed are gone. `host-file restore` puts each back from its copy and into effect, as the check does every minute.",
    onNode: ["/usr/local/lib/secondary-ingress/host-file drift"],
  },
  HOST_FILES_EDITED: {
    text: "Somebody edited an installed file. It stays as it is until the stack next changes it. If the edit is right, make it a setting; the `reinstall` setting writes every file anew.",
    onNode: ["/usr/local/lib/secondary-ingress/host-file drift"],
  },
  CHANGE_UNCONFIRMED: {
    text: "`pulumi up` changed the way to the API, and then did not reach the API by its public address, or was cut short. The node undid the change by itself; the next `pulumi up` does it again, looks again, and keeps it if the API answers ([confirmed changes](confirmed-changes.md)).",
    onNode: [
      "find /etc/secondary-ingress/ -path '*/0*/path' -print -exec cat {} +",
      "journalctl -u secondary-ingress-undo -n 20 --no-pager",
    ],
  },
  ADDRESS_MISSING: {
    text: "Without the address nobody answers for the applications. The guard puts it back within a second, the check within a minute.",
    onNode: ["ip -4 addr show dev lo", "netplan get 2>/dev/null || networkctl status lo"],
  },
  ADDRESS_ON_INTERFACE: {
    text: "On the interface the address may become the first one after a reboot, and an API server without `--advertise-address` then calls itself by it. It belongs on `lo` alone.",
    onNode: ["ip -4 -o addr show"],
  },
  CHECK_STOPPED: {
    text: "Nothing repairs what drifts, besides the guard; or nothing will after the next boot.",
    onNode: ["systemctl list-timers --all secondary-ingress-check.timer"],
  },
  CHECK_STALE: {
    text: "The timer runs, and the check has not ended for minutes. The fix takes away drop-ins that somebody has put beside its unit, and runs it.",
    onNode: [
      "systemctl list-timers --all secondary-ingress-check.timer",
      "journalctl -u secondary-ingress-check -n 20",
      "systemctl cat secondary-ingress-check.service",
    ],
  },
  REPAIR_FAILED: {
    text: "The check tried to repair something and could not. It tries again after a pause that doubles up to half an hour; removing the pauses has it try now.",
    onNode: ["journalctl -u secondary-ingress-check -n 20", "cat /run/secondary-ingress/state.json"],
  },
  REPAIRS_REPEAT: {
    text: "More than three repairs in the last hour, by the check or the guard: something takes away what they put back. Another program that owns the firewall, a configuration management run, a person. The journal says what is repaired; once nobody does it any more, the finding ends within the hour.",
    onNode: ["journalctl -u secondary-ingress-check -u secondary-ingress-guard --since -1h"],
  },
  DISK_FULL: {
    text: "Host files are written beside the old ones before they take their place; without room a change is refused, and the old ones stay.",
    onNode: ["df -h /etc/secondary-ingress", "journalctl --disk-usage"],
  },
  CONNTRACK_FULL: {
    text: "All connections of the node share the kernel's connection tracking table, those to the API and SSH too; what is not tracked is dropped. The applications' clients cannot fill it by themselves ([Load on the applications](guide.md#load-on-the-applications)): look which port has most of the entries.",
    onNode: [
      "cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max",
      "grep -o ' dport=[0-9]*' /proc/net/nf_conntrack | sort | uniq -c | sort -rn | head",
    ],
  },
  NAT_RULES_MISSING: {
    text: "Without the rules a client of the applications' address gets the API's certificate. The guard puts the table back within a second, the check within a minute.",
    here: ["curl -skv --max-time 5 --resolve <domain>:443:<ingress> https://<domain>/"],
    onNode: ["nft list table ip secondary_ingress"],
  },
  NAT_NOT_AT_BOOT: {
    text: "The rules are loaded before the network by a unit of their own; disabled, they come back only with the first check, up to 75 seconds after boot.",
    onNode: ["systemctl is-enabled secondary-ingress-nat.service"],
  },
  GUARD_STOPPED: {
    text: "The guard puts a lost table or address back within a second. Without it, or after a boot at which it does not start, the check does so within a minute.",
    onNode: ["systemctl status secondary-ingress-guard.service"],
  },
  HAPROXY_CONFIG_INVALID: {
    text: `HAProxy refuses \`${haproxyConfig}\`: it runs on with the old one until it is restarted, and then not at all.`,
    onNode: [`${haproxyProgram} -c -f ${haproxyConfig}`],
  },
  PAUSED: {
    text: "Somebody has run `secondary-ingress pause`: HAProxy is stopped and stays so, through checks, updates and reboots, until somebody runs `secondary-ingress resume`. The API is not concerned, except by its name on the applications' address.",
    onNode: [`systemctl status ${haproxyUnit}`],
  },
  HAPROXY_STOPPED: {
    text: "The applications' address refuses connections.",
    onNode: [`systemctl status ${haproxyUnit}`, journal],
  },
  HAPROXY_NOT_AT_BOOT: {
    text: "Since the last boot HAProxy runs; after the next it would not.",
    onNode: [`systemctl is-enabled ${haproxyUnit}`],
  },
  HTTPS_LISTENER_MISSING: {
    text: "HAProxy runs, with a configuration that is not the installed one, or with its port taken by somebody else.",
    onNode: [`ss -Hltnp 'sport = :${httpsListener}'`],
  },
  HTTP_LISTENER_MISSING: {
    text: "As [HTTPS_LISTENER_MISSING](#https_listener_missing), for plain HTTP.",
    onNode: [`ss -Hltnp 'sport = :${httpListener}'`],
  },
  HAPROXY_FULL: {
    text: `HAProxy takes ${mostConnections.https} connections at a time for HTTPS and ${mostConnections.http} for HTTP. At the limit the kernel lets up to 4096 more clients of each port wait, and then drops what they send until one has left; the API does not go through there, except by its name on the applications' address. [Load on the applications](guide.md#load-on-the-applications) says what else is bounded.`,
    onNode: [
      `ss -Htn state established '( sport = :${httpsListener} or sport = :${httpListener} )' | awk '{sub(/:[0-9]+$/, "", $4); print $4}' | sort | uniq -c | sort -rn | head`,
    ],
  },
  MANIFEST_UNWATCHED: {
    text: "When the API server moves, the change is noticed by the check alone, up to a minute later. On a node with an untouched manifest nothing happens meanwhile.",
    onNode: ["systemctl status kube-api-switch.path"],
  },
  SWITCH_NOT_AT_BOOT: {
    text: "After a boot, a moved API server gets its 443 back only at the first check.",
    onNode: ["systemctl is-enabled kube-api-switch.service"],
  },
  FORWARDER_RULES_MISSING: {
    text: "The API server has moved away from 443, and nothing leads there: the API is down on 443. The guard puts the table back within a second.",
    onNode: [
      "nft list table ip secondary_ingress_api",
      "grep -e --secure-port /etc/kubernetes/manifests/kube-apiserver.manifest",
    ],
  },
  FORWARDER_STOPPED: {
    text: "The rules lead to a forwarder that does not listen: the API is down on 443.",
    onNode: [`systemctl status ${forwarderUnits.service}`, `ss -Hltnp 'sport = :${apiForwardListener}'`],
  },
  FORWARDER_WRONG: {
    text: "What runs is not what the manifest asks for: the API server has moved and is not forwarded, or is forwarded and has not moved.",
    onNode: [
      "grep -e --secure-port /etc/kubernetes/manifests/kube-apiserver.manifest",
      "cat /run/secondary-ingress/api-forward.env",
      "systemctl list-units --all 'kube-api-*'",
    ],
  },
  API_FILTER_MISSING: {
    text: "`apiAllowedCidrs` is set and not in force.",
    onNode: ["nft list table ip secondary_ingress_filter"],
  },
  API_PORT_TAKEN: {
    text: "Another program listens on 443. It keeps the API server from its port after the next reboot: the API would be down until somebody came. A service or a socket of systemd is disabled for good; a container has to go where it is started.",
    onNode: ["ss -Hltnp 'sport = :443'", "systemctl list-sockets"],
  },
  API_SILENT_ON_PRIMARY: {
    text: "The API server itself does not answer, whatever leads to it.",
    onNode: [
      "systemctl status kubelet.service",
      "crictl ps -a --name kube-apiserver",
      "curl -skv --max-time 5 https://<primary>/",
    ],
  },
  API_SILENT_ON_LOOPBACK: {
    text: "The node's own kubelet and kube-controller-manager ask there, and it answers on the primary address: a packet filter, or `--bind-address` in the API server's manifest.",
    onNode: ["curl -skv --max-time 5 https://127.0.0.1/", "nft list ruleset", "ss -Hltnp 'sport = :443'"],
  },
  API_UNREACHABLE: {
    text: "The API answers on the node, and not from here. Where kOps has a load balancer in front of the API ([API_BEHIND_BALANCER](#api_behind_balancer)), the answer of any of the balancer's addresses will do, whatever certificate it shows. Outside of mode `dual-ip` it is not looked at where that balancer is not recognised: with several control planes, or with nobody let in to the node's 443.",
    here: [
      "curl -skv --max-time 5 https://<api>/",
      "aws ec2 describe-security-group-rules --query 'SecurityGroupRules[?FromPort==`443`].[GroupId,CidrIpv4]'",
    ],
  },
  API_CERTIFICATE_ENDS: {
    text: "kOps gives the API server a new certificate at every boot of the node; a node that runs for longer than a year has an old one. A rolling update takes the API of a single node down for minutes.",
    onNode: ["openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -enddate"],
  },
  NODE_PORT_HTTPS_SILENT: {
    text: "HAProxy has nobody to hand connections to, or somebody who waits for something else: plain HTTP, or the PROXY protocol where `proxyProtocol` is not set. The Service must be of type NodePort, with this port, and its pods must be ready: [docs/ingress-controllers.md](ingress-controllers.md) says how to name the port for Traefik, Envoy Gateway, NGINX Gateway Fabric and Cilium's Gateway.",
    here: ["kubectl get services,pods -A -o wide"],
    onNode: [`curl -skv --max-time 5 https://<primary>:${defaults.httpsNodePort}/`],
  },
  NODE_PORT_HTTP_SILENT: {
    text: "As [NODE_PORT_HTTPS_SILENT](#node_port_https_silent), for plain HTTP.",
    here: ["kubectl get services,pods -A -o wide"],
    onNode: [`curl -sv --max-time 5 http://<primary>:${defaults.httpNodePort}/`],
  },
  INGRESS_IS_API: {
    text: "Seen from outside: connections to the applications' address reach the API server. The rules on the node are missing; with the node's login the doctor says which.",
    here: ["openssl s_client -connect <ingress>:443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName"],
    onNode: ["nft list table ip secondary_ingress"],
  },
  INGRESS_UNREACHABLE: {
    text: "Everything on the way is as it should be, and there is no answer from here; or a TLS alert: the ingress controller is there, and has no certificate for the name.",
    here: ["curl -skv --max-time 5 --resolve <domain>:443:<ingress> https://<domain>/"],
    onNode: ["nft list table ip secondary_ingress", journal],
  },
  INGRESS_HTTP_UNREACHABLE: {
    text: "As [INGRESS_UNREACHABLE](#ingress_unreachable), over plain HTTP.",
    here: ["curl -sv --max-time 5 --resolve <domain>:80:<ingress> http://<domain>/"],
    onNode: [journal],
  },
  CERTIFICATE_UNTRUSTED: {
    text: "The ingress controller shows a certificate for another name, its own default one, or one of an authority that clients do not know.",
    here: [
      "openssl s_client -connect <ingress>:443 -servername <domain> </dev/null 2>/dev/null | openssl x509 -noout -issuer -ext subjectAltName",
      "kubectl get certificates,ingresses -A",
    ],
  },
  CERTIFICATE_EXPIRED: {
    text: "Browsers refuse it, now or in a few days. With cert-manager, `kubectl describe certificate` says why it was not renewed.",
    here: [
      "openssl s_client -connect <ingress>:443 -servername <domain> </dev/null 2>/dev/null | openssl x509 -noout -enddate",
      "kubectl get certificates,certificaterequests,challenges -A",
    ],
  },
  CERTIFICATE_ENDS: {
    text: "Certificates of 90 days are renewed 30 days before their end; below 20, renewal has failed several times.",
    here: [
      "openssl s_client -connect <ingress>:443 -servername <domain> </dev/null 2>/dev/null | openssl x509 -noout -enddate",
      "kubectl get certificates,certificaterequests,challenges -A",
    ],
  },
  NAME_HAS_ANOTHER_OWNER: {
    text: "Beside the stack's A record there is a record that leads some clients elsewhere (AAAA, HTTPS, a set with a routing policy), a delegation that hides it, or the mark of an external-dns that writes the name again. `pulumi up` refuses a name with another owner when the stack takes it; what comes later is found here.",
    here: ["dig +short <domain> AAAA", "dig +short <domain> HTTPS", "dig +short <domain> TXT"],
  },
  NAME_UNKNOWN: {
    text: "The name has no address. [docs/dns.md](dns.md) says how the outputs get to your DNS.",
    here: ["dig +short <domain>"],
  },
  NAME_LEADS_ELSEWHERE: {
    text: "The name leads to another address: not cut over yet, or the Elastic IP has changed since. Resolvers keep an old answer until its TTL has run out.",
    here: ["dig +short <domain>"],
  },
};
