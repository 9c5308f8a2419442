/**
 * The guard: restores a table or the address of the layout as soon as it is gone. Many scripts begin with `nft flush ruleset`, and some
 * with `ip addr flush`.
 */
import { installedAddress, onLoopback } from "./address";
import { apiFilterRules, apiForwardRules, apiForwardState, guardProgram, guardRepairs, natRules } from "../node/paths";
import { sandbox } from "./sandbox";

export function renderGuard(): string {
  return `#!/bin/bash
# Watches the kernel's tables and addresses and restores the layout's own within milliseconds. The check does the same every minute, in case
# this fails.
set -u
export LC_ALL=C
${installedAddress}
${onLoopback}
# Named as in the check, which counts these repairs with its own.
repaired() { echo "repaired: $1" && echo "$(date +%s) $1" >>${guardRepairs}; }
put_back() { # table, rules, its name in the check
  nft list table ip "$1" >/dev/null 2>&1 || { [ -e "$2" ] && nft -f "$2" && repaired "$3"; }
}
put_address_back() {
  local secondary
  secondary=$(installed_address) || return
  on_loopback "$secondary" || { ip addr replace "$secondary/32" dev lo && repaired address; }
}
put_tables_back() {
  put_back secondary_ingress ${natRules} natTable
  [ ! -e ${apiFilterRules} ] || put_back secondary_ingress_filter ${apiFilterRules} apiFilter
  if grep -qs forward ${apiForwardState}; then put_back secondary_ingress_api ${apiForwardRules} apiTable; fi
}
# All table events: newer nft parses "destroy" as a command here. Where one of the two ends, the other is ended too.
exec 3< <(
  nft monitor tables & ip -4 -o monitor address &
  wait -n
  kill $(jobs -p)
)
put_tables_back
put_address_back
while read -r -u3 line; do
  case $line in
    delete*secondary_ingress*) put_tables_back ;;
    Deleted*/32*) put_address_back ;;
  esac
done
echo 'nft monitor or ip monitor has ended' >&2
exit 1
`;
}

export function renderGuardUnit(): string {
  return `[Unit]
Description=Secondary ingress: put a lost table or address back
StartLimitIntervalSec=0
After=secondary-ingress-nat.service

[Service]
ExecStart=${guardProgram}
Restart=always
RestartSec=1s
CapabilityBoundingSet=CAP_NET_ADMIN
RestrictAddressFamilies=AF_NETLINK AF_UNIX
${sandbox}ReadWritePaths=/run

[Install]
WantedBy=multi-user.target
`;
}
