/** Takes the layout made by hand over, and gives it back: the program that ends the old way once the new one works. */
import { handMadeFunctions, type HandMadeSettings } from "../node/handMade";
import { manifestFunctions } from "../node/manifest";
import { apiSwitchProgram, handMadeAddress, handMadeRecord } from "../node/paths";
import { addressesBack } from "./address";
import { apiPort, clientPorts } from "../../settings/ports";

/** Tries of a quarter of a second each. */
const patience = 40;

/**
 * `take-over` waits until the new way works, writes down what the old one is, then stops it and takes the secondary address off its interface; on
 * `lo` it has been since an earlier step. `give-back` restores what is written down, in the reverse order. Both can be repeated.
 */
export function renderTakeover(settings: HandMadeSettings): string {
  return `#!/bin/bash
# Takes over a layout made by hand (take-over), and gives it back (give-back).
set -u
export LC_ALL=C
record=${handMadeRecord}
${manifestFunctions}
${handMadeFunctions(settings)}
${addressesBack}
fail() { echo "$*" >&2; exit 1; }
# Repeats a command until it succeeds.
eventually() { for _ in $(seq ${patience}); do "$@" && return; sleep 0.25; done; return 1; }

# Stops a unit for good, one without [Install] too.
end_unit() { systemctl disable -q --now "$1" 2>/dev/null || systemctl stop "$1"; }

# Through the tables, as clients come.
new_way_works() {
  ${apiSwitchProgram} agrees || return 1
  if nft list table ip secondary_ingress_api >/dev/null 2>&1; then is_api "$primary:${apiPort}" || return 1
  # A forwarder that is to end, and a manifest that does not say that the API server is on its own port.
  elif grep -q ' api ' <<<"$layout" && [ "$(flag secure-port "$(manifest)")" != ${apiPort} ]; then return 1
  fi
  local here there
  here=$(certificate_of "$secondary:${clientPorts.https}") there=$(certificate_of "$primary:${settings.httpsNodePort}")
  # An ingress controller that expects the PROXY protocol shows none without it.
  [ -z "$there" ] || [ "$here" = "$there" ]
}
write_down() {
  [ ! -e $record/complete ] || return 0
  mkdir -p $record || return 1
  local unit enabled active role
  cut -d' ' -f1 <<<"$layout" | sort -u | grep -vx -e - -e '' | while read -r unit; do
    enabled=$(systemctl is-enabled "$unit" 2>/dev/null) active=$(systemctl is-active "$unit" 2>/dev/null)
    # One that fails and is started again counts as running.
    case $active in activating | reloading) active=restarting ;; esac
    # By its file a unit is enabled again that a link alone had made known: disabling it removes the link.
    echo "$unit \${enabled:-absent} $active $(readlink -f "$(systemctl show -P FragmentPath "$unit" 2>/dev/null)")" || exit 1
  done >$record/units || return 1
  { [ -z "$device" ] || ip -4 -o addr show to "$secondary/32" dev "$device"; } >$record/address || return 1
  { grep -E ' (api|https|http) ' <<<"$layout" || [ $? = 1 ]; } >$record/listeners || return 1
  sync $record/* && : >$record/complete
}
# Deleting the first address of an interface takes the others of its subnet along, unless the kernel promotes the next one.
take_off_interface() {
  local dev prefix routes promote line
  while read -r dev prefix; do
    promote=/proc/sys/net/ipv4/conf/$dev/promote_secondaries
    routes=$(ip -4 route show table all dev "$dev" | grep -vE '^(local|broadcast) ' | grep -vwE "src $secondary")
    was=$(cat "$promote"); echo 1 >"$promote"
    ip addr del "$prefix" dev "$dev"
    echo "$was" >"$promote"
    while read -r line; do
      [ -z "$line" ] || grep -qxF "$line" < <(ip -4 route show table all dev "$dev" | sed 's/[[:space:]]*$//') || ip route add $line dev "$dev" 2>/dev/null
    done <<<"$routes"
  done < <(ip -4 -o addr show to "$secondary/32" | awk '$2 != "lo" {print $2, $4}')
}

take_over() {
  inspect
  [ -n "$layout" ] || return 0
  [ -z "$besides" ] || fail "it serves more than the layout: $(awk '{print $2 " of " $1 " on " $3}' <<<"$besides" | paste -sd, -)"
  eventually new_way_works || fail 'the new way does not answer as the old one does: the old one goes on'
  write_down || fail 'cannot write down what there was: is the disk full?'
  local unit
  # The ingress first: its new way has been in use for as long as the table exists.
  for role in https http api; do
    for unit in $(awk -v role=$role '$2 == role {print $1}' <<<"$layout" | sort -u); do
      end_unit "$unit" || fail "$unit does not stop"
    done
  done
  ip -4 -o addr show dev lo | grep -qwF "$secondary/32" || fail "$secondary is not on lo"
  take_off_interface
}

# A unit listens again, or the API server has a port that it wants: then all of it fails, as it would after the next reboot.
is_back() { [ -n "$(ss -Hltn "src $2")" ] || { grep -q "^$1 .*:${apiPort}$" $record/listeners && ss -Hltnp 'sport = :${apiPort}' | grep -q '"kube-apiserver"'; }; }
give_back() {
  [ -e $record/complete ] || { rm -rf $record; return 0; }
  local unit each enabled active path role at
  [ ! -e $record/address ] || addresses_back $record/address || exit 1
  while read -r unit enabled active path; do
    [ "$enabled" != enabled ] || systemctl enable -q "$unit" 2>/dev/null || systemctl enable -q "$path"
    case $active in
      active) systemctl start "$unit" ;;
      restarting) systemctl start --no-block "$unit" ;;
    esac
  done < <(tac $record/units)
  while read -r unit role at; do
    ! grep -q "^$unit [^ ]* active\\b" $record/units || eventually is_back "$unit" "$at" || {
      # As after take-over: two ways at once may leave the API server without its port at the next boot.
      while read -r each _; do end_unit "$each"; done <$record/units
      fail "$unit does not listen on $at again: the new way goes on"
    }
  done <$record/listeners
  [ ! -s $record/address ] || mv $record/address ${handMadeAddress}
  rm -rf $record
}

case \${1-} in
  take-over) take_over ;;
  give-back) give_back ;;
  *) fail 'expected take-over or give-back' ;;
esac
`;
}
