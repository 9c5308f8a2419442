/** The node's own file under the name of the layout's: what is in it and nowhere else is lost when that replaces it. */
import { addressFile } from "../files/address";
import { NetworkConfig } from "../hostSettings";
import { installedMark } from "./paths";

/** Whether a file of the name is there that the layout has not installed. */
const isTaken = (network: NetworkConfig): string =>
  `[ -e ${addressFile[network]} ] && [ ! -e ${installedMark(addressFile[network])} ]`;

const netplanFile = addressFile[NetworkConfig.Netplan];
const networkdFile = addressFile[NetworkConfig.Networkd];

/**
 * Shell functions. `lost_settings` prints settings of networkd, one a line. Those of loopback are none, nor is `$secondary` on an interface, which the
 * layout made by hand has there. What several files of netplan come to is for netplan to say; it writes into a mount namespace of its own.
 */
export const addressFileFunctions = `netplan_without() { # file
  unshare -m bash -s "$1" 2>/dev/null <<'PRIVATE'
mount -t tmpfs none /tmp && mkdir -p /tmp/etc/netplan || exit 1
for each in /etc/netplan/*.yaml; do [ "$each" = "$1" ] || cp "$each" /tmp/etc/netplan || exit 1; done
netplan generate --root-dir /tmp || exit 1
cd /tmp/run/systemd/network 2>/dev/null || exit 0
# Without what a link is known by, and what netplan gives each.
awk '/^\\[/ {section = $1} /^[A-Z][A-Za-z0-9]*=/ && section != "[Match]" && !/^(LinkLocalAddressing|ConfigureWithoutCarrier|RequiredForOnline)=/ {
  link = FILENAME; gsub(/^10-netplan-|\\.[a-z]+$/, "", link); if (link != "lo") print link " " $0
}' 10-netplan-* | sort -u
PRIVATE
}
lost_settings() { # netplan or networkd
  local with without
  if [ "$1" = ${NetworkConfig.Netplan} ] && ${isTaken(NetworkConfig.Netplan)}; then
    with=$(netplan_without '') && without=$(netplan_without ${netplanFile}) || return 0
    comm -23 <(echo "$with") <(echo "$without") | grep -v " Address=$secondary/"
  elif [ "$1" = ${NetworkConfig.Networkd} ] && ${isTaken(NetworkConfig.Networkd)} && ! grep -qE '^[[:space:]]*Name=lo[[:space:]]*$' ${networkdFile}; then
    grep -E '^[A-Z][A-Za-z0-9]*=' ${networkdFile} | grep -vF "Address=$secondary/"
  fi
}`;
