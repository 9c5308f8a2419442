/**
 * What a node does by itself where kOps brings the host files: it asks EC2 for its secondary address and for the Elastic IP, and
 * takes both over from an instance that is gone. Shell functions for the boot program.
 */
import type { HostSettings } from "./hostStep";

export interface SelfAssignSettings extends Pick<HostSettings, "clusterName" | "secondaryPrivateIp"> {
  /** Of the ingress's Elastic IP: `eipalloc-…`. */
  allocationId: string;
}

/** Where EC2 answers about the instance itself. */
const metadata = "http://169.254.169.254/latest";

/**
 * `learn` asks the metadata service (IMDSv2) who we are: `instance`, `eni`, `primary`, `subnet`, `region`, `domain` and the role's
 * credentials. `assign` makes the addresses ours: status 0 when they are, 2 when there is no such Elastic IP any more, 1 otherwise,
 * with the reason in `why`. Doing it twice is the same as once.
 *
 * Credentials go to curl by standard input, as in kOps' own bootstrap (pkg/model/resources/nodeup.go), and are never printed.
 */
export function selfAssignFunctions({ clusterName, secondaryPrivateIp, allocationId }: SelfAssignSettings): string {
  return `allocation=${allocationId} secondary=${secondaryPrivateIp}

imds() { curl -sf --noproxy '*' --connect-timeout 2 --max-time 5 -H "X-aws-ec2-metadata-token: $token" "${metadata}/$1"; }
json_field() { grep -oE "\\"$2\\"[[:space:]]*:[[:space:]]*\\"[^\\"]+" <<<"$1" | sed 's/.*"//'; }

learn() {
  local mac role credentials
  why='expected the metadata service (IMDSv2) to answer, found no answer: is it enabled, with a hop limit of at least 1?'
  token=$(curl -sf -X PUT --noproxy '*' --connect-timeout 2 --max-time 5 -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "${metadata}/api/token") || return 1
  instance=$(imds meta-data/instance-id) && mac=$(imds meta-data/mac) && primary=$(imds meta-data/local-ipv4) &&
    eni=$(imds "meta-data/network/interfaces/macs/$mac/interface-id") && subnet=$(imds "meta-data/network/interfaces/macs/$mac/subnet-id") &&
    region=$(imds meta-data/placement/region) && domain=$(imds meta-data/services/domain) || return 1
  why='expected an instance profile, as kOps gives every node, found none'
  role=$(imds meta-data/iam/security-credentials/) && credentials=$(imds "meta-data/iam/security-credentials/$role") || return 1
  access_key=$(json_field "$credentials" AccessKeyId) && secret_key=$(json_field "$credentials" SecretAccessKey) && session_token=$(json_field "$credentials" Token)
}

# Text of every element of that name in EC2's last answer, one a line.
elements() { grep -oE "<$1>[^<]+" <<<"$answer" | sed 's/.*>//'; }

ec2() { # action, name=value…; the answer in $answer, what EC2 found wrong in $error
  local IFS='&' action=$1
  error=
  shift
  answer=$(printf 'user = "%s:%s"\\nheader = "X-Amz-Security-Token: %s"\\n' "$access_key" "$secret_key" "$session_token" |
    curl -s --connect-timeout 5 --max-time 20 --config - --aws-sigv4 "aws:amz:$region:ec2" \\
      --data "Action=$action&Version=2016-11-15&$*" "https://ec2.$region.$domain/") || error=NoAnswer
  [ -n "$error" ] || error=$(elements Code | head -n1)
  [ -n "$error" ] || return 0
  case $error in
    NoAnswer) why="expected EC2 to answer $action at ec2.$region.$domain, found no answer" ;;
    UnauthorizedOperation) why="expected the instance's role to be allowed ec2:$action, found $error: see additionalPolicies in docs/kops.md" ;;
    *) why="expected EC2 to do $action, found $error: $(elements Message | head -n1 | cut -c1-300)" ;;
  esac
  return 1
}

# Whether what an instance holds may be taken from it: it is none, or us, or no running control-plane node of the cluster.
may_be_taken_from() { # instance
  [ -n "$1" ] && [ "$1" != "$instance" ] || return 0
  ec2 DescribeInstances "Filter.1.Name=instance-id" "Filter.1.Value.1=$1" "Filter.2.Name=instance-state-name" "Filter.2.Value.1=running" \\
    "Filter.3.Name=tag:KubernetesCluster" "Filter.3.Value.1=${clusterName}" \\
    "Filter.4.Name=tag-key" "Filter.4.Value.1=k8s.io/role/control-plane" "Filter.4.Value.2=k8s.io/role/master" || return 1
  [ -n "$(elements instanceId)" ] || return 0
  why="expected $2 to be free, found it on $1, a running control-plane node of ${clusterName}: it is left there"
  return 1
}

assign() {
  local public at_eni at_address at_instance take holder
  if ! ec2 DescribeAddresses "AllocationId.1=$allocation"; then
    [ "$error" != InvalidAllocationID.NotFound ] || return 2
    return 1
  fi
  public=$(elements publicIp) at_eni=$(elements networkInterfaceId) at_address=$(elements privateIpAddress) at_instance=$(elements instanceId)
  [ "$at_eni $at_address" != "$eni $secondary" ] || return 0
  take=false
  if [ -n "$at_eni" ]; then
    may_be_taken_from "$at_instance" "the Elastic IP $public" || return 1
    take=true
  fi

  ec2 DescribeNetworkInterfaces "Filter.1.Name=subnet-id" "Filter.1.Value.1=$subnet" "Filter.2.Name=addresses.private-ip-address" "Filter.2.Value.1=$secondary" || return 1
  holder=$(elements networkInterfaceId | head -n1)
  if [ "$holder" != "$eni" ]; then
    local move=false
    if [ -n "$holder" ]; then
      may_be_taken_from "$(elements instanceId | head -n1)" "the private address $secondary" || return 1
      move=true
    fi
    ec2 AssignPrivateIpAddresses "NetworkInterfaceId=$eni" "PrivateIpAddress.1=$secondary" "AllowReassignment=$move" || return 1
  fi
  ec2 AssociateAddress "AllocationId=$allocation" "NetworkInterfaceId=$eni" "PrivateIpAddress=$secondary" "AllowReassociation=$take" || return 1
  echo "the Elastic IP $public leads to $secondary on $eni of $instance now"
}`;
}
