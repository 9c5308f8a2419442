/** The secondary address, on `lo`: on the primary interface it would become the first address after a reboot. */
import { type HostSettings, NetworkConfig } from "../hostSettings";

/** A /32: a second subnet prefix would add a connected route with the wrong source address. */
const netplan = (address: string): string => `network:
  version: 2
  renderer: networkd
  ethernets:
    lo:
      match:
        name: lo
      addresses:
        - ${address}/32
`;

/** The same as a networkd file, as netplan generates it. */
const networkd = (address: string): string => `[Match]
Name=lo

[Network]
LinkLocalAddressing=no
Address=${address}/32
`;

/** Path of the file: an overlay for netplan, or for systemd-networkd where the image has no netplan. */
export const addressFile: Readonly<Record<NetworkConfig, string>> = {
  [NetworkConfig.Netplan]: "/etc/netplan/99-secondary-ip.yaml",
  [NetworkConfig.Networkd]: "/etc/systemd/network/10-secondary-ip.network",
};

export function renderAddress({
  network,
  secondaryPrivateIp,
}: Pick<HostSettings, "network" | "secondaryPrivateIp">): string {
  return (network === NetworkConfig.Netplan ? netplan : networkd)(secondaryPrivateIp);
}

/** Prints the address of the installed file, so that one that is being replaced does not come back. */
export const installedAddress = `installed_address() {
  local found
  found=$(cat ${Object.values(addressFile).join(" ")} 2>/dev/null | grep -oE -m1 '[0-9.]+/32') && echo "\${found%/32}"
}`;

/** Puts addresses back on their interfaces. */
export const addressesBack = `addresses_back() { # file, as ip -4 -o addr prints them
  local device prefix broadcast
  while read -r _ device _ prefix broadcast; do
    case $broadcast in brd\\ *) broadcast=\${broadcast#brd }; broadcast="broadcast \${broadcast%% *}" ;; *) broadcast= ;; esac
    ip -4 -o addr show to "\${prefix%/*}/32" dev "$device" | grep -q . || ip addr add "$prefix" $broadcast dev "$device" ||
      { echo "cannot put $prefix back on $device" >&2; return 1; }
  done <"$1"
}`;

/** Whether an address is on `lo`. */
export const onLoopback = `on_loopback() { ip -4 -o addr show dev lo | grep -qwF "$1/32"; }`;
