/**
 * Armed changes: host-file writes down what stood there before it changes the way to the API, and puts it back unless the change is
 * confirmed in time (docs/confirmed-changes.md).
 */
import {
  armedChanges,
  armedMark,
  hostFileProgram,
  lockFile,
  undoneChanges,
  undoneMark,
  undoUnit,
  unseenMark,
} from "./paths";

/** How long a change waits for its confirmation, seconds. Each further change begins anew. */
export const confirmWithin = 30;
/** How long the undo waits for a run that works on the node before it ends it, seconds. */
const grace = 5;

/** Sleeps, then undoes; a change that is armed meanwhile restarts it. It is enabled, for the journal outlives a reboot. */
export function renderUndoUnit(): string {
  return `[Unit]
Description=Secondary ingress: undo changes of the way to the API that nobody has confirmed
StartLimitIntervalSec=0
After=network.target secondary-ingress-nat.service

[Service]
Type=exec
ExecStart=${hostFileProgram} undo
Restart=on-failure
RestartSec=5s

[Install]
WantedBy=multi-user.target
`;
}

/**
 * Shell functions of host-file. An entry of the journal is a directory: `path`, the `change` that it is part of, the command's `line` and
 * its `content` from stdin, and what was there `before`: the file, the mark, its activation, and the file saved from before the installation.
 */
export const journalFunctions = `journal=${armedChanges} undone=${undoneChanges}
entries() { ls "$1" 2>/dev/null | grep -E '^[0-9]+$'; }
line_of() { mapfile -d '' line <"$1/line"; }

stat_of() { local stat; stat=$(<"/proc/$1/stat") && echo "\${stat##*) }"; }
parent_of() { set -- $(stat_of "$1"); echo "\${2-0}"; }
started() { set -- $(stat_of "$1"); echo "\${20-0}"; }

# A command that was on its way while the connection was lost comes late: after the undo of what it follows.
is_late() {
  local pid=$$
  [ -s ${undoneMark} ] || return 1
  while [ "$pid" -gt 1 ]; do
    case $(<"/proc/$pid/comm") in sshd*) [ "$(started "$pid")" -lt "$(<${undoneMark})" ]; return ;; esac
    pid=$(parent_of "$pid")
  done
  return 1
}

# Before a command acts. Only for an operator, who can confirm it: kOps' boot program cannot.
arm() {
  [ -n "$armed" ] && [ -n "\${OPERATOR-}" ] || return 0
  local new=$journal/.new last
  before() { [ ! -e "$1" ] || cp -a "$1" "$new/before/$2"; }
  rm -rf "$new"
  mkdir -p -m 0700 "$journal" "$undone" && mkdir -p "$new/before" &&
    echo "$path" >"$new/path" && echo "$armed" >"$new/change" && printf '%s\\0' "\${line[@]}" >"$new/line" && cat "\${content:-/dev/null}" >"$new/content" &&
    before "$path" file && before "$ours" mark && before "$ours.activate" activate && before "$saved" saved &&
    find "$new" -type f -exec sync {} + || fail "cannot write in $journal: is the disk full?"
  : >${armedMark} && systemctl restart ${undoUnit} || fail "${undoUnit} does not start, so nothing was changed"
  last=$({ entries "$journal"; entries "$undone"; } | sort | tail -n 1)
  entry=$journal/$(printf %06d $((10#\${last:-0} + 1)))
  mv "$new" "$entry" && sync "$journal" || fail "cannot write in $journal: is the disk full?"
}

# For a command that has put back itself what it changed.
disarm() { [ -z "$entry" ] || rm -rf "$entry"; }

# The stack takes what was undone for done, so it is done again: before its next step, what is installed; before the confirmation, all. What
# is part of another change is no matter of course: a run that was cut short may not have told the stack.
again() { # actions
  local each line
  for each in $(entries "$undone"); do
    line_of "$undone/$each"
    case " $1 " in *" \${line[0]} "*) ;; *) continue ;; esac
    [ "$(cat "$undone/$each/change")" = "$armed" ] || continue
    [ "$(cat "$undone/$each/path")" != "$path" ] || continue
    (
      parse "\${line[@]}"
      apart
      "\${action}_file"
    ) <"$undone/$each/content" || return 1
    rm -rf "$undone/$each"
  done
}

# A command takes the place of what was undone at the same path.
supersede() {
  local each
  for each in $(entries "$undone"); do
    [ "$(cat "$undone/$each/path")" != "$path" ] || rm -rf "$undone/$each"
  done
}

# A link, for the disk may be full.
link_back() { # kept file, target
  if [ "$1" -ef "$2" ]; then return; fi
  rm -f "$(dirname "$2")"/.host-file.*
  candidate=$(dirname "$2")/.host-file.$BASHPID
  if ln "$1" "$candidate" 2>/dev/null; then mv -fT "$candidate" "$2" || fail "cannot write $2"; candidate=; else replace "$1" "$2"; fi
}
put_back() { # what there was before
  export TARGET=$path PREVIOUS=$stage/previous CHANGED=yes
  if [ ! -s "$1/mark" ]; then take_away; return; fi
  [ ! -e "$path" ] || cp -a "$path" "$PREVIOUS" || fail "cannot write in /run: is it full?"
  mkdir -p "$(dirname "$path")" "$etc/saved" && mkdir -p -m 0700 "$etc/installed" || fail "cannot write in $etc: is the disk full?"
  # One that somebody had deleted comes back as it was installed.
  if [ -e "$1/file" ]; then link_back "$1/file" "$path"; else replace "$1/mark" "$path"; fi
  link_back "$1/mark" "$ours"
  [ ! -e "$1/activate" ] || link_back "$1/activate" "$ours.activate"
  if [ -e "$1/saved" ]; then link_back "$1/saved" "$saved"; else rm -f "$saved"; fi
  report=$(limited "$(cat "$ours.activate" 2>/dev/null)" 2>&1) || fail "$path is back, but not in effect: $report"
}

end_tree() { # process
  local child
  kill -STOP "$1" 2>/dev/null
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do end_tree "$child"; done
  kill -KILL "$1" 2>/dev/null
}
# A command that is still at work is part of what is undone; a check is repeated.
end_holder() {
  local since pid who
  read -r since pid who <${lockFile} && [ "\${pid:-0}" -gt 1 ] 2>/dev/null && end_tree "$pid"
}

undo() {
  # A clock that is set does not change how long this takes. After a boot nobody confirms any more.
  [ ! -e ${armedMark} ] || sleep ${confirmWithin}
  # Whoever has the lock then is let alone.
  [ -n "$(entries "$journal")" ] || return 0
  lock 'the undo' ${grace} 2>/dev/null || { end_holder; lock 'the undo' ${grace}; } || { rm -f ${armedMark}; exit 1; }
  trap 'tidy; unlock' EXIT
  rm -f ${armedMark}
  undo_all
}

# What cannot be put back is tried again later. Older entries do not wait for it; but what was new is in the way of what it was built on.
undo_all() {
  local each line left=0
  (started "$BASHPID") >${undoneMark}
  for each in $(entries "$journal" | sort -r); do
    line_of "$journal/$each"
    (
      parse "\${line[@]}"
      apart
      put_back "$journal/$each/before"
    ) || { left=1; [ -s "$journal/$each/before/mark" ] || exit 1; : >"$journal/$each/tried"; continue; }
    rm -rf "\${undone:?}/$each"
    mv "$journal/$each" "$undone/$each" || fail "cannot write in $etc: is the disk full?"
    echo "undone: \${line[0]} $(cat "$undone/$each/path")"
  done
  [ $left = 0 ] || exit 1
}

# Whether the node has begun to undo, or has booted, or has another change than the one to confirm, which a run that was cut short has left.
undo_is_due() {
  local each
  for each in $(entries "$journal"); do
    [ -e "$journal/$each/stuck" ] || [ -e ${armedMark} ] && [ "$(cat "$journal/$each/change")" = "$armed" ] || return 0
  done
  return 1
}
# What cannot be put back stays, if the next look finds the API: what is new is still there, and an update is done again.
keep_stuck() {
  local each
  for each in $(entries "$journal"); do
    if [ ! -e "$journal/$each/tried" ]; then : >"$journal/$each/stuck"; continue; fi
    rm -rf "\${undone:?}/$each"
    mv "$journal/$each" "$undone/$each" || fail "cannot write in $etc: is the disk full?"
  done
}

# Prints "confirmed", or "again" if something had to be undone or done again, which wants another look.
confirm() {
  begin "confirms its changes"
  path=
  local each restored=no
  if undo_is_due; then
    (undo_all) >&2 || keep_stuck
    restored=yes
  fi
  for each in $(entries "$undone"); do
    [ "$(cat "$undone/$each/change")" = "$armed" ] || rm -rf "$undone/$each"
  done
  if [ $restored = yes ] || [ -n "$(entries "$undone")" ]; then
    again "install remove" || exit 1
    echo again
    return
  fi
  # From here on they are confirmed; the undo finds nothing.
  rm -rf "$journal.confirmed"
  [ ! -e "$journal" ] || { mv "$journal" "$journal.confirmed" && sync "$etc"; } || fail "cannot write in $etc"
  systemctl stop ${undoUnit}
  rm -rf "$journal.confirmed" ${armedMark} ${unseenMark}
  echo confirmed
}`;
