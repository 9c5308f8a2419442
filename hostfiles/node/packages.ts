/** The distribution's packages that the host files need. */
import { haproxyBefore, packagesFile } from "./paths";
import { lockFunctions } from "./installer";
import { commandLine } from "./shell";

/** socat also bridges while another forwarder is replaced; the check reads certificates with openssl. */
export const packages = ["haproxy", "nftables", "openssl", "socat"] as const;

/** Shell function: prints the held packages. */
const holds = `holds() { dpkg-query -W -f '\${db:Status-Want} \${Package}\\n' | awk '$1 == "hold" {print $2}' | xargs; }`;

/**
 * Shell functions for the preflight: `missing_packages` prints what is to be installed, `blocking_holds` the holds for which apt refuses that. It
 * asks apt, and changes nothing.
 */
export const holdFunctions = `missing_packages() { for package in ${packages.join(" ")}; do dpkg-query -W -f '\${db:Status-Abbrev}' $package 2>/dev/null | grep -q '^ii' || echo $package; done | xargs; }
${holds}
blocking_holds() {
  local missing; missing=$(missing_packages)
  [ -n "$missing" ] && apt-get -s -y -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= --no-install-recommends install $missing 2>&1 | grep -q '^E: Held packages' && holds
}`;

/** Configuration of these packages that a node may have without them, or from before; a purge would delete it. */
const configuration = [
  "/etc/haproxy/haproxy.cfg",
  "/etc/default/haproxy",
  "/etc/logrotate.d/haproxy",
  "/etc/nftables.conf",
  "/etc/ssl/openssl.cnf",
];

/** Seconds to wait for another program's run of apt or dpkg; unattended-upgrades takes minutes after a boot. */
const lockPatience = 300;

/**
 * A script for bash as root; its one argument is `install` or `remove`. HAProxy's package is wanted for its program: its service is neither
 * started nor left enabled by the installation, and stays as it is if it was there before. Removal purges exactly the packages that the
 * installation added, and keeps one that another package depends on, or whose service the user has taken into use by then.
 */
export function renderPackages(): string {
  const wanted = commandLine(...packages);
  return `set -u
# Nobody is there to answer, and needrestart would restart services, kubelet and containerd among them (its man page: NEEDRESTART_SUSPEND).
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
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
    mv ${packagesFile}.new ${packagesFile} && rm -f ${packagesFile}.before ||
    { echo 'packages: cannot write ${packagesFile}: is the disk full?' >&2; return 1; }
}
${holds}
in_use() { systemctl is-enabled -q "$1" 2>/dev/null || systemctl is-active -q "$1"; }
# Packages start their services by systemctl, which does nothing with this variable (systemd's docs/ENVIRONMENT.md). Unlike a mask, it leaves
# nothing behind in an interrupted run.
without_services() { SYSTEMD_OFFLINE=1 "$@"; }
# Of a configuration file that is there already dpkg asks even a noninteractive frontend; the node's own stays. Standard input is this script.
apt() {
  without_services timeout --kill-after=10 600 apt-get -qq -y -o DPkg::Lock::Timeout=${lockPatience} \\
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null 9>&-
}
configure() { "$@" dpkg --force-confdef --force-confold --configure -a </dev/null >/dev/null 2>&1; }
# Prints who has the lock of dpkg or apt.
lock_holder() { lslocks -rn -o COMMAND,PID,PATH 2>/dev/null | awk '$3 ~ "^/var/lib/(dpkg|apt/lists)/lock" {print $1 ", process " $2; exit}'; }
wait_for_lock() {
  local holder since=$SECONDS
  while holder=$(lock_holder) && [ -n "$holder" ]; do
    [ $SECONDS != $since ] || echo "packages: waiting up to ${lockPatience} s for $holder, which has dpkg's lock" >&2
    [ $((SECONDS - since)) -lt ${lockPatience} ] || { echo "packages: $holder still has dpkg's lock: run again once it has ended" >&2; return 1; }
    sleep 1
  done
}
missing_of() { local package; for package; do grep -qx "$package" <<<"$before" || echo "$package"; done; }
# Judged by what is there then: another package that is broken fails apt as well.
attempt() {
  said=$(apt --no-install-recommends install $missing 2>&1)
  before=$(installed)
  missing=$(missing_of $missing | xargs)
  [ -z "$missing" ]
}
# Prints why apt failed, by what it printed, with the fix.
reason() { # output
  local found
  if grep -q 'Could not get lock' <<<"$1"; then
    found=$(grep -oE -m1 'held by process [0-9]+ \\([^)]*\\)' <<<"$1")
    echo "expected dpkg's lock to be free within ${lockPatience} s, found it \${found:-held}: run again once that has ended"
  elif grep -qiE 'held packages' <<<"$1"; then
    found=$(holds)
    echo "expected no hold on what they need, found one on \${found:-a package}: on the node: apt-mark unhold $found"
  elif grep -qE 'NO_PUBKEY|EXPKEYSIG|is not signed|is (expired|not valid yet)' <<<"$1"; then
    found=$(grep -oE -m1 '.*(NO_PUBKEY|EXPKEYSIG|is not signed|is expired|is not valid yet).*' <<<"$1" | cut -c1-200)
    echo "expected package lists with a valid signature, found: $found: a key is missing or has ended, or the clock is wrong: look on the node with 'apt-get update'"
  elif grep -qE 'Failed to fetch|Could not (resolve|connect)|Temporary failure|Unable to fetch|Some index files failed' <<<"$1"; then
    local status proxy
    found=$(grep -oE -m1 "https?://[^/ ']+" <<<"$1") status=$(grep -oE -m1 ' [45][0-9]{2} +[A-Z][A-Za-z ]+' <<<"$1" | xargs)
    proxy=$(apt-config dump 2>/dev/null | sed -nE 's/^Acquire::https?::Proxy "(.+)";$/\\1/p' | head -n1)
    [ -z "$status" ] && status='does not' || status="answers $status"
    echo "expected a package mirror that answers, found \${found:-none}, which $status\${proxy:+ through the proxy $proxy}: look on the node with 'apt-get update', or use an image that has these packages"
  elif grep -qE 'Unable to locate package|has no installation candidate' <<<"$1"; then
    echo "expected a repository that has them, found none that may be used: look on the node with 'apt-cache policy $missing' in what is missing from /etc/apt/sources.list.d or pinned in /etc/apt/preferences.d"
  elif [ -n "$(dpkg --audit)" ]; then
    found=$(dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' | awk '$1 ~ /^(half|unpacked)/ {print $2}' | xargs)
    echo "expected no unfinished package, found $found: on the node: dpkg --configure -a && apt-get -f install"
  else echo 'see the lines above'
  fi
}
case \${1-} in
  install)
    # Completes an interrupted run of dpkg first.
    if [ -z "$(dpkg --audit)" ]; then :
    elif [ -e ${packagesFile}.before ]; then configure without_services
    else configure
    fi
    before=$(installed)
    missing=$(missing_of $wanted | xargs)
    if [ ! -e ${haproxyBefore} ]; then
      enabled=$(systemctl is-enabled haproxy.service 2>/dev/null)
      { echo "\${enabled:-absent}"; systemctl is-active haproxy.service; } >${haproxyBefore}
    fi
    if [ -z "$missing" ]; then note; exit; fi
    [ -e ${packagesFile}.before ] || { installed >${packagesFile}.new && mv ${packagesFile}.new ${packagesFile}.before; } || exit 1
    [ -e ${packagesFile}.theirs ] || ls -d ${configuration.join(" ")} 2>/dev/null >${packagesFile}.theirs
    holder=$(lock_holder)
    [ -z "$holder" ] || echo "packages: waiting up to ${lockPatience} s for $holder, which has dpkg's lock" >&2
    # Packages in the node's own cache need no mirror; the second attempt updates the lists, which helps against no lock.
    if ! attempt && ! grep -q 'Could not get lock' <<<"$said"; then
      updated=$(apt update 2>&1)
      attempt || said="$updated
$said"
    fi
    note; noted=$?
    [ -z "$missing" ] || { printf '%s\\npackages: %s could not be installed: %s\\n' "$said" "$missing" "$(reason "$said")" >&2; exit 1; }
    exit $noted
    ;;
  remove)
    [ -e ${packagesFile} ] || exit 0
    ours=$(sort -u ${packagesFile})
    kept=
    if grep -qx haproxy <<<"$ours" && in_use haproxy.service; then
      ours=$(grep -vx haproxy <<<"$ours")
      echo 'kept, for haproxy.service is in use: haproxy'
    fi
    if [ -s ${packagesFile}.theirs ] && [ ! -e ${packagesFile}.tar ]; then
      tar -C / --ignore-failed-read -cf ${packagesFile}.tar.new $(sed 's,^/,,' ${packagesFile}.theirs) 2>/dev/null
      mv ${packagesFile}.tar.new ${packagesFile}.tar
    fi
    wait_for_lock || exit 1
    # dpkg refuses to remove a package that others depend on, and leaves it marked for the next purge.
    dpkg --purge $ours </dev/null >/dev/null 2>&1 || for package in $ours; do dpkg --purge "$package" </dev/null >/dev/null 2>&1 || kept="$kept $package"; done
    [ ! -e ${packagesFile}.tar ] || tar -C / -xf ${packagesFile}.tar
    rm -f ${packagesFile} ${packagesFile}.before ${packagesFile}.theirs ${packagesFile}.tar
    [ -z "$kept" ] || { printf '%s install\\n' $kept | dpkg --set-selections; echo "kept, for other packages need them:$kept"; }
    ;;
  *) echo "expected install or remove" >&2; exit 1 ;;
esac
exit 0
`;
}
