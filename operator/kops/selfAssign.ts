/**
 * What a node does by itself where kOps brings the host files: it asks EC2 for its secondary address and for the Elastic IP, and
 * takes both over from an instance that is gone. Shell functions for the boot program.
 */
import type { HostSettings } from "../../hostfiles/hostSettings";
import { roleTags } from "../../settings/tagNames";

export interface SelfAssignSettings extends Pick<HostSettings, "clusterName" | "secondaryPrivateIp"> {
  /** Of the ingress's Elastic IP: `eipalloc-…`. */
  allocationId: string;
}

/** Older ones leave the session's token out of the signature (curl pull request 7966), or do not know `--aws-sigv4` at all. */
const oldestCurl = "7.86.0";

/** Where EC2 answers about the instance itself. */
const metadata = "http://169.254.169.254/latest";

/**
 * `learn` asks the metadata service (IMDSv2) who we are: `instance`, `eni`, `primary`, `subnet`, `region`, `domain` and the role's
 * credentials. `assign` makes the addresses ours; doing it twice is the same as once. Its status is 0 when they are, 2 when there is
 * no such Elastic IP any more, 3 when the secondary address is not this node's to have, so that host files for it would do harm, and
 * 1 otherwise; the reason is in `why`.
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
    curl -s --connect-timeout 5 --max-time 20 --config - --aws-sigv4 "aws:amz:$region:ec2" --write-out '<status>%{http_code}</status>' \\
      --data "Action=$action&Version=2016-11-15&$*" "https://ec2.$region.$domain/") || error=NoAnswer
  # A proxy's own page, or an answer that was cut short, is none of EC2's.
  if [ -z "$error" ]; then
    [[ $answer != *"</\${action}Response>"* ]] || return 0
    error=$(elements Code | head -n1)
  fi
  case \${error:=NoAnswer} in
    NoAnswer) why="expected EC2 to answer $action at ec2.$region.$domain, found no answer of its own (HTTP status $(elements status | tail -n1))" ;;
    UnauthorizedOperation) why="expected the instance's role to be allowed ec2:$action, found $error: see additionalPolicies in docs/kops.md" ;;
    *) why="expected EC2 to do $action, found $error: $(elements Message | head -n1 | cut -c1-300)" ;;
  esac
  return 1
}

# Whether curl signs all that EC2 wants signed.
signs() {
  local version
  version=$(curl -V | awk '{print $2; exit}')
  printf '%s\\n' ${oldestCurl} "$version" | sort -V -C && return 0
  why="expected curl ${oldestCurl} or newer, which signs the whole call, found $version: take one of the images that docs/kops.md names"
  return 1
}

# Whether the Elastic IP may be taken from an instance: it is none, or us, or no running control-plane node of the cluster.
may_be_taken_from() { # instance
  [ -n "$1" ] && [ "$1" != "$instance" ] || return 0
  ec2 DescribeInstances "Filter.1.Name=instance-id" "Filter.1.Value.1=$1" \\
    "Filter.2.Name=instance-state-name" "Filter.2.Value.1=pending" "Filter.2.Value.2=running" \\
    "Filter.3.Name=tag:KubernetesCluster" "Filter.3.Value.1=${clusterName}" \\
    "Filter.4.Name=tag-key" ${roleTags.controlPlane.map((tag, index) => `"Filter.4.Value.${index + 1}=${tag}"`).join(" ")} || return 1
  [ -n "$(elements instanceId)" ] || return 0
  why="expected the Elastic IP $public to be free, found it on $1, a running control-plane node of ${clusterName}: it is left there"
  return 1
}

# Whether the secondary address on another interface is one that an instance of the cluster has left there: whatever else has it uses it.
was_left_on() { # interface
  local owner
  ec2 DescribeNetworkInterfaces "NetworkInterfaceId.1=$1" "Filter.1.Name=tag:KubernetesCluster" "Filter.1.Value.1=${clusterName}" || return 1
  owner=$(elements instanceId | head -n1)
  if [ -n "$owner" ]; then
    ec2 DescribeInstances "Filter.1.Name=instance-id" "Filter.1.Value.1=$owner" \\
      "Filter.2.Name=instance-state-name" "Filter.2.Value.1=pending" "Filter.2.Value.2=running" || return 1
    [ -n "$(elements instanceId)" ] || return 0
  fi
  why="expected the private address $secondary to be free, or left by an instance of ${clusterName} that is gone, found it in use on $1: nothing is installed; run pulumi up, which chooses another"
  return 3
}

assign() {
  local public at_eni at_address at_instance take holder move
  # The host files take over port 443 of the address.
  if [ "$primary" = "$secondary" ]; then
    why="expected the stack's secondary address $secondary to be free, found it as this node's own primary address: nothing is installed; run pulumi up, which chooses another"
    return 3
  fi
  signs || return 1
  if ! ec2 DescribeAddresses "AllocationId.1=$allocation"; then
    [ "$error" != InvalidAllocationID.NotFound ] || return 2
    return 1
  fi
  public=$(elements publicIp) at_eni=$(elements networkInterfaceId) at_address=$(elements privateIpAddress) at_instance=$(elements instanceId)
  [ "$at_eni $at_address" != "$eni $secondary" ] || return 0
  if [ "$at_eni" = "$eni" ]; then
    why="expected the Elastic IP $public on $secondary, found it on $at_address of this node, where the stack has put it: run secondary-ingress kops --patch"
    return 3
  fi
  take=false
  if [ -n "$at_eni" ]; then
    may_be_taken_from "$at_instance" || return 1
    take=true
  fi

  ec2 DescribeNetworkInterfaces "Filter.1.Name=subnet-id" "Filter.1.Value.1=$subnet" "Filter.2.Name=addresses.private-ip-address" "Filter.2.Value.1=$secondary" || return 1
  holder=$(elements networkInterfaceId | head -n1)
  if [ "$holder" != "$eni" ]; then
    move=false
    if [ -n "$holder" ]; then
      was_left_on "$holder" || return
      move=true
    fi
    ec2 AssignPrivateIpAddresses "NetworkInterfaceId=$eni" "PrivateIpAddress.1=$secondary" "AllowReassignment=$move" || return 1
  fi
  ec2 AssociateAddress "AllocationId=$allocation" "NetworkInterfaceId=$eni" "PrivateIpAddress=$secondary" "AllowReassociation=$take" || return 1
  echo "the Elastic IP $public leads to $secondary on $eni of $instance now"
}`;
}
