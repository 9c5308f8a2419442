/** The guard: restores a table of the layout as soon as it is destroyed. Many scripts begin with `nft flush ruleset`. */
import { apiFilterRules, apiForwardRules, apiForwardState, guardProgram, guardRepairs, natRules } from "../node/paths";
import { sandbox } from "./sandbox";

export function renderGuard(): string {
  return `#!/bin/bash
# Watches the kernel's tables and restores the layout's own within milliseconds. The check does the same every minute, in case this fails.
set -u
export LC_ALL=C
# Named as in the check, which counts these repairs with its own.
put_back() { # table, rules, its name in the check
  nft list table ip "$1" >/dev/null 2>&1 ||
    { [ -e "$2" ] && nft -f "$2" && echo "repaired: $3" && echo "$(date +%s) $3" >>${guardRepairs}; }
}
put_all_back() {
  put_back secondary_ingress ${natRules} natTable
  [ ! -e ${apiFilterRules} ] || put_back secondary_ingress_filter ${apiFilterRules} apiFilter
  if grep -qs forward ${apiForwardState}; then put_back secondary_ingress_api ${apiForwardRules} apiTable; fi
}
# All table events: newer nft parses "destroy" as a command here.
exec 3< <(exec nft monitor tables)
put_all_back
while read -r -u3 line; do
  case $line in delete*secondary_ingress*) put_all_back ;; esac
done
echo 'nft monitor has ended' >&2
exit 1
`;
}

export function renderGuardUnit(): string {
  return `[Unit]
Description=Secondary ingress: put a destroyed nftables table back
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
