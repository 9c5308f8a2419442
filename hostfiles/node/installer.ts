/**
 * `host-file`: the program on the node that installs and removes one file atomically. It is installed first; every later step is a short
 * command that calls it.
 */
import { journalFunctions, renderUndoUnit } from "./journal";
import {
  bootDirectory,
  bootUnit,
  directories,
  hostFileProgram,
  lockFile,
  ownerFile,
  releasedMark,
  undoUnit,
} from "./paths";

/** How long a command waits for another run on the node, seconds: longer than a check can take. */
const patience = 60;

/**
 * Shell functions for the one lock that `up`, `destroy` and the check share. It is a kernel lock, which ends with its holder; the file names
 * the holder.
 */
export const lockFunctions = `lock() { # who, for how long it may wait
  mkdir -p ${directories.run} && exec 9<>${lockFile} || return 1
  if ! flock -w "\${2:-${patience}}" 9; then
    read -r since pid who <${lockFile}
    echo "another run works on this node since $(($(date +%s) - \${since:-0})) s ('\${who:-unknown}'): wait until it has ended" >&2
    return 1
  fi
  read -r since pid who <${lockFile} && [ -n "$who" ] &&
    echo "taking over from '$who', which was cut short $(($(date +%s) - since)) s ago" >&2
  echo "$(date +%s) $$ $1" >${lockFile}
}
unlock() { : >${lockFile}; exec 9>&-; }`;

export function renderInstaller(): string {
  return `#!/bin/bash
# Installs and removes one file of the secondary ingress atomically.
#   host-file install --owner O --path P --mode M [--check C] [--activate C] [--verify C] [--deactivate C] [--armed ID]   content on stdin
#   host-file remove  --owner O --path P [--deactivate C] [--afterwards C] [--armed ID]
#   host-file confirm --owner O --armed ID   keeps what is armed: without it, everything is undone after a while
#   host-file undo      puts back what nobody has confirmed
#   host-file claim   --owner O [--former-owner O]   makes the stack the node's owner and installs this program
#   host-file release --owner O        gives up the node, as the last step
#   host-file drift     the installed files that are missing or differ from what was installed, one a line: missing|edited PATH
#   host-file restore   installs the missing ones again and activates them; one line each
# Commands C run under a time limit. They find the file in "$TARGET", what it replaces in "$PREVIOUS", whether anything is new in
# "$CHANGED" (yes or no); --check finds the new content in "$FILE", under its own name in a directory of its own.
# The file at P before the first installation is saved, and removal restores it.
set -u
umask 022
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
etc=${directories.etc}

fail() { echo "host-file: $*" >&2; exit 1; }
limited() { timeout --kill-after=5 60 /bin/bash -c "$1" 9>&-; }
${lockFunctions}

parse() {
  line=("$@") entry= content=
  action=\${1-} owner= former= path= mode= check= activate= verify= deactivate= afterwards= armed=
  [ $# -gt 0 ] && shift
  while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "option '$1' has no value"
    case $1 in
      --owner) owner=$2 ;; --former-owner) former=$2 ;; --path) path=$2 ;; --mode) mode=$2 ;; --check) check=$2 ;; --activate) activate=$2 ;;
      --verify) verify=$2 ;; --deactivate) deactivate=$2 ;; --afterwards) afterwards=$2 ;; --armed) armed=$2 ;; --instance | --reinstall) ;;
      *) fail "unknown option '$1'" ;;
    esac
    shift 2
  done
  ours=$etc/installed/$(entry_of "$path")
  saved=$etc/saved/$(entry_of "$path")
}

# One directory entry for each file: the path with its slashes escaped.
entry_of() { local e=\${1//%/%25}; echo "\${e//\\//%2F}"; }
path_of() { local p=\${1//%2F//}; echo "\${p//%25/%}"; }

stage=
candidate=
fresh=no
tidy() {
  [ -z "$candidate" ] || rm -f "$candidate"
  [ -z "$stage" ] || rm -rf "$stage"
  [ -z "\${ours-}" ] || rm -f "$ours.new"
  [ $fresh = no ] || rm -f "$ours" "$ours.activate" "$saved"
}
make_stage() { stage=$(mktemp -d /run/host-file.XXXXXX) || fail "cannot write in /run: is it full?"; }
# One command of several, in a shell of its own, under the lock that is held.
apart() {
  stage= candidate= fresh=no
  trap tidy EXIT
  make_stage
}

begin() { # what; takes the lock, then removes the leftovers of a killed run
  lock "\${owner:-the check}: $1" || exit 1
  trap 'tidy; unlock' EXIT
  trap 'exit 1' HUP INT TERM
  rm -rf /run/host-file.*
  make_stage
  [ -z "$armed" ] || ! is_late || fail "this SSH connection is older than the undo of what came before, so nothing was changed: run the command again"
}

# Replaces a file by a rename in the same directory.
replace() { # source, target
  rm -f "$(dirname "$2")"/.host-file.*
  candidate=$(mktemp "$(dirname "$2")/.host-file.XXXXXX") || fail "cannot write in $(dirname "$2")"
  cp --preserve=mode,ownership "$1" "$candidate" && sync "$candidate" && mv -f "$candidate" "$2" || fail "cannot write $2: is the disk full?"
  candidate=
}

in_effect() {
  report=
  [ -z "$activate" ] || report=$(limited "$activate" 2>&1) || return 1
  [ -z "$verify" ] || report=$(limited "$verify" 2>&1) || { report="it has no effect: $report"; return 1; }
}

install_file() {
  export FILE=$stage/$(basename "$path")
  cat >"$FILE" || fail "cannot write in /run: is it full?"
  chmod "$mode" "$FILE" && chown root:root "$FILE" || fail "cannot set mode $mode"
  if [ -n "$check" ]; then
    report=$(limited "$check" 2>&1) || fail "$path is refused by its own program; nothing was changed: $report"
  fi
  mkdir -p "$(dirname "$path")" "$etc/saved" && mkdir -p -m 0700 "$etc/installed" || fail "cannot write in $etc: is the disk full?"
  export TARGET=$path PREVIOUS=$stage/previous CHANGED=no
  cmp -s "$FILE" "$ours" && cmp -s "$FILE" "$path" && [ "$(stat -c %a "$path")" = "$(stat -c %a "$FILE")" ] || CHANGED=yes
  content=$FILE
  [ $CHANGED = no ] || arm
  if [ ! -e "$ours" ]; then
    fresh=yes
    if [ -e "$path" ] && [ ! -e "$saved" ]; then
      cp -a "$path" "$stage/saved" || fail "cannot keep the old $path: is the disk full?"
      replace "$stage/saved" "$saved"
    fi
    # Empty until the file is in effect: the next run completes an interrupted one.
    : >"$ours" || fail "cannot write in $etc: is the disk full?"
  fi
  # Write everything that needs space before changing anything.
  cp -p "$FILE" "$ours.new" && printf '%s' "$activate" >"$ours.activate" && sync "$ours.new" || fail "cannot write in $etc: is the disk full?"
  if [ $CHANGED = yes ]; then
    [ ! -e "$path" ] || cp -a "$path" "$stage/previous" || fail "cannot write in /run: is it full?"
    replace "$FILE" "$path"
  fi
  # An interruption from here on leaves the new file; the empty mark tells that it is not in effect yet.
  local undo=$fresh
  fresh=no
  if ! in_effect; then
    fresh=$undo
    why=$report
    if [ $CHANGED = yes ]; then
      if [ -e "$stage/previous" ]; then
        replace "$stage/previous" "$path"
        PREVIOUS=$FILE limited "$activate" >/dev/null 2>&1 && disarm
      else
        { [ -z "$deactivate" ] || limited "$deactivate" >/dev/null 2>&1; } && disarm
        rm -f "$path"
      fi
    fi
    fail "$path could not be put into effect; what was there before is back: $why"
  fi
  mv -f "$ours.new" "$ours" || fail "cannot write in $etc"
  supersede
}

# Stops the boot program of the kOps pieces, which would install again what is removed.
end_boot() { [ ! -e ${bootDirectory} ] || systemctl stop ${bootUnit} 2>/dev/null; }

take_away() {
  export TARGET=$path
  if [ -n "$deactivate" ]; then
    report=$(limited "$deactivate" 2>&1) || fail "$path could not be taken out of effect; it is still there: $report"
  fi
  # In this order an interrupted run can be repeated: the saved file is removed last.
  if [ -e "$saved" ]; then replace "$saved" "$path"; elif [ -e "$ours" ]; then rm -f "$path"; fi
  rm -f "$ours.activate" "$ours.new" "$ours"
  rm -f "$saved"
  rmdir --ignore-fail-on-non-empty "$(dirname "$path")" 2>/dev/null
  if [ -n "$afterwards" ]; then
    report=$(limited "$afterwards" 2>&1) || fail "$path is removed, but what follows failed: $report"
  fi
}

remove_file() {
  if [ -e "$ours" ] || [ -e "$saved" ]; then arm; fi
  take_away
  supersede
}

drift() {
  local copy target
  for copy in "$etc"/installed/*; do
    case $copy in *.activate | *.new) continue ;; esac
    [ -s "$copy" ] || continue
    target=$(path_of "$(basename "$copy")")
    if [ ! -e "$target" ]; then echo "missing $target"
    elif ! cmp -s "$copy" "$target"; then echo "edited $target"
    fi
  done
}

restore() { # called by the check, under its lock
  local state target copy
  while read -r state target; do
    [ "$state" = missing ] || continue
    copy=$etc/installed/$(entry_of "$target")
    mkdir -p "$(dirname "$target")"
    replace "$copy" "$target"
    # Run outside the check's sandbox: netplan and others change the owner of the files they write.
    systemd-run -q --wait --collect --setenv=TARGET="$target" --setenv=PREVIOUS=/nonexistent --setenv=CHANGED=yes \\
      timeout 30 /bin/bash -c "$(cat "$copy.activate" 2>/dev/null)" >/dev/null 2>&1 9>&-
    echo "$target"
  done < <(drift)
}

claim() {
  begin "installs its programs"
  local copy
  for copy in /run/secondary-ingress.*; do [ "$copy" = "$0" ] || rm -f "$copy"; done
  replace "$0" ${hostFileProgram}
  chmod 0755 ${hostFileProgram} && printf '%s\\n' "$owner" >"$stage/owner" && replace "$stage/owner" ${ownerFile}
  cat >"$stage/unit" <<'UNIT'
${renderUndoUnit()}UNIT
  chmod 0644 "$stage/unit" && replace "$stage/unit" ${directories.units}/${undoUnit}
  systemctl daemon-reload && systemctl enable -q ${undoUnit} || fail "${undoUnit} cannot be enabled"
  rm -f ${releasedMark}
}

release() {
  end_boot
  begin "removes its programs"
  if [ -e ${bootDirectory} ]; then
    # kOps enables it again at the next boot if its manifests still have it.
    systemctl disable -q ${bootUnit} 2>/dev/null
    : >${releasedMark} || fail "cannot write in ${bootDirectory}: is the disk full?"
  fi
  systemctl disable -q --now ${undoUnit} 2>/dev/null
  rm -f ${directories.units}/${undoUnit}
  systemctl daemon-reload
  rm -rf $etc
  rm -rf ${directories.lib}
}

${journalFunctions}

parse "$@"
case $action in
  drift) drift; exit 0 ;;
  restore) restore; exit 0 ;;
  undo) undo; exit 0 ;;
  claim | release | confirm) path=${hostFileProgram} ;;
  install | remove) ;;
  *) fail "unknown action '$action': expected install, remove, confirm, undo, claim, release, drift or restore" ;;
esac
case $path in /*) ;; *) fail "--path needs an absolute path, found '$path'" ;; esac
found=$(cat ${ownerFile} 2>/dev/null)
[ -z "$found" ] || [ "$found" = "$owner" ] || [ "$found" = "$former" ] ||
  fail "this node belongs to the stack '$found', not to '$owner': destroy that stack first, or give this one another node; if it was renamed, set formerStack to '$found'"
case $action in
  claim) claim ;;
  release) release ;;
  confirm) confirm ;;
  install)
    begin "installs $path"
    [ -z "$armed" ] || again install || exit 1
    install_file
    ;;
  remove)
    # Not where nothing is removed, nor by that program itself, which removes what other settings had installed.
    { [ -z "\${OPERATOR-}" ] || [ ! -e "$ours" ]; } || end_boot
    begin "removes $path"
    remove_file
    ;;
esac
exit 0
`;
}
