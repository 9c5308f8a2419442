/**
 * A node without a lab: user, mount, network and process namespaces of its own, a root directory in memory, this machine's
 * programs, and stand-ins for what only a booted system has. It needs no root, and ends with the test.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { needsNamespaces } from "./needs";
import type { Finished } from "./process";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Builds the root directory $1, prints the process that holds the namespaces, and keeps them until stdin ends. */
const holder = `set -eu
root=$1
mount -t tmpfs fake-node "$root"
cd "$root"
mkdir -p etc/systemd/system run/systemd tmp var/lib usr proc dev opt standin/units standin/hooks
: >standin/calls
: >standin/failing
mount --rbind /usr usr
mount -t tmpfs fake-node usr/local
mkdir -p usr/local/bin usr/local/sbin usr/local/lib
for each in bin sbin lib lib32 lib64; do
  if [ -L /$each ]; then ln -s usr/$each $each; elif [ -d /$each ]; then mkdir $each; mount --rbind /$each $each; fi
done
cp -dR /etc/alternatives /etc/ld.so.cache /etc/passwd /etc/group etc/
mount -t proc proc proc 2>/dev/null || mount --rbind /proc proc
mount --rbind /dev dev
ip link set lo up
# In this machine's own /proc, hence with the number that it has there.
read -r pid _ </proc/self/stat
echo "$pid"
read -r _ || true
`;

/** Records a call; a call that a test has told to fail does. */
const recorder = `#!/bin/bash
call="\${0##*/} $*"
printf '%s\\n' "$call" >>/standin/calls
while IFS= read -r line; do
  [ "$line" != "$call" ] || { echo "$call: told to fail" >&2; exit 1; }
done </standin/failing
`;

/**
 * Units are active and enabled as they were told. \`/standin/hooks/<unit>\` runs with \`start\`, \`stop\` or \`reload\`, so that a unit
 * may have an effect. As the real one, it leaves services alone with \`SYSTEMD_OFFLINE=1\`.
 */
const systemctl = `units=/standin/units verb=$1 quiet= now= status=0
shift
case \${SYSTEMD_OFFLINE-} in 1) case $verb in start | stop | restart | reload | is-active) exit 0 ;; esac ;; esac
hook() { [ ! -e "/standin/hooks/$1" ] || bash "/standin/hooks/$1" "$2" 8>&- 9>&-; }
start() { : >"$units/$1.active"; hook "$1" start; }
stop() { rm -f "$units/$1.active"; hook "$1" stop; }
for word; do
  case $word in -q) quiet=yes; continue ;; --now) now=yes; continue ;; -*) continue ;; esac
  case $verb in
    is-active)
      found=active
      [ -e "$units/$word.active" ] || found=inactive status=3
      [ -n "$quiet" ] || echo "$found"
      ;;
    is-enabled)
      if [ -e "$units/$word.enabled" ]; then [ -n "$quiet" ] || echo enabled
      else
        # A unit that is not there has no state.
        status=1
        [ -n "$quiet" ] || { [ ! -e "$units/$word.active" ] && [ ! -e "/etc/systemd/system/$word" ]; } || echo disabled
      fi
      ;;
    start) [ -e "$units/$word.active" ] || start "$word" || status=1 ;;
    restart) stop "$word"; start "$word" || status=1 ;;
    reload) hook "$word" reload || status=1 ;;
    stop) stop "$word" ;;
    enable) : >"$units/$word.enabled"; [ -z "$now" ] || start "$word" || status=1 ;;
    disable) rm -f "$units/$word.enabled"; [ -z "$now" ] || stop "$word" ;;
    show) echo 0 ;;
  esac
done
exit $status
`;

const standIns = {
  systemctl,
  sudo: 'while [ "${1-}" = -n ]; do shift; done\nexec "$@"\n',
  "systemd-analyze": 'for file; do :; done\n[ -s "$file" ]\n',
  "systemd-run": `environment=()
while [ "\${1#-}" != "$1" ]; do
  case $1 in --setenv=*) environment+=("\${1#--setenv=}") ;; esac
  shift
done
exec env "\${environment[@]}" "$@"
`,
  netplan: "",
} as const;

export class FakeNode {
  private constructor(
    private readonly pid: number,
    private readonly root: string,
    private readonly enter: readonly string[],
    readonly stop: () => Promise<void>,
  ) {}

  static async start(how: readonly string[]): Promise<FakeNode> {
    const directory = mkdtempSync(join(tmpdir(), "fake-node-"));
    const child = spawn("unshare", [...how, "--kill-child", "bash", "-c", holder, "holder", directory], {
      env: { PATH: path },
    });
    const errors: string[] = [];
    child.stderr.on("data", (text: Buffer) => errors.push(text.toString()));
    const ended = once(child, "close");
    const lines = createInterface(child.stdout);
    const [pid] = (await Promise.race([once(lines, "line"), ended])) as [unknown];
    if (typeof pid !== "string") throw new Error(`no namespaces for a fake node: ${errors.join("")}`);
    const enter = ["-t", pid, ...(how.includes("-r") ? ["-U", "--preserve-credentials"] : []), "-m", "-n", "-p"];
    const node = new FakeNode(Number(pid), directory, [...enter, "chroot", directory], async () => {
      child.stdin.end();
      await ended;
      rmdirSync(directory);
    });
    for (const name of Object.keys(standIns)) node.restore(name as keyof typeof standIns);
    return node;
  }

  /** Where a path of the node is for this process. */
  private at(name: string): string {
    return `/proc/${this.pid}/root${this.root}${name}`;
  }

  exists(name: string): boolean {
    return existsSync(this.at(name));
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  write(name: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), text);
    chmodSync(this.at(name), mode);
  }

  /** Runs bash to the end of the command, as root of the node. */
  run(command: string, { input = "", args = [] }: { input?: string; args?: readonly string[] } = {}): Finished {
    const { status, stdout, stderr } = spawnSync("nsenter", [...this.enter, "bash", "-c", command, "bash", ...args], {
      input,
      encoding: "utf8",
      env: { PATH: path, LC_ALL: "C" },
      timeout: 1_200_000,
    });
    return { status: status ?? 1, stdout, stderr };
  }

  /** The same for a command that must succeed; returns its stdout. */
  succeed(command: string, options: { input?: string; args?: readonly string[] } = {}): string {
    const { status, stdout, stderr } = this.run(command, options);
    if (status !== 0) throw new Error(`${command}\nended with status ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** A program of the node's own that records its calls; by default it does nothing else. It goes before the machine's. */
  standIn(name: string, body = ""): void {
    this.write(`/usr/local/sbin/${name}`, recorder + body, 0o755);
  }

  /** Puts one of the usual stand-ins back in place of the test's own. */
  restore(name: keyof typeof standIns): void {
    this.standIn(name, standIns[name]);
  }

  /** What a unit does when it is started (`$1` is `start`), stopped or reloaded. */
  hook(unit: string, script: string): void {
    this.write(`/standin/hooks/${unit}`, script);
  }

  /** Calls of stand-ins that fail from now on, instead of those named before. */
  failing(...calls: readonly string[]): void {
    this.write("/standin/failing", calls.map((call) => `${call}\n`).join(""));
  }

  /** Calls of stand-ins since the last time, without those that only ask. */
  calls(): string[] {
    const all = this.read("/standin/calls").split("\n").slice(0, -1);
    this.write("/standin/calls", "");
    return all.filter((call) => !/^(sudo|systemd-analyze|sleep|seq|date|flock) |^systemctl (is-|show)/.test(call));
  }

  isActive(unit: string): boolean {
    return this.exists(`/standin/units/${unit}.active`);
  }

  isEnabled(unit: string): boolean {
    return this.exists(`/standin/units/${unit}.enabled`);
  }
}

/** A fresh node for each test of the suite that calls this; the tests are skipped if this machine has no namespaces for it. */
export function onFakeNode(prepare: (node: FakeNode) => void = () => undefined): () => FakeNode {
  let node: FakeNode | undefined;
  beforeEach(async function () {
    node = await FakeNode.start(needsNamespaces(this));
    prepare(node);
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
  });
  return () => {
    if (!node) throw new Error("the fake node is for tests, not for suites");
    return node;
  };
}
