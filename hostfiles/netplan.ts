/** The secondary address, on `lo`: on the primary interface it would become the first address after a reboot. */
import type { HostSettings } from "./hostStep";

/** A netplan overlay; a /32, for a second prefix would add a connected route with the wrong source. */
export function renderNetplan({ secondaryPrivateIp }: Pick<HostSettings, "secondaryPrivateIp">): string {
  return `network:
  version: 2
  renderer: networkd
  ethernets:
    lo:
      match:
        name: lo
      addresses:
        - ${secondaryPrivateIp}/32
`;
}
