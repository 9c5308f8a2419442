/** What a person reads who has a finding: what it means, and how to look closer by hand. By code. */
const look = (...commands: string[]): string => `\n\n\`\`\`text\n${commands.join("\n")}\n\`\`\``;

export const runbook: Readonly<Record<string, string>> = {
  INSTANCE_GONE:
    "kOps replaces the instance at every rolling update: a new id, interface, primary address and SSH host key. `pulumi up` moves the secondary address and the Elastic IP over, and the public address stays the same. It stops at the new host key first, with the command that accepts it." +
    look(
      "aws ec2 describe-instances --filters Name=tag:KubernetesCluster,Values=<cluster> Name=instance-state-name,Values=running",
    ),
  INSTANCE_STOPPED:
    "Somebody stopped the instance. It keeps its private addresses and its Elastic IPs; a public address that was assigned automatically is lost.",
  SECONDARY_UNASSIGNED:
    "The address was taken off the interface, by hand or by somebody who assigned it elsewhere with reassignment allowed. `pulumi up --refresh` gives it back, with its Elastic IP." +
    look(
      "aws ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=<secondary>",
      "aws ec2 assign-private-ip-addresses --network-interface-id <eni> --private-ip-addresses <secondary>",
    ),
  ELASTIC_IP_GONE:
    "The Elastic IP was released. `pulumi up --refresh` allocates another one: the public address changes, and with it the records that lead there.",
  ELASTIC_IP_UNASSOCIATED:
    "The Elastic IP was taken away from the secondary address. The command puts it back where it was.",
  BALANCER_GONE:
    "The load balancer was deleted. `pulumi up --refresh` makes another one with the same Elastic IPs, which serves after minutes." +
    look("aws elbv2 describe-load-balancers --query 'LoadBalancers[].[LoadBalancerName,State.Code]'"),
  NO_TARGET_HEALTHY:
    "Nobody answers the balancer on one of its ports, and it leads clients to all nodes alike. Either nobody listens on the NodePort of any node, or the rule of the nodes' security group is gone, which `pulumi up --refresh` gives back." +
    look(
      "aws elbv2 describe-target-health --target-group-arn <target group>",
      "aws ec2 describe-security-group-rules --filters Name=group-id,Values=<the nodes' group>",
    ),
  TARGETS_UNHEALTHY:
    "The balancer leaves these nodes out and leads their share to the others. [docs/load-balancer.md](load-balancer.md) says how often it asks.",
  API_ADDRESS_LOST:
    "The API has another public address than at the last `pulumi up`, or none. kOps' dns-controller follows by itself; whoever has the old address in a kubeconfig or a firewall does not. From inside the VPC the API is reachable as before.",
  API_ADDRESS_AUTOMATIC:
    "AWS assigned the API's public address at launch. At the next stop it is lost, and because the secondary address has an Elastic IP, AWS gives no new one at the start. [docs/aws.md](aws.md) says why. It costs 0 to 3.65 USD a month, for the address is charged either way.",
  HTTPS_CLOSED:
    "The rule was revoked, or the stack's security group was taken off the interface." +
    look("aws ec2 describe-security-group-rules --filters Name=group-id,Values=<group>"),
  HTTP_CLOSED: "As [HTTPS_CLOSED](#https_closed), for plain HTTP. Certificates by HTTP-01 need it.",
  IDLE_ELASTIC_IP:
    "An Elastic IP with the stack's tags leads nowhere, e.g. after a run that was cut short between allocation and state. AWS charges for it.",
  SSH_UNREACHABLE:
    "Nobody answers on the node's SSH port. Applications and API do not depend on it; `pulumi up` does. Without SSH, EC2's serial console or Session Manager is the way in.",
  HOST_KEY_DIFFERS: "Either kOps has replaced the node, or somebody stands in between. Compare before you accept.",
  SSH_REFUSED: "The node knows neither the key of `sshPrivateKey` nor one of the SSH agent's.",
  NO_SUDO: "The login exists and may not become root without a password. [docs/guide.md](guide.md) says what it needs.",
  NODE_NOT_OURS:
    "The node does not say that this stack installed it. `/etc/secondary-ingress/owner` has its name; a node that another stack owns is refused by `pulumi up` as well.",
  HOST_FILES_MISSING:
    "Files that the stack installed are gone. `host-file restore` puts each back from its copy and into effect, as the check does every minute.",
  HOST_FILES_EDITED:
    "Somebody edited an installed file. It stays as it is until the stack next changes it. If the edit is right, make it a setting; the `reinstall` setting writes every file anew.",
  ADDRESS_MISSING:
    "Without the address nobody answers for the applications. The check puts it back every minute." +
    look("ip -4 addr show dev lo", "netplan get 2>/dev/null || networkctl status lo"),
  ADDRESS_ON_INTERFACE:
    "On the interface the address may become the first one after a reboot, and an API server without `--advertise-address` then calls itself by it. It belongs on `lo` alone.",
  CHECK_STOPPED: "Nothing repairs what drifts, besides the guard.",
  CHECK_STALE:
    "The timer runs, and the check has not ended for minutes." +
    look("journalctl -u secondary-ingress-check -n 20", "systemctl list-timers secondary-ingress-check.timer"),
  REPAIR_FAILED:
    "The check tried to repair something and could not. It tries again after a pause that doubles up to half an hour; removing the pauses has it try now." +
    look("journalctl -u secondary-ingress-check -n 20", "cat /run/secondary-ingress/state.json"),
  REPAIRS_REPEAT:
    "Something takes away what the check puts back: another program that owns the firewall, a configuration management run, a person. The journal says what is repaired.",
  DISK_FULL:
    "Host files are written beside the old ones before they take their place; without room a change is refused, and the old ones stay.",
  NAT_RULES_MISSING:
    "Without the rules a client of the applications' address gets the API's certificate. The guard puts the table back within a second, the check within a minute." +
    look("nft list table ip secondary_ingress", "curl -vk --resolve <domain>:443:<ingress address> https://<domain>/"),
  NAT_NOT_AT_BOOT:
    "The rules are loaded before the network by a unit of their own; disabled, they come back only with the first check, up to 75 seconds after boot.",
  GUARD_STOPPED: "The guard puts a lost table back within a second. Without it the check does so within a minute.",
  HAPROXY_CONFIG_INVALID:
    "HAProxy refuses `/etc/haproxy/haproxy.cfg`: it runs on with the old one until it is restarted, and then not at all." +
    look("haproxy -c -f /etc/haproxy/haproxy.cfg"),
  HAPROXY_STOPPED:
    "The applications' address refuses connections." +
    look("systemctl status haproxy.service", "journalctl -u haproxy -n 20"),
  HAPROXY_NOT_AT_BOOT: "Since the last boot HAProxy runs; after the next it would not.",
  HTTPS_LISTENER_MISSING:
    "HAProxy runs, with a configuration that is not the installed one, or with its port taken by somebody else." +
    look("ss -Hltnp 'sport = :10443'"),
  HTTP_LISTENER_MISSING: "As [HTTPS_LISTENER_MISSING](#https_listener_missing), for port 80 of the secondary address.",
  MANIFEST_UNWATCHED:
    "When the API server moves, the change is noticed by the check alone, up to a minute later. On a node with an untouched manifest nothing happens meanwhile.",
  SWITCH_NOT_AT_BOOT: "After a boot, a moved API server gets its 443 back only at the first check.",
  FORWARDER_RULES_MISSING:
    "The API server has moved away from 443, and nothing leads there: the API is down on 443. The guard puts the table back within a second." +
    look(
      "nft list table ip secondary_ingress_api",
      "grep secure-port /etc/kubernetes/manifests/kube-apiserver.manifest",
    ),
  FORWARDER_STOPPED:
    "The rules lead to a forwarder that does not listen: the API is down on 443." +
    look("systemctl status kube-api-forward.service", "ss -Hltnp 'sport = :10444'"),
  FORWARDER_WRONG:
    "What runs is not what the manifest asks for: the API server has moved and is not forwarded, or is forwarded and has not moved." +
    look("systemctl status kube-api-switch.service kube-api-switch.path"),
  API_FILTER_MISSING: "`apiAllowedCidrs` is set and not in force.",
  API_PORT_TAKEN:
    "Another program listens on 443. It keeps the API server from its port after the next reboot: the API would be down until somebody came." +
    look("ss -Hltnp 'sport = :443'"),
  API_SILENT_ON_PRIMARY:
    "The API server itself does not answer, whatever leads to it." +
    look("systemctl status kubelet.service", "crictl ps -a --name kube-apiserver", "tail /var/log/kube-apiserver.log"),
  API_SILENT_ON_LOOPBACK: "The node's own kubelet and kube-controller-manager ask there.",
  API_UNREACHABLE: "The API answers on the node, and not from here.",
  API_CERTIFICATE_ENDS:
    "kOps gives the API server a new certificate at every boot of the node; a node that runs for longer than a year has an old one.",
  NODE_PORT_HTTPS_SILENT:
    "HAProxy has nobody to hand connections to. The Service must be of type NodePort, with this port, and its pods must be ready." +
    look("curl -vk https://<primary>:30443/"),
  NODE_PORT_HTTP_SILENT: "As [NODE_PORT_HTTPS_SILENT](#node_port_https_silent), for plain HTTP.",
  INGRESS_IS_API:
    "Seen from outside: connections to the applications' address reach the API server. The rules on the node are missing; with the node's login the doctor says which.",
  INGRESS_UNREACHABLE: "Everything on the way is as it should be, and there is no answer from here.",
  INGRESS_HTTP_UNREACHABLE: "As [INGRESS_UNREACHABLE](#ingress_unreachable), over plain HTTP.",
  CERTIFICATE_UNTRUSTED:
    "The ingress controller shows a certificate for another name, its own default one, or one of an authority that clients do not know." +
    look("openssl s_client -connect <ingress address>:443 -servername <domain> </dev/null | openssl x509 -noout -text"),
  CERTIFICATE_EXPIRED:
    "Browsers refuse it, now or in a few days. With cert-manager, `kubectl describe certificate` says why it was not renewed.",
  CERTIFICATE_ENDS:
    "Certificates of 90 days are renewed 30 days before their end; below 20, renewal has failed several times.",
  NAME_UNKNOWN: "The name has no address. [docs/dns.md](dns.md) says how the outputs get to your DNS.",
  NAME_LEADS_ELSEWHERE:
    "The name leads to another address: not cut over yet, or the Elastic IP has changed since. Resolvers keep an old answer until its TTL has run out.",
};
