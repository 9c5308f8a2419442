/**
 * `host-file`: the program on the node that installs and removes one file, all or nothing. Its own installation is the first
 * thing written; everything after that is a short command in the stack.
 */
import { directories } from "./paths";

export function renderInstaller(): string {
  return `#!/bin/bash
# Installs and removes one file of the secondary ingress, all or nothing.
#   host-file install --path P --mode M [--check COMMAND] [--activate COMMAND] [--deactivate COMMAND]   content on stdin
#   host-file remove  --path P [--deactivate COMMAND] [--afterwards COMMAND]
# COMMANDs run under a time limit. They find the file in "$TARGET", what it replaces in "$PREVIOUS", whether it is new in
# "$CHANGED" (yes or no); --check finds the new content in "$FILE", under its own name in a directory of its own.
# What was at P before the first installation is kept and comes back at removal.
set -u
umask 022
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

fail() { echo "host-file: $*" >&2; exit 1; }
limited() { timeout --kill-after=5 100 /bin/bash -c "$1"; }

action=\${1-} path= mode= check= activate= deactivate= afterwards=
[ $# -gt 0 ] && shift
while [ $# -gt 1 ]; do
  case $1 in
    --path) path=$2 ;; --mode) mode=$2 ;; --check) check=$2 ;; --activate) activate=$2 ;;
    --deactivate) deactivate=$2 ;; --afterwards) afterwards=$2 ;; --instance) ;;
    *) fail "unknown option '$1'" ;;
  esac
  shift 2
done
[ $# = 0 ] || fail "option '$1' has no value"
case $path in /*) ;; *) fail "--path needs an absolute path, found '$path'" ;; esac

# One directory entry for each file: the path with its slashes escaped.
entry=\${path//%/%25}; entry=\${entry//\\//%2F}
ours=${directories.etc}/installed/$entry
saved=${directories.etc}/saved/$entry

stage=
candidate=
cleanup() { [ -z "$candidate" ] || rm -f "$candidate"; [ -z "$stage" ] || rm -rf "$stage"; }
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# Puts a file in place of another in one step, from the same directory.
replace() {
  candidate=$(mktemp "$(dirname "$path")/.host-file.XXXXXX") || fail "cannot write in $(dirname "$path")"
  cp --preserve=mode,ownership "$1" "$candidate" && sync "$candidate" && mv -f "$candidate" "$path" || fail "cannot write $path"
  candidate=
}

case $action in
  install)
    stage=$(mktemp -d /run/host-file.XXXXXX) || fail "cannot write in /run"
    export FILE=$stage/$(basename "$path")
    cat >"$FILE" || fail "cannot write in /run: is it full?"
    chmod "$mode" "$FILE" && chown root:root "$FILE" || fail "cannot set mode $mode"
    if [ -n "$check" ]; then
      report=$(limited "$check" 2>&1) || fail "$path is refused by its own program; nothing was changed: $report"
    fi
    mkdir -p "$(dirname "$path")" "$(dirname "$ours")" "$(dirname "$saved")" || fail "cannot write in ${directories.etc}"
    if [ ! -e "$ours" ]; then
      if [ -e "$path" ] && [ ! -e "$saved" ]; then cp -a "$path" "$saved.new" && mv "$saved.new" "$saved" || fail "cannot keep the old $path"; fi
      : >"$ours" || fail "cannot write in ${directories.etc}"
    fi
    export TARGET=$path PREVIOUS=$stage/previous CHANGED=no
    if ! cmp -s "$FILE" "$path" || [ "$(stat -c %a "$path")" != "$(stat -c %a "$FILE")" ]; then
      CHANGED=yes
      [ -e "$path" ] && cp -a "$path" "$stage/previous"
      replace "$FILE"
    fi
    if [ -n "$activate" ]; then
      if ! report=$(limited "$activate" 2>&1); then
        if [ $CHANGED = yes ]; then
          if [ -e "$stage/previous" ]; then
            replace "$stage/previous"
            PREVIOUS=$FILE limited "$activate" >/dev/null 2>&1
          else
            [ -z "$deactivate" ] || limited "$deactivate" >/dev/null 2>&1
            rm -f "$path"
          fi
        fi
        fail "$path could not be put into effect; what was there before is back: $report"
      fi
    fi
    ;;
  remove)
    export TARGET=$path
    if [ -n "$deactivate" ]; then
      report=$(limited "$deactivate" 2>&1) || fail "$path could not be taken out of effect; it is still there: $report"
    fi
    if [ -e "$saved" ]; then replace "$saved" && rm -f "$saved"; elif [ -e "$ours" ]; then rm -f "$path"; fi
    rm -f "$ours"
    rmdir --ignore-fail-on-non-empty "$(dirname "$path")" 2>/dev/null
    if [ -n "$afterwards" ]; then
      report=$(limited "$afterwards" 2>&1) || fail "$path is removed, but what follows failed: $report"
    fi
    ;;
  *) fail "unknown action '$action': expected install or remove" ;;
esac
exit 0
`;
}
