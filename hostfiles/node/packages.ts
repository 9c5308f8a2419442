/** The distribution's packages that the host files need. */
import { haproxyBefore, packagesFile } from "./paths";
import { lockFunctions } from "./installer";
import { commandLine } from "./shell";

/** socat also bridges while another forwarder is replaced; the check reads certificates with openssl. */
const packages = ["haproxy", "nftables", "openssl", "socat"] as const;

/**
 * A script for bash as root; its one argument is `install` or `remove`. HAProxy's package is wanted for its program: its service is neither
 * started nor left enabled by the installation, and stays as it is if it was there before. Removal purges exactly the packages that the
 * installation added, and keeps one that another package depends on, or whose service the user has taken into use by then.
 */
export function renderPackages(): string {
  const wanted = commandLine(...packages);
  return `set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
wanted='${wanted}'
${lockFunctions}
lock packages || exit 1
trap unlock EXIT
installed() { dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' 2>/dev/null | awk '$1 == "ii" {print $2}' | sort; }
# Ours are the packages that were added since the list was written; without a list there are none.
note() {
  [ -e ${packagesFile}.before ] || return 0
  local added
  added=$(installed | comm -13 ${packagesFile}.before -)
  # A unit of this name without the package is the user's.
  if grep -qx haproxy <<<"$added" && ! grep -qx enabled ${haproxyBefore}; then systemctl disable -q haproxy.service; fi
  { cat ${packagesFile} 2>/dev/null; [ -z "$added" ] || echo "$added"; } >${packagesFile}.new &&
    mv ${packagesFile}.new ${packagesFile} && rm -f ${packagesFile}.before
}
in_use() { systemctl is-enabled -q "$1" 2>/dev/null || systemctl is-active -q "$1"; }
# Packages start their services by systemctl, which does nothing with this variable (systemd's docs/ENVIRONMENT.md). Unlike a mask, it leaves
# nothing behind in an interrupted run.
without_services() { SYSTEMD_OFFLINE=1 "$@"; }
apt() { without_services timeout --kill-after=10 600 apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" 9>&-; }
case \${1-} in
  install)
    missing=
    # Completes an interrupted run of dpkg first.
    if [ -z "$(dpkg --audit)" ]; then :
    elif [ -e ${packagesFile}.before ]; then without_services dpkg --configure -a >/dev/null 2>&1
    else dpkg --configure -a >/dev/null 2>&1
    fi
    before=$(installed)
    for package in $wanted; do grep -qx "$package" <<<"$before" || missing="$missing $package"; done
    if [ ! -e ${haproxyBefore} ]; then
      enabled=$(systemctl is-enabled haproxy.service 2>/dev/null)
      { echo "\${enabled:-absent}"; systemctl is-active haproxy.service; } >${haproxyBefore}
    fi
    if [ -z "$missing" ]; then note; exit; fi
    [ -e ${packagesFile}.before ] || { installed >${packagesFile}.new && mv ${packagesFile}.new ${packagesFile}.before; } || exit 1
    # Packages in the node's own cache need no mirror; the second attempt updates the lists.
    if ! apt --no-install-recommends install $missing >/dev/null 2>&1; then
      apt update >/dev/null
      apt --no-install-recommends install $missing || { note; echo "packages:$missing could not be installed: see the lines above" >&2; exit 1; }
    fi
    note
    exit
    ;;
  remove)
    [ -e ${packagesFile} ] || exit 0
    ours=$(sort -u ${packagesFile})
    kept=
    if grep -qx haproxy <<<"$ours" && in_use haproxy.service; then
      ours=$(grep -vx haproxy <<<"$ours")
      echo 'kept, for haproxy.service is in use: haproxy'
    fi
    # dpkg refuses to remove a package that others depend on, and leaves it marked for the next purge.
    dpkg --purge $ours >/dev/null 2>&1 || for package in $ours; do dpkg --purge "$package" >/dev/null 2>&1 || kept="$kept $package"; done
    rm -f ${packagesFile} ${packagesFile}.before
    [ -z "$kept" ] || { printf '%s install\\n' $kept | dpkg --set-selections; echo "kept, for other packages need them:$kept"; }
    ;;
  *) echo "expected install or remove" >&2; exit 1 ;;
esac
exit 0
`;
}
