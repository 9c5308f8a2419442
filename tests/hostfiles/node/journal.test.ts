/** Armed changes on a fake node: undone unless they are confirmed, whatever is cut short. */
import assert from "node:assert/strict";
import { confirmWithin } from "../../../hostfiles/node/journal";
import {
  armedChanges,
  armedMark,
  directories,
  hostFileProgram,
  lockFile,
  undoneChanges,
  undoUnit,
} from "../../../hostfiles/node/paths";
import { quote } from "../../../hostfiles/node/shell";
import { type FakeNode, onFakeNode } from "../../support/fakeNode";
import type { Finished } from "../../support/process";
import { allSteps, hostSettings } from "../settings";

const settings = hostSettings();
const { owner } = settings;
const target = "/etc/app/app.conf";
const operator = "OPERATOR=198.51.100.9";

/** The effect of a file is that /tmp/effect holds its content. */
const effect = {
  activate: 'cat "$TARGET" >/tmp/effect; echo "in $(cat "$TARGET"), was $(cat "$PREVIOUS" 2>/dev/null)" >>/tmp/log',
  deactivate: 'rm -f /tmp/effect; echo "out" >>/tmp/log',
  afterwards: "echo after >>/tmp/log",
};
type Options = Partial<Record<"path" | "armed" | "mode" | "activate" | "verify" | "deactivate" | "afterwards", string>>;
const words = (action: string, options: Options, who = operator): string =>
  [
    ...["env", who, hostFileProgram, action],
    ...Object.entries({ owner, path: target, armed: "one", ...effect, ...options }).flatMap(([key, value]) => [
      `--${key}`,
      value,
    ]),
  ]
    .map(quote)
    .join(" ");
const confirmation = `env ${operator} ${hostFileProgram} confirm --owner ${owner} --armed one`;
/** It does not wait; how long it would have waited stands among the calls. */
const undoing = `${hostFileProgram} undo`;

describe("an armed change", () => {
  const node = onFakeNode((fresh) => {
    const step = allSteps(settings).find(({ name }) => name === "installer");
    succeeds(fresh.run(step?.create(settings) ?? "false", { input: step?.stdin(settings) ?? "" }));
    fresh.standIn("sleep", 'case $1 in 30) ;; *) exec /usr/bin/sleep "$@" ;; esac\n');
    fresh.calls();
  });
  const succeeds = ({ status, stdout, stderr }: Finished): string => {
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout.trim();
  };
  const install = (text: string, options: Options = {}, who?: string): Finished =>
    node().run(words("install", { mode: "0644", ...options }, who), { input: text });
  const remove = (options: Options = {}): Finished => node().run(words("remove", options));
  const confirm = (): string => succeeds(node().run(confirmation));
  const undo = (): string => succeeds(node().run(undoing));
  const log = (): string[] => {
    const lines = node().succeed("sed 's/ $//' /tmp/log 2>/dev/null || true").split("\n").filter(Boolean);
    node().write("/tmp/log", "");
    return lines;
  };
  const entries = (of: string): string[] => node().succeed(`ls ${of} 2>/dev/null || true`).split("\n").filter(Boolean);
  const effectOf = (where: FakeNode): string => (where.exists("/tmp/effect") ? where.read("/tmp/effect") : "none");
  const confirmed = (text: string, options: Options = {}): void => {
    succeeds(install(text, options));
    assert.equal(confirm(), "confirmed");
    log();
    node().calls();
  };

  it("is written down, and its time begins, before it acts", () => {
    const activate = `ls ${armedChanges} >/tmp/armed; cat /standin/calls >>/tmp/armed`;
    succeeds(install("one\n", { activate }));
    assert.equal(node().read("/tmp/armed").split("\n")[0], "000001");
    assert.match(node().read("/tmp/armed"), new RegExp(`^systemctl restart ${undoUnit}$`, "m"));
    assert.ok(node().exists(armedMark));
    assert.ok(node().isActive(undoUnit));
  });

  it("is kept once it is confirmed, and nothing is left of its entry", () => {
    succeeds(install("one\n"));
    assert.equal(confirm(), "confirmed");
    assert.deepEqual([entries(armedChanges), node().exists(armedMark), node().isActive(undoUnit)], [[], false, false]);
    assert.equal(undo(), "");
    assert.equal(effectOf(node()), "one\n");
    assert.equal(confirm(), "confirmed");
  });

  it("is none where nothing changes, where nothing is removed, and where nobody could confirm it", () => {
    confirmed("one\n");
    succeeds(install("one\n"));
    succeeds(remove({ path: "/etc/app/none" }));
    succeeds(install("two\n", {}, "OPERATOR="));
    assert.deepEqual(entries(armedChanges), []);
    assert.ok(!node().calls().includes(`systemctl restart ${undoUnit}`));
  });

  it("is refused before it acts if its undo cannot be started", () => {
    confirmed("one\n");
    node().failing(`systemctl restart ${undoUnit}`);
    const { status, stderr } = install("two\n");
    assert.equal(status, 1);
    assert.match(stderr, /secondary-ingress-undo\.service does not start, so nothing was changed/);
    assert.deepEqual([node().read(target), effectOf(node()), entries(armedChanges)], ["one\n", "one\n", []]);
    assert.deepEqual(log(), []);
  });

  it("that is a first installation is taken out of effect and away, and theirs comes back", () => {
    node().write(target, "theirs\n", 0o640);
    succeeds(install("one\n"));
    assert.equal(undo(), `undone: install ${target}`);
    assert.deepEqual(log(), ["in one, was theirs", "out", "after"]);
    assert.equal(node().succeed(`stat -c %a ${target}; cat ${target}`), "640\ntheirs\n");
    assert.equal(
      node().succeed(`ls ${directories.etc}/installed ${directories.etc}/saved | grep -c app || true`),
      "0\n",
    );
  });

  it("that is an update gives way to what was installed, with its mode and its activation", () => {
    confirmed("one\n", { mode: "0600", activate: `${effect.activate}; echo first >>/tmp/log` });
    succeeds(install("two\n"));
    undo();
    assert.deepEqual(log(), ["in two, was one", "in one, was two", "first"]);
    assert.equal(node().succeed(`stat -c %a ${target}; cat ${target}`), "600\none\n");
    assert.equal(node().succeed(`${hostFileProgram} drift`), "");
  });

  it("that is a removal is installed again, and what was saved stays saved", () => {
    node().write(target, "theirs\n");
    confirmed("one\n");
    succeeds(remove());
    assert.deepEqual([effectOf(node()), node().read(target)], ["none", "theirs\n"]);
    undo();
    assert.deepEqual([effectOf(node()), node().read(target)], ["one\n", "one\n"]);
    succeeds(remove());
    assert.equal(confirm(), "confirmed");
    assert.equal(node().read(target), "theirs\n");
  });

  it("is undone backwards with the others, done again in order, and wants another look then", () => {
    const all = ["a", "b", "c"].map((name) => `/etc/app/${name}`);
    for (const path of all) succeeds(install(`${path}\n`, { path }));
    log();
    assert.deepEqual(
      undo().split("\n"),
      [...all].reverse().map((path) => `undone: install ${path}`),
    );
    assert.equal(node().exists("/etc/app"), false);
    log();
    assert.equal(confirm(), "again");
    assert.deepEqual(
      log(),
      all.map((path) => `in ${path}, was`),
    );
    assert.equal(entries(armedChanges).length, 3);
    // Nobody looks: they go again.
    undo();
    assert.equal(node().exists("/etc/app"), false);
    assert.equal(confirm(), "again");
    assert.equal(confirm(), "confirmed");
    undo();
    assert.deepEqual(entries("/etc/app"), ["a", "b", "c"]);
  });

  it("does again what was undone before it, which it may need, and takes the place of its own former text", () => {
    for (const name of ["a", "b"]) succeeds(install(`${name}\n`, { path: `/etc/app/${name}` }));
    undo();
    log();
    succeeds(install("new\n", { path: "/etc/app/b" }));
    assert.deepEqual(log(), ["in a, was", "in new, was"]);
    assert.deepEqual(entries(undoneChanges), []);
    assert.equal(confirm(), "confirmed");
  });

  it("is done again with its own change alone: a run that was cut short may not have told the stack of another", () => {
    for (const [name, armed] of [
      ["a", "one"],
      ["b", "another"],
    ] as const)
      succeeds(install(`${name}\n`, { path: `/etc/app/${name}`, armed }));
    undo();
    succeeds(install("c\n", { path: "/etc/app/c" }));
    assert.deepEqual(entries("/etc/app"), ["a", "c"]);
    assert.equal(entries(undoneChanges).length, 1);
    assert.equal(confirm(), "confirmed");
    assert.deepEqual([entries("/etc/app"), entries(undoneChanges)], [["a", "c"], []]);
  });

  it("is not confirmed with another one that still stands", () => {
    confirmed("old\n");
    succeeds(install("another\n", { armed: "another" }));
    succeeds(install("a\n", { path: "/etc/app/a" }));
    assert.equal(confirm(), "again");
    assert.deepEqual([node().read(target), node().read("/etc/app/a")], ["old\n", "a\n"]);
    assert.equal(confirm(), "confirmed");
    assert.deepEqual([entries(armedChanges), entries(undoneChanges)], [[], []]);
    succeeds(install("another\n", { armed: "another" }));
    assert.equal(confirm(), "again");
    assert.equal(node().read(target), "old\n");
    assert.equal(confirm(), "confirmed");
  });

  it("is done again byte by byte, whatever its path, its commands and its content are", () => {
    const path = "/etc/app/100% it's $(id) [*].conf";
    const text = `'"\\ $(id) \`id\` \u0000 é\r\nno newline at the end`;
    const activate = `printf '%s\\n' "it's \\"$TARGET\\"" '--armed' \\\n  >/tmp/said`;
    succeeds(install(text, { path, activate }));
    undo();
    assert.equal(node().exists(path), false);
    node().succeed("rm /tmp/said");
    assert.equal(confirm(), "again");
    assert.equal(confirm(), "confirmed");
    assert.deepEqual([node().read(path), node().read("/tmp/said")], [text, `it's "${path}"\n--armed\n`]);
  });

  it("leaves removals that were undone to the confirmation", () => {
    for (const name of ["a", "b"]) confirmed(`${name}\n`, { path: `/etc/app/${name}` });
    for (const name of ["b", "a"]) succeeds(remove({ path: `/etc/app/${name}` }));
    undo();
    succeeds(install("new\n", { path: "/etc/app/b" }));
    assert.equal(node().read("/etc/app/a"), "a\n");
    assert.equal(confirm(), "again");
    assert.equal(confirm(), "confirmed");
    assert.deepEqual(entries("/etc/app"), ["b"]);
  });

  it("that fails and has put back what was there is not undone once more", () => {
    confirmed("one\n");
    assert.equal(install("two\n", { verify: "false" }).status, 1);
    assert.deepEqual(entries(armedChanges), []);
    // What it could not put back is.
    assert.equal(install("two\n", { activate: "false" }).status, 1);
    assert.equal(entries(armedChanges).length, 1);
    undo();
    assert.equal(effectOf(node()), "one\n");
  });

  it("is tried again if it cannot be undone, and nothing older is undone before it", () => {
    succeeds(install("a\n", { path: "/etc/app/a" }));
    succeeds(install("b\n", { path: "/etc/app/b", deactivate: "[ ! -e /tmp/busy ] || { echo busy; false; }" }));
    node().write("/tmp/busy", "");
    const { status, stderr } = node().run(undoing);
    assert.equal(status, 1);
    assert.match(stderr, /app\/b could not be taken out of effect; it is still there: busy/);
    assert.deepEqual(entries("/etc/app"), ["a", "b"]);
    node().succeed("rm /tmp/busy");
    undo();
    assert.equal(node().exists("/etc/app"), false);
  });

  it("that cannot be undone is confirmed after another look, and what was undone with it is done again", () => {
    succeeds(install("a\n", { path: "/etc/app/a" }));
    succeeds(install("b\n", { path: "/etc/app/b", deactivate: "[ ! -e /tmp/busy ] || { echo busy; false; }" }));
    succeeds(install("c\n", { path: "/etc/app/c" }));
    node().write("/tmp/busy", "");
    assert.equal(node().run(undoing).status, 1);
    assert.equal(confirm(), "again");
    assert.ok(entries(armedChanges).length > 0, "the API may not answer: the undo goes on trying");
    assert.equal(confirm(), "confirmed");
    assert.deepEqual(entries("/etc/app"), ["a", "b", "c"]);
    assert.deepEqual([entries(armedChanges), node().exists(armedMark)], [[], false]);
  });

  it("that is an update does not keep older ones from being undone if it cannot be itself, and is done again", () => {
    confirmed("one\n");
    confirmed("b\n", { path: "/etc/app/b", activate: "[ ! -e /tmp/busy ] || { echo busy; false; }" });
    succeeds(install("two\n"));
    succeeds(install("c\n", { path: "/etc/app/b", activate: "true" }));
    node().write("/tmp/busy", "");
    const { status, stderr } = node().run(undoing);
    assert.equal(status, 1);
    assert.match(stderr, /app\/b is back, but not in effect: busy/);
    assert.deepEqual([node().read(target), effectOf(node())], ["one\n", "one\n"]);
    assert.equal(confirm(), "again");
    assert.deepEqual([node().read(target), node().read("/etc/app/b")], ["two\n", "c\n"]);
    node().succeed("rm /tmp/busy");
    undo();
    assert.deepEqual([node().read(target), node().read("/etc/app/b"), entries(armedChanges)], ["one\n", "b\n", []]);
    assert.equal(confirm(), "again");
    assert.equal(confirm(), "confirmed");
    assert.deepEqual([node().read(target), node().read("/etc/app/b")], ["two\n", "c\n"]);
  });

  it("that is none is nobody's business: who works on the node goes on", () => {
    confirmed("one\n");
    node().standIn("flock", 'echo flock >>/tmp/locked; exec /usr/bin/flock "$@"\n');
    undo();
    assert.equal(node().exists("/tmp/locked"), false);
  });

  it("waits for its confirmation, by a clock that nobody can set, and after a boot no more", () => {
    const waited = (): boolean => node().read("/standin/calls").includes(`sleep ${confirmWithin}\n`);
    succeeds(install("one\n"));
    undo();
    assert.ok(waited());
    succeeds(install("two\n"));
    node().calls();
    // As /run is after a boot.
    node().succeed(`rm -rf ${directories.run}`);
    undo();
    assert.ok(!waited());
    assert.equal(node().exists(target), false);
  });

  it("is undone also while it is still at work", () => {
    confirmed("one\n");
    node().write("/tmp/hang", `echo started >/tmp/started; exec /usr/bin/sleep 300`);
    node().standIn("flock", 'case "$*" in "-w 5 9") exec /usr/bin/flock -w 0.2 9 ;; esac; exec /usr/bin/flock "$@"\n');
    node().succeed(`${words("install", { mode: "0644", verify: "bash /tmp/hang" })} <<<two >/dev/null 2>&1 &
      until [ -e /tmp/started ]; do :; done`);
    undo();
    assert.deepEqual([node().read(target), effectOf(node())], ["one\n", "one\n"]);
    assert.equal(node().succeed("pgrep -f '[/]tmp/hang' | wc -l; pgrep -f 'sleep [3]00' | wc -l"), "0\n0\n");
    assert.equal(node().read(lockFile), "");
  });

  it("is no other stack's to confirm", () => {
    succeeds(install("one\n"));
    const { status, stderr } = node().run(confirmation.replace(owner, "project/other"));
    assert.equal(status, 1);
    assert.match(stderr, /belongs to the stack/);
    assert.equal(entries(armedChanges).length, 1);
  });

  it("changes nothing if the disk has no room for its entry", () => {
    confirmed("one\n");
    const big = "two\n".repeat(3000);
    node().succeed(`mkdir -p ${armedChanges}; mount -t tmpfs -o size=8k small ${armedChanges}`);
    const { status, stderr } = install(big);
    assert.equal(status, 1);
    assert.match(stderr, /cannot write in .*armed: is the disk full\?/);
    assert.deepEqual([node().read(target), effectOf(node())], ["one\n", "one\n"]);
    node().succeed(`umount ${armedChanges}`);
    confirmed(big);
  });

  it("is undone on a full disk too", () => {
    const path = `${directories.etc}/app.conf`;
    node().succeed(
      `cd ${directories.etc}; mkdir /tmp/etc; cp -a . /tmp/etc; mount -t tmpfs -o size=256k small .; cp -a /tmp/etc/. ${directories.etc}`,
    );
    confirmed("one\n", { path });
    succeeds(install("two\n", { path }));
    node().succeed(
      `cat /dev/zero >${directories.etc}/full 2>/dev/null; ! echo full 2>/dev/null >${directories.etc}/more`,
    );
    assert.equal(undo(), `undone: install ${path}`);
    assert.deepEqual([node().read(path), effectOf(node()), entries(armedChanges)], ["one\n", "one\n", []]);
    assert.equal(node().succeed(`${hostFileProgram} drift`), "");
    node().succeed(`rm ${directories.etc}/full`);
    assert.equal(confirm(), "again");
    assert.equal(confirm(), "confirmed");
    assert.equal(node().read(path), "two\n");
  });

  it("is refused if its SSH connection is older than the undo of what came before", () => {
    confirmed("one\n");
    node().succeed("cp /bin/bash /tmp/sshd");
    succeeds(install("two\n"));
    const overOld = (command: string): Finished =>
      node().run(`/tmp/sshd -c ${quote(`sleep 0.1; ${undoing}; ${command}; true`)} 2>&1`, { input: "three\n" });
    for (const command of [words("install", { mode: "0644", path: "/etc/app/b" }), words("remove", {}), confirmation]) {
      succeeds(install("two\n"));
      const said = succeeds(overOld(command));
      assert.match(said, /^undone: .*\nhost-file: this SSH connection is older than the undo of what came before/);
      assert.deepEqual([node().read(target), effectOf(node()), entries(armedChanges)], ["one\n", "one\n", []]);
    }
    // A new connection does it again.
    assert.equal(succeeds(node().run(`/tmp/sshd -c ${quote(`${confirmation}; true`)}`)), "again");
    assert.equal(node().read(target), "two\n");
  });

  describe("cut short at any point", () => {
    /** Read by bash before host-file: ends it just before the change numbered KILL_AT. */
    const killer = `[ "\${0##*/}" = host-file ] || return
set -T
trap 'case $BASH_COMMAND in cp* | mv* | rm* | : | report=* | systemctl*)
  read -r changes </tmp/changes
  echo $((changes += 1)) >/tmp/changes
  [ $changes != "\${KILL_AT-}" ] || kill -9 $$ $BASHPID ;;
esac' DEBUG
`;
    const v1 = words("install", { mode: "0644" });
    const state = `$(cat ${target} 2>/dev/null || echo none) effect $(cat /tmp/effect 2>/dev/null || echo none) drift $(${hostFileProgram} drift | wc -l)`;

    /** Kills a command at each of its changes in turn; prints what holds after an undo, and after the command and its confirmation. */
    function sweep(prepare: string, command: string): { undone: string[]; confirmed: string[] } {
      const lines = node()
        .succeed(
          `cat >/tmp/killer
          confirm() { local said; for _ in 1 2 3; do said=$(${confirmation}) || return; [ "$said" != confirmed ] || return 0; done; false; }
          for n in $(seq 199); do
            rm -rf /etc/app ${directories.etc}/{installed,saved,armed,undone} /tmp/effect ${armedMark}
            echo 0 >/tmp/changes
            { ${prepare}; } >/dev/null 2>&1
            echo 0 >/tmp/changes
            (KILL_AT=$n BASH_ENV=/tmp/killer exec ${command} <<<two) >/dev/null 2>&1
            status=$?
            ${undoing} >/dev/null 2>&1 || echo "undone: failed at $n"
            echo "undone ${state}"
            { ${command} <<<two && confirm; } >/dev/null 2>&1 || echo "confirmed: failed at $n"
            ${undoing} >/dev/null 2>&1
            echo "confirmed ${state} left $(ls ${armedChanges} ${undoneChanges} 2>/dev/null | grep -c 0) temporary $(ls -d /run/host-file.* /etc/app/.* ${directories.etc}/*/.* 2>/dev/null | grep -c -e host-file -e new)"
            [ $status = 137 ] || { echo "changes $n"; break; }
          done`,
          { input: killer },
        )
        .trim()
        .split("\n");
      const count = Number(/^changes (\d+)$/.exec(lines.at(-1) ?? "")?.[1]);
      assert.ok(count > 4, `killed at ${count} points only: ${lines.at(-1)}`);
      const of = (word: string): string[] => [
        ...new Set(lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))),
      ];
      assert.deepEqual(
        lines.filter((line) => /failed/.test(line)),
        [],
      );
      return { undone: of("undone"), confirmed: of("confirmed") };
    }
    const first = `${v1} <<<one && ${confirmation}`;

    it("while it installs for the first time", () => {
      assert.deepEqual(sweep("true", words("install", { mode: "0644" })), {
        undone: ["none effect none drift 0"],
        confirmed: ["two effect two drift 0 left 0 temporary 0"],
      });
    });

    it("while it updates", () => {
      assert.deepEqual(sweep(first, words("install", { mode: "0644" })), {
        undone: ["one effect one drift 0"],
        confirmed: ["two effect two drift 0 left 0 temporary 0"],
      });
    });

    it("while it removes", () => {
      assert.deepEqual(sweep(first, words("remove", {})), {
        undone: ["one effect one drift 0"],
        confirmed: ["none effect none drift 0 left 0 temporary 0"],
      });
    });

    it("while it is undone: the next undo completes it", () => {
      assert.deepEqual(sweep(`${first}; ${v1} <<<two`, undoing), {
        undone: ["one effect one drift 0"],
        confirmed: ["two effect two drift 0 left 0 temporary 0"],
      });
    });

    it("while it is done again: it goes again, or waits to be done again", () => {
      assert.deepEqual(sweep(`${first}; ${v1} <<<two; ${undoing}`, confirmation), {
        undone: ["one effect one drift 0"],
        confirmed: ["two effect two drift 0 left 0 temporary 0"],
      });
    });

    it("while it is confirmed: it is kept or not, and the next confirmation keeps it", () => {
      const { undone, confirmed } = sweep(`${first}; ${v1} <<<two`, confirmation);
      assert.deepEqual(undone.sort(), ["one effect one drift 0", "two effect two drift 0"]);
      assert.deepEqual(confirmed, ["two effect two drift 0 left 0 temporary 0"]);
    });
  });
});
