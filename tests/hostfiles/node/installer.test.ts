/** host-file on a fake node: all or nothing, whatever happens between two of its steps. */
import assert from "node:assert/strict";
import {
  bootDirectory,
  bootUnit,
  directories,
  hostFileProgram,
  lockFile,
  releasedMark,
  undoUnit,
} from "../../../hostfiles/node/paths";
import { renderUndoUnit } from "../../../hostfiles/node/journal";
import { quote } from "../../../hostfiles/node/shell";
import { type FakeNode, onFakeNode } from "../../support/fakeNode";
import type { Finished } from "../../support/process";
import { allSteps, hostSettings } from "../settings";

const settings = hostSettings();
const { owner } = settings;
const target = "/etc/app/app.conf";
const entry = "%2Fetc%2Fapp%2Fapp.conf";
const installed = `${directories.etc}/installed/${entry}`;
const saved = `${directories.etc}/saved/${entry}`;

/** The stack's own command, as it comes over SSH. */
function claim(node: FakeNode, change: Partial<typeof settings> = {}): Finished {
  const step = allSteps(settings).find(({ name }) => name === "installer");
  assert.ok(step);
  return node.run(step.create({ ...settings, ...change }), { input: step.stdin(settings) });
}

type Options = Partial<
  Record<"owner" | "path" | "mode" | "check" | "activate" | "verify" | "deactivate" | "afterwards", string>
>;
const words = (action: string, options: Options): string =>
  [hostFileProgram, action, ...Object.entries({ owner, path: target, ...options }).flatMap(([k, v]) => [`--${k}`, v])]
    .map(quote)
    .join(" ");
const install = (node: FakeNode, text: string, options: Options = {}): Finished =>
  node.run(words("install", { mode: "0644", activate: record, ...options }), { input: text });
const remove = (node: FakeNode, options: Options = {}): Finished => node.run(words("remove", options));

/** What a command of the caller finds, one line for each run. */
const record = 'echo "$CHANGED $(cat "$TARGET") $(cat "$PREVIOUS" 2>/dev/null)" >>/tmp/activated';
const activated = (node: FakeNode): string[] => {
  const lines = node.exists("/tmp/activated") ? node.read("/tmp/activated").trim().split("\n") : [];
  node.write("/tmp/activated", "");
  return lines.filter((line) => line !== "").map((line) => line.trim());
};
const files = (node: FakeNode): string[] =>
  node.succeed(`find /etc/app ${directories.etc} /run -type f | sort`).trim().split("\n");

const succeeds = ({ status, stdout, stderr }: Finished): void => assert.equal(status, 0, `${stdout}${stderr}`);
const fails = ({ status, stderr }: Finished, message: RegExp): void => {
  assert.equal(status, 1);
  assert.match(stderr, message);
};

describe("host-file", () => {
  const node = onFakeNode((fresh) => succeeds(claim(fresh)));

  it("comes into place with the stack's name, and leaves nothing else", () => {
    assert.equal(node().read(`${directories.etc}/owner`), `${owner}\n`);
    assert.equal(node().succeed(`stat -c %a ${hostFileProgram}; ls /run`), "755\nsecondary-ingress\nsystemd\n");
    assert.equal(node().read(lockFile), "");
    assert.ok(node().isEnabled(undoUnit));
    assert.equal(node().read(`${directories.units}/${undoUnit}`), renderUndoUnit());
  });

  it("installs a file with its mode, checked under its own name first", () => {
    succeeds(
      install(node(), "one\n", { mode: "0600", check: 'basename "$FILE" >/tmp/checked; cat "$FILE" >>/tmp/checked' }),
    );
    assert.equal(node().read(target), "one\n");
    assert.equal(node().succeed(`stat -c '%a %U %G' ${target}`), "600 root root\n");
    assert.equal(node().read("/tmp/checked"), "app.conf\none\n");
    assert.deepEqual(activated(node()), ["yes one"]);
    assert.equal(node().read(installed), "one\n");
    assert.equal(node().exists(saved), false);
    assert.equal(node().read(lockFile), "");
  });

  it("changes nothing the second time, and says so to the activation", () => {
    succeeds(install(node(), "one\n"));
    const before = node().succeed(`stat -c '%i %Y %Z' ${target}`);
    const all = files(node());
    activated(node());
    succeeds(install(node(), "one\n"));
    assert.deepEqual(activated(node()), ["no one"]);
    assert.equal(node().succeed(`stat -c '%i %Y %Z' ${target}`), before);
    assert.deepEqual(files(node()), all);
  });

  it("repairs an edited file, a changed mode and a missing file", () => {
    succeeds(install(node(), "one\n"));
    for (const damage of [`echo two >${target}`, `chmod 0666 ${target}`, `rm ${target}`]) {
      node().succeed(damage);
      activated(node());
      succeeds(install(node(), "one\n"));
      assert.equal(activated(node())[0]?.slice(0, 7), "yes one", damage);
      assert.equal(node().succeed(`stat -c %a ${target}; cat ${target}`), "644\none\n");
    }
  });

  it("replaces in one step: who has the file open reads the old one to its end", () => {
    succeeds(install(node(), "old\n".repeat(5000)));
    const command = words("install", { mode: "0644" });
    const read = node().succeed(`exec 3<${target}; ${command}; cat <&3; ls -A /etc/app`, {
      input: "new\n".repeat(5000),
    });
    assert.equal(read, `${"old\n".repeat(5000)}app.conf\n`);
    assert.equal(node().read(target), "new\n".repeat(5000));
  });

  it("carries any bytes and any path", () => {
    const strange = "/etc/app/100% it's $(id) [*].conf";
    const text = `'"\\ $(id) \`id\` \u0000 é\r\nno newline at the end`;
    succeeds(install(node(), text, { path: strange, activate: "" }));
    assert.equal(node().read(strange), text);
    assert.equal(node().succeed(`${hostFileProgram} drift`), "");
    node().write(strange, "edited");
    assert.equal(node().succeed(`${hostFileProgram} drift`), `edited ${strange}\n`);
    succeeds(remove(node(), { path: strange }));
    assert.equal(node().exists(strange), false);
  });

  it("leaves everything as it was if the validator refuses the content", () => {
    node().write(target, "theirs\n");
    const check = 'echo "line 3: nonsense"; false';
    fails(
      install(node(), "new\n", { check }),
      /app\.conf is refused by its own program; nothing was changed: line 3: nonsense/,
    );
    assert.equal(node().read(target), "theirs\n");
    assert.deepEqual(activated(node()), []);
    assert.equal(node().exists(installed) || node().exists(saved), false);
    succeeds(install(node(), "ours\n"));
    fails(install(node(), "new\n", { check }), /nothing was changed/);
    assert.equal(node().read(target), "ours\n");
    assert.equal(node().read(installed), "ours\n");
  });

  const cannot = `${record}; ! grep -q bad "$TARGET" || { echo 'port taken'; exit 1; }`;
  for (const [how, options, message] of [
    ["the activation fails", { activate: cannot }, /back: port taken/],
    [
      "it has no effect",
      { verify: '! grep -q bad "$TARGET" || { echo silent; exit 1; }' },
      /back: it has no effect: silent/,
    ],
  ] as const) {
    it(`puts the file before it back into effect if ${how}`, () => {
      succeeds(install(node(), "good\n", options));
      activated(node());
      fails(install(node(), "bad\n", options), message);
      assert.deepEqual(activated(node()), ["yes bad good", "yes good bad"]);
      assert.equal(node().read(target), "good\n");
      assert.equal(node().read(installed), "good\n");
    });

    it(`gives back a file that was not ours if ${how}, and forgets it`, () => {
      node().write(target, "theirs\n", 0o640);
      fails(install(node(), "bad\n", options), message);
      assert.deepEqual(activated(node()), ["yes bad theirs", "yes theirs bad"]);
      assert.equal(node().succeed(`stat -c %a ${target}; cat ${target}`), "640\ntheirs\n");
      assert.deepEqual(
        files(node()).filter((file) => file.includes(entry)),
        [],
      );
    });

    it(`takes a first file out of effect and away if ${how}`, () => {
      fails(
        install(node(), "bad\n", { ...options, deactivate: 'echo "out $(cat "$TARGET")" >>/tmp/activated' }),
        message,
      );
      assert.deepEqual(activated(node()), ["yes bad", "out bad"]);
      assert.equal(node().exists(target), false);
      assert.deepEqual(
        files(node()).filter((file) => file.includes(entry)),
        [],
      );
    });
  }

  it("keeps a file that was not ours, once, and gives it back at the removal", () => {
    node().write(target, "theirs\n", 0o640);
    node().succeed(`ln -s app.conf /etc/app/link`);
    succeeds(install(node(), "one\n"));
    succeeds(install(node(), "two\n"));
    assert.equal(node().read(saved), "theirs\n");
    succeeds(
      remove(node(), {
        deactivate: 'echo "out $(cat "$TARGET")" >>/tmp/activated',
        afterwards: 'cat "$TARGET" >>/tmp/activated',
      }),
    );
    assert.deepEqual(activated(node()), ["yes one theirs", "yes two one", "out two", "theirs"]);
    assert.equal(node().succeed(`stat -c '%a %U' ${target}; readlink /etc/app/link`), "640 root\napp.conf\n");
    assert.deepEqual(
      files(node()).filter((file) => file.includes(entry)),
      [],
    );
  });

  it("removes its own file, and the directory that nobody else uses", () => {
    succeeds(install(node(), "one\n"));
    succeeds(remove(node()));
    assert.equal(node().exists("/etc/app"), false);
    node().write("/etc/app/theirs", "");
    succeeds(install(node(), "one\n"));
    succeeds(remove(node()));
    assert.equal(node().succeed("ls -A /etc/app"), "theirs\n");
  });

  it("is asked again to remove what is gone, and touches nothing", () => {
    succeeds(install(node(), "one\n"));
    succeeds(remove(node()));
    node().write(target, "theirs by now\n");
    const deactivate = '[ ! -e "$TARGET" ] || echo again >>/tmp/deactivated';
    succeeds(remove(node(), { deactivate, afterwards: "true" }));
    assert.equal(node().read(target), "theirs by now\n");
  });

  it("leaves the file if it cannot be taken out of effect, and repeats what follows a removal", () => {
    succeeds(install(node(), "one\n"));
    fails(
      remove(node(), { deactivate: "echo busy; false" }),
      /could not be taken out of effect; it is still there: busy/,
    );
    assert.equal(node().read(target), "one\n");
    fails(remove(node(), { afterwards: "echo later; false" }), /is removed, but what follows failed: later/);
    assert.equal(node().exists(target), false);
    succeeds(remove(node(), { afterwards: "touch /tmp/followed" }));
    assert.ok(node().exists("/tmp/followed"));
  });

  it("obeys no other stack, and names the owner", () => {
    succeeds(install(node(), "one\n"));
    const other = { owner: "project/other" };
    const message = /belongs to the stack 'kops-secondary-ingress\/prod', not to 'project\/other'.*formerStack/;
    fails(install(node(), "two\n", other), message);
    fails(remove(node(), other), message);
    fails(claim(node(), other), message);
    fails(node().run(`${hostFileProgram} release --owner project/other`), message);
    assert.equal(node().read(target), "one\n");
  });

  it("is taken over by a renamed stack, which the old name obeys no more", () => {
    succeeds(install(node(), "one\n"));
    fails(claim(node(), { owner: "p/new", formerOwner: "p/wrong" }), /belongs to the stack/);
    succeeds(claim(node(), { owner: "p/new", formerOwner: owner }));
    succeeds(claim(node(), { owner: "p/new", formerOwner: owner }));
    activated(node());
    succeeds(install(node(), "one\n", { owner: "p/new" }));
    assert.deepEqual(activated(node()), ["no one"]);
    fails(install(node(), "one\n"), /belongs to the stack 'p\/new'/);
  });

  it("refuses what it does not know before it changes anything", () => {
    const run = (line: string): Finished => node().run(`${hostFileProgram} ${line}`);
    fails(
      run("instal"),
      /unknown action 'instal': expected install, remove, confirm, undo, claim, release, drift or restore/,
    );
    fails(run("install --pth x"), /unknown option '--pth'/);
    fails(run("install --path"), /option '--path' has no value/);
    fails(run(`install --owner ${owner} --path app.conf`), /--path needs an absolute path, found 'app\.conf'/);
    fails(install(node(), "one\n", { mode: "rw" }), /cannot set mode rw/);
    assert.equal(node().exists("/etc/app"), false);
  });

  it("lists what is missing and edited, and restores only what is missing", () => {
    for (const name of ["a", "b", "c"]) succeeds(install(node(), `${name}\n`, { path: `/etc/app/${name}` }));
    node().succeed("rm /etc/app/a; echo x >>/etc/app/b");
    activated(node());
    assert.equal(node().succeed(`${hostFileProgram} drift`), "missing /etc/app/a\nedited /etc/app/b\n");
    assert.equal(node().succeed(`${hostFileProgram} restore`), "/etc/app/a\n");
    assert.deepEqual(activated(node()), ["yes a"]);
    assert.equal(node().read("/etc/app/a"), "a\n");
    assert.equal(node().succeed(`${hostFileProgram} drift`), "edited /etc/app/b\n");
  });

  it("stops kOps' boot program before an operator's removal, and not where nothing is removed, nor from within itself", () => {
    node().succeed(`mkdir ${bootDirectory}; systemctl enable --now ${bootUnit}`);
    const stops = (by: string): boolean => {
      node().calls();
      succeeds(node().run(`OPERATOR=${by} ${hostFileProgram} remove --owner ${quote(owner)} --path ${target}`));
      return node().calls().includes(`systemctl stop ${bootUnit}`);
    };
    assert.equal(stops("192.0.2.7"), false);
    succeeds(install(node(), "one\n"));
    assert.equal(stops(""), false);
    succeeds(install(node(), "one\n"));
    assert.equal(stops("192.0.2.7"), true);
  });

  it("gives the node back, and forbids kOps' copy to install it again", () => {
    succeeds(install(node(), "one\n"));
    node().succeed(`mkdir ${bootDirectory}; systemctl enable --now ${bootUnit}`);
    node().calls();
    succeeds(node().run(`${hostFileProgram} release --owner ${quote(owner)}`));
    assert.deepEqual(node().calls(), [
      `systemctl stop ${bootUnit}`,
      `systemctl disable -q ${bootUnit}`,
      `systemctl disable -q --now ${undoUnit}`,
      "systemctl daemon-reload",
    ]);
    for (const gone of [directories.etc, directories.lib, `${directories.units}/${undoUnit}`])
      assert.equal(node().exists(gone), false);
    assert.ok(node().exists(releasedMark));
    const step = allSteps(settings).find(({ name }) => name === "installer");
    succeeds(node().run(step?.remove?.(settings) ?? "false"));
    succeeds(claim(node()));
    assert.equal(node().exists(releasedMark), false);
  });

  describe("with others at work", () => {
    /** Waits shorter; how long it would have waited stands among the calls. */
    const impatient = 'shift 2; exec /usr/bin/flock -w 0.1 "$@"\n';

    it("says who holds the node and since when, and changes nothing", () => {
      node().standIn("flock", impatient);
      const hold = `exec 9<>${lockFile}; /usr/bin/flock 9; echo "$(($(date +%s) - 42)) 99999 somebody: installs x" >${lockFile}; `;
      const { status, stderr } = node().run(`${hold} (exec 9>&-; ${words("install", { mode: "0644" })} <<<new)`);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^another run works on this node since 4\d s \('somebody: installs x'\): wait until it has ended\n$/,
      );
      assert.match(node().read("/standin/calls"), /^flock -w 60 9$/m);
      assert.equal(node().exists(target), false);
      assert.match(node().read(lockFile), /somebody/);
    });

    it("says whom it takes over from", () => {
      node().write(lockFile, "1700000000 99999 somebody: installs x\n");
      const finished = install(node(), "one\n");
      succeeds(finished);
      assert.match(finished.stderr, /taking over from 'somebody: installs x', which was cut short \d+ s ago/);
      assert.equal(node().read(lockFile), "");
    });

    it("works one after the other", () => {
      const slow = 'echo "in $TARGET" >>/tmp/order; sleep 0.05; echo "out $TARGET" >>/tmp/order';
      const one = (name: string): string =>
        words("install", { mode: "0644", activate: slow, path: `/etc/app/${name}` });
      node().succeed(`${["a", "b", "c"].map((name) => `${one(name)} <<<x &`).join("\n")}\nwait`);
      const lines = node().read("/tmp/order").trim().split("\n");
      assert.equal(lines.length, 6);
      for (const [index, line] of lines.entries())
        if (index % 2 === 1) assert.equal(line.replace("out", "in"), lines[index - 1]);
    });
  });

  describe("cut short", () => {
    /** Read by bash before host-file: ends it just before the command numbered KILL_AT of those that change something. */
    const killer = `[ "\${0##*/}" = host-file ] || return
set -T
changes=0
trap 'case $BASH_COMMAND in cp* | mv* | rm* | mkdir* | chmod* | : | report=* | rmdir*) [ $((changes += 1)) != "\${KILL_AT-}" ] || kill -9 $$ ;; esac' DEBUG
`;

    /** Kills a command at each of its steps in turn, and looks at the target then and after another run. */
    function sweep(before: string, command: string, content: string): { killed: string[]; ended: string[] } {
      const lines = node()
        .succeed(
          `cat >/tmp/killer
          for n in $(seq 99); do
            rm -rf /etc/app ${directories.etc}/installed ${directories.etc}/saved /tmp/activated
            mkdir -p /etc/app; echo theirs >${target}; : >/tmp/activated
            ${before}
            (KILL_AT=$n BASH_ENV=/tmp/killer exec ${command} <<<'${content}') 2>/dev/null
            status=$?
            echo "killed $(cat ${target})"
            ${command} <<<'${content}' 2>/dev/null || echo "ended: failed at $n"
            echo "ended $(cat ${target}), saved $(cat ${saved} 2>/dev/null || echo none), mark $(cat ${installed} 2>/dev/null || echo none), activated $(grep ^yes /tmp/activated | tail -n1), temporary $(ls -d /run/host-file.* /etc/app/.* ${directories.etc}/*/.* 2>/dev/null | grep -c host-file)"
            [ $status = 137 ] || { echo "steps $n"; break; }
          done`,
          { input: killer },
        )
        .trim()
        .split("\n");
      const count = Number(/^steps (\d+)$/.exec(lines.at(-1) ?? "")?.[1]);
      assert.ok(count > 8, `killed at ${count} steps only`);
      const of = (word: string): string[] =>
        lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
      const ended = of("ended");
      assert.equal(ended.length, count);
      return { killed: [...new Set(of("killed"))].sort(), ended: [...new Set(ended)] };
    }

    it("while it installs: the file is the old or the new one, and the next run completes it", () => {
      const command = words("install", { mode: "0644", activate: 'echo "$CHANGED:$(cat "$TARGET")" >>/tmp/activated' });
      const { killed, ended } = sweep("", command, "ours");
      assert.deepEqual(killed, ["ours", "theirs"]);
      for (const line of ended) assert.match(line, /^ours, saved theirs, mark ours, activated yes:ours, temporary 0$/);
    });

    it("while it updates: the file before ours is never the last one kept", () => {
      const before = `${words("install", { mode: "0644" })} <<<first >/dev/null`;
      const command = words("install", { mode: "0644", activate: 'echo "$CHANGED:$(cat "$TARGET")" >>/tmp/activated' });
      const { killed, ended } = sweep(before, command, "second");
      assert.deepEqual(killed, ["first", "second"]);
      for (const line of ended)
        assert.match(line, /^second, saved theirs, mark second, activated yes:second, temporary 0$/);
    });

    it("while it removes: the file is ours or the one before, and the next run completes it", () => {
      const before = `${words("install", { mode: "0644" })} <<<ours >/dev/null`;
      const { killed, ended } = sweep(before, words("remove", {}), "");
      assert.deepEqual(killed, ["ours", "theirs"]);
      assert.deepEqual(ended, ["theirs, saved none, mark none, activated , temporary 0"]);
    });
  });

  describe("on a full disk", () => {
    const big = "new\n".repeat(1500);

    it("changes nothing unless there is room for all of it, and completes once there is", () => {
      const command = words("install", { mode: "0644", activate: "true" });
      const lines = node()
        .succeed(
          `cat >/tmp/new
          for pages in $(seq 8); do
            mkdir -p /etc/app; rm -rf ${directories.etc}/installed ${directories.etc}/saved; echo theirs >${target}
            mount -t tmpfs -o size=$((pages * 4))k small ${directories.etc}
            printf '%s\\n' ${quote(owner)} >${directories.etc}/owner
            if said=$(${command} 2>&1 </tmp/new); then status=0; else status=1; fi
            marks=$(find ${directories.etc} -name '%*' | wc -l)
            echo "$status $(head -n1 ${target}) $marks $said" | tr '\\n' ' '; echo
            mount -t tmpfs -o remount,size=1m small ${directories.etc}
            ${command} </tmp/new && cmp /tmp/new ${target} && [ "$(cat ${saved})" = theirs ] || echo "not completed with $pages pages"
            umount ${directories.etc}
          done`,
          { input: big },
        )
        .trim()
        .split("\n");
      const refused = lines.filter((line) => line.startsWith("1 "));
      assert.ok(refused.length > 2 && refused.length < 8, lines.join("\n"));
      for (const line of refused) assert.match(line, /^1 theirs 0 .*is the disk full\?/);
      for (const line of lines.slice(refused.length)) assert.match(line, /^0 new \d/);
    });

    it("keeps the old file if the new one does not fit beside it", () => {
      node().succeed(`mkdir /etc/app; mount -t tmpfs -o size=8k small /etc/app; echo theirs >${target}`);
      fails(install(node(), big.repeat(2)), /cannot write \/etc\/app\/app\.conf: is the disk full\?/);
      assert.equal(node().succeed("ls -A /etc/app; cat /etc/app/app.conf"), "app.conf\ntheirs\n");
      assert.deepEqual(activated(node()), []);
      assert.equal(node().exists(installed) || node().exists(saved), false);
    });

    it("says so if there is no room in /run", () => {
      for (const pages of [1, 2]) {
        node().succeed(`mount -t tmpfs -o size=${4 * pages}k small /run`);
        fails(install(node(), big), /cannot write in \/run: is it full\?|No space left on device/);
        assert.equal(node().exists(target), false);
        node().succeed("umount /run");
      }
    });
  });
});
