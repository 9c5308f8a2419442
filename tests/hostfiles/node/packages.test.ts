/** The packages script on a fake node: dpkg's own database, and an apt-get that knows what its mirror has. */
import assert from "node:assert/strict";
import { directories, haproxyBefore, lockFile, packagesFile } from "../../../hostfiles/node/paths";
import { holdFunctions, renderPackages } from "../../../hostfiles/node/packages";
import { type FakeNode, onFakeNode } from "../../support/fakeNode";
import { needsProgram } from "../../support/needs";
import type { Finished } from "../../support/process";

/** A package as dpkg has it. */
const stanza = (name: string, { state = "installed", depends = "" } = {}): string =>
  `Package: ${name}
Status: install ok ${state}
Maintainer: Test <test@example.com>
Architecture: all
Version: 1
${depends === "" ? "" : `Depends: ${depends}\n`}Description: test

`;

/** Installs what is in the mirror, with its dependency: \`name\` or \`name:dependency\` a line. \`update\` fetches the new list. */
const aptGet = `packages= verb= options=
env >/standin/environment
[ ! -e /standin/failure ] || { cat /standin/failure >&2; exit 100; }
while [ $# -gt 0 ]; do
  case $1 in -o) shift; case $1 in Dpkg::Options::=*) options="$options \${1#*=}" ;; esac ;; -*) ;; install | update) verb=$1 ;; *) packages="$packages $1" ;; esac
  shift
done
if [ "$verb" = update ]; then [ ! -e /standin/fresh ] || mv /standin/fresh /standin/mirror; exit; fi
found=
for package in $packages; do
  line=$(grep -E "^$package(:|$)" /standin/mirror) || { echo "E: Unable to locate package $package" >&2; exit 100; }
  found="$found \${line//:/ }"
done
for package in $found; do
  [ ! -e "/standin/$package.deb" ] || { dpkg $options -i "/standin/$package.deb" || exit 100; continue; }
  printf 'Package: %s\\nStatus: install ok installed\\nMaintainer: Test <test@example.com>\\nArchitecture: all\\nVersion: 1\\nDescription: test\\n\\n' "$package" >>/var/lib/dpkg/status
  : >"/var/lib/dpkg/info/$package.list"
  : >"/var/lib/dpkg/info/$package.md5sums"
  # Debian's maintainer scripts: deb-systemd-helper works on files, deb-systemd-invoke calls systemctl.
  [ "$package" != haproxy ] || { : >/standin/units/haproxy.service.enabled; systemctl start haproxy.service; }
  [ ! -e /standin/interrupted ] || { kill -9 "$(cat /standin/victim)"; exit 1; }
done
`;

const everything = ["haproxy", "nftables", "openssl", "socat"];

describe("packages", () => {
  before(function () {
    needsProgram(this, "dpkg");
  });
  const node = onFakeNode((fresh) => {
    fresh.standIn("apt-get", aptGet);
    fresh.succeed(`mkdir -p ${directories.etc} /var/lib/dpkg/info /var/lib/dpkg/updates /var/log`);
    fresh.write("/standin/mirror", "haproxy:liblua\nnftables\nopenssl\nsocat\n");
    has(fresh, "bash", stanza("bash"));
  });

  function has(on: FakeNode, name: string, text: string): void {
    on.succeed("cat >>/var/lib/dpkg/status", { input: text });
    for (const kind of ["list", "md5sums"]) on.write(`/var/lib/dpkg/info/${name}.${kind}`, "");
  }
  const installed = (...names: string[]): void => names.forEach((name) => has(node(), name, stanza(name)));
  const script = (action: string): Finished =>
    node().run('echo $$ >/standin/victim; exec bash -s "$1" --owner x', { input: renderPackages(), args: [action] });
  const succeeds = (action: string): string => {
    const { status, stdout, stderr } = script(action);
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.equal(node().read(lockFile), "");
    return stdout;
  };
  const present = (): string[] =>
    node()
      .succeed("dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n'")
      .split("\n")
      .filter((line) => line.startsWith("ii"))
      .map((line) => line.slice(3).trim())
      .sort();
  const ours = (): string[] =>
    node().exists(packagesFile) ? node().read(packagesFile).split("\n").slice(0, -1).sort() : [];
  const options =
    "-qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";
  const apt = (...names: string[]): string => `apt-get ${options} --no-install-recommends install ${names.join(" ")}`;

  const fetched = (): string[] =>
    node()
      .calls()
      .filter((call) => call.startsWith("apt-get "));

  it("installs nothing if nothing is missing, and takes nothing away", () => {
    installed(...everything);
    assert.equal(succeeds("install"), "");
    assert.deepEqual(node().calls(), []);
    assert.deepEqual(ours(), []);
    assert.equal(succeeds("remove"), "");
    assert.deepEqual(present(), ["bash", ...everything]);
  });

  it("installs what is missing, and takes away exactly what came with it", () => {
    installed("openssl", "nftables");
    succeeds("install");
    assert.deepEqual(fetched(), [apt("haproxy", "socat")]);
    assert.deepEqual(ours(), ["haproxy", "liblua", "socat"]);
    succeeds("install");
    assert.deepEqual(node().calls(), []);
    installed("vim");
    succeeds("install");
    assert.deepEqual(ours(), ["haproxy", "liblua", "socat"]);
    assert.equal(succeeds("remove"), "");
    assert.deepEqual(present(), ["bash", "nftables", "openssl", "vim"]);
    assert.equal(succeeds("remove"), "");
  });

  it("fetches a fresh list of packages only if the first attempt fails", () => {
    node().write("/standin/mirror", "openssl\n");
    node().write("/standin/fresh", "haproxy\nnftables\nopenssl\nsocat\n");
    succeeds("install");
    assert.deepEqual(fetched(), [apt(...everything), `apt-get ${options} update`, apt(...everything)]);
    assert.deepEqual(ours(), everything);
  });

  it("says which packages cannot be had, and knows at the next run what came before", () => {
    node().write("/standin/mirror", "haproxy\nnftables\n");
    const { status, stderr } = script("install");
    assert.equal(status, 1);
    assert.match(stderr, /E: Unable to locate package openssl\npackages: haproxy nftables openssl socat could not be/);
    assert.equal(node().read(lockFile), "");
    assert.deepEqual(ours(), []);
    installed("vim", "nftables");
    node().write("/standin/mirror", "haproxy\nopenssl\nsocat\n");
    node().calls();
    succeeds("install");
    assert.deepEqual(fetched(), [apt("haproxy", "openssl", "socat")]);
    assert.deepEqual(ours(), ["haproxy", "openssl", "socat"]);
    succeeds("remove");
    assert.deepEqual(present(), ["bash", "nftables", "vim"]);
  });

  it("fails where it cannot write down what it has installed, and does so at the next run", () => {
    node().standIn(
      "mv",
      '[ ! -e /standin/full ] || [ "$2" != "$(cat /standin/full)" ] || exit 1; exec /usr/bin/mv "$@"',
    );
    node().write("/standin/full", packagesFile);
    const { status, stderr } = script("install");
    assert.equal(status, 1);
    assert.match(stderr, /packages: cannot write \S+: is the disk full\?/);
    node().succeed("rm /standin/full");
    succeeds("install");
    assert.deepEqual(ours(), [...everything, "liblua"].sort());
  });

  it("completes a run that was killed while packages came", () => {
    node().write("/standin/interrupted", "");
    assert.notEqual(script("install").status, 0);
    assert.deepEqual(present(), ["bash", "haproxy"]);
    node().succeed("rm /standin/interrupted");
    succeeds("install");
    assert.deepEqual(ours(), everything);
    assert.deepEqual(present(), ["bash", ...everything].sort());
  });

  it("configures what dpkg was cut short in, instead of installing it again", () => {
    installed("nftables", "openssl", "socat");
    has(node(), "haproxy", stanza("haproxy", { state: "half-configured" }));
    assert.match(node().succeed("dpkg --audit"), /haproxy/);
    succeeds("install");
    assert.deepEqual(node().calls(), []);
    assert.equal(node().succeed("dpkg --audit"), "");
    assert.deepEqual(present(), ["bash", ...everything]);
    assert.deepEqual(ours(), []);
  });

  describe("where /etc/haproxy/haproxy.cfg is there and the package is not", () => {
    const config = "/etc/haproxy/haproxy.cfg";
    beforeEach(() => {
      node().write("/build/etc/haproxy/haproxy.cfg", "the package's\n");
      node().write("/build/DEBIAN/conffiles", `${config}\n`);
      node().write(
        "/build/DEBIAN/control",
        "Package: haproxy\nMaintainer: Test <test@example.com>\nArchitecture: all\nVersion: 1\nDescription: test\n",
      );
      node().succeed("dpkg-deb --root-owner-group -b /build /standin/haproxy.deb");
      node().write("/standin/mirror", "haproxy\nnftables\nopenssl\nsocat\n");
      node().write(config, "the user's\n");
    });

    it("installs the package, leaves the file alone, and still does when the package goes", () => {
      succeeds("install");
      assert.deepEqual(present(), ["bash", ...everything]);
      assert.equal(node().read(config), "the user's\n");
      node().write(config, "the user's, edited\n");
      succeeds("remove");
      assert.deepEqual(present(), ["bash"]);
      assert.equal(node().read(config), "the user's, edited\n");
    });

    it("deletes a file that came with the package", () => {
      node().succeed(`rm ${config}`);
      succeeds("install");
      assert.equal(node().read(config), "the package's\n");
      succeeds("remove");
      assert.ok(!node().exists(config));
    });

    it("configures the package that an earlier run has left half-installed at dpkg's question", () => {
      assert.notEqual(node().run("dpkg -i /standin/haproxy.deb </dev/null").status, 0);
      assert.match(node().succeed("dpkg --audit"), /haproxy/);
      succeeds("install");
      assert.equal(node().succeed("dpkg --audit"), "");
      assert.deepEqual(present(), ["bash", ...everything]);
      assert.equal(node().read(config), "the user's\n");
    });
  });

  it("keeps needrestart and other questions out of apt's runs", () => {
    succeeds("install");
    const environment = node().read("/standin/environment").split("\n");
    for (const each of ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1", "NEEDRESTART_MODE=l"])
      assert.ok(environment.includes(each), each);
  });

  it("is content if apt fails for another package after ours are there", () => {
    node().standIn(
      "apt-get",
      `${aptGet}[ "$verb" = update ] || { echo 'E: Sub-process /usr/bin/dpkg returned an error code (1)' >&2; exit 100; }\n`,
    );
    succeeds("install");
    assert.deepEqual(ours(), ["haproxy", "liblua", "nftables", "openssl", "socat"]);
  });

  it("waits for another program's run of dpkg before it takes packages away", () => {
    succeeds("install");
    node().standIn("sleep");
    const held = 'echo "unattended-upgr 812 /var/lib/dpkg/lock-frontend"';
    node().standIn("lslocks", `[ -e /standin/asked ] || { : >/standin/asked; ${held}; }\n`);
    const { status, stderr } = script("remove");
    assert.equal(status, 0);
    assert.match(stderr, /^packages: waiting up to 300 s for unattended-upgr, process 812, which has dpkg's lock\n$/);
    assert.deepEqual(present(), ["bash"]);
  });

  describe("says once, with the fix, why packages cannot be had:", () => {
    const failure = (text: string): string => {
      node().write("/standin/failure", text);
      node().calls();
      const { status, stderr } = script("install");
      assert.equal(status, 1);
      return stderr
        .split("\n")
        .filter((line) => line.startsWith("packages: "))
        .join("\n");
    };
    const start = `packages: ${everything.join(" ")} could not be installed: expected `;

    it("the lock is another program's, whom it waits for only once", () => {
      node().standIn("lslocks", "echo 'unattended-upgr 812 /var/lib/dpkg/lock-frontend'\n");
      assert.equal(
        failure("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)\n"),
        `packages: waiting up to 300 s for unattended-upgr, process 812, which has dpkg's lock
${start}dpkg's lock to be free within 300 s, found it held by process 812 (unattended-upgr): run again once that has ended`,
      );
      assert.deepEqual(fetched(), [apt(...everything)]);
    });

    it("a package is held", () => {
      has(node(), "liblua", stanza("liblua").replace("install ok", "hold ok"));
      assert.equal(
        failure("E: Held packages were changed and -y was used without --allow-change-held-packages.\n"),
        `${start}no hold on what they need, found one on liblua: on the node: apt-mark unhold liblua`,
      );
    });

    it("a package is nowhere, or pinned away", () => {
      assert.match(
        failure("E: Package 'haproxy' has no installation candidate\n"),
        /expected a repository that has them, found none that may be used: .*'apt-cache policy haproxy nftables openssl socat'/,
      );
    });

    it("package lists are not signed as they should be", () => {
      assert.match(
        failure(
          "W: GPG error: http://m.example.com stable InRelease: NO_PUBKEY 0123\nW: Failed to fetch http://m.example.com/x\n",
        ),
        /expected package lists with a valid signature, found: W: GPG error: .*NO_PUBKEY 0123: a key is missing/,
      );
    });

    it("a mirror has it no longer, or the proxy before it refuses", () => {
      node().standIn("apt-config", `echo 'Acquire::http::Proxy "http://proxy.example.com:3128";'\n`);
      assert.match(
        failure("E: Failed to fetch http://mirror.example.com/h.deb  404  Not Found [IP: 192.0.2.1 80]\n"),
        /found http:\/\/mirror\.example\.com, which answers 404 Not Found through the proxy http:\/\/proxy\.example\.com:3128: look/,
      );
    });

    it("no mirror answers", () => {
      assert.equal(
        failure("E: Failed to fetch http://mirror.example.com/debian/pool/h/haproxy.deb  Could not connect\n"),
        `${start}a package mirror that answers, found http://mirror.example.com, which does not: ` +
          "look on the node with 'apt-get update', or use an image that has these packages",
      );
    });
  });

  it("are asked for holds before anything is made, without a change", () => {
    const find = () => node().run(`set -u\n${holdFunctions}\nblocking_holds`).stdout;
    has(node(), "liblua", stanza("liblua").replace("install ok", "hold ok"));
    const said = (text: string) => node().standIn("apt-get", `echo "$*" >>/tmp/asked; echo "${text}" >&2; exit 100\n`);
    said("E: Held packages were changed and -y was used without --allow-change-held-packages.");
    assert.equal(find(), "liblua\n");
    assert.equal(
      node().read("/tmp/asked"),
      `-s -y -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= --no-install-recommends install ${everything.join(" ")}\n`,
    );
    said("E: Unable to locate package haproxy");
    assert.equal(find(), "");
    installed(...everything);
    said("E: Held packages were changed");
    assert.equal(find(), "");
  });

  it("keeps what something else needs by now, and says so", () => {
    succeeds("install");
    has(node(), "their-proxy", stanza("their-proxy", { depends: "haproxy, liblua" }));
    assert.equal(succeeds("remove"), "kept, for other packages need them: haproxy liblua\n");
    assert.deepEqual(present(), ["bash", "haproxy", "liblua", "their-proxy"]);
    assert.equal(node().exists(packagesFile), false);
  });

  describe("and the distribution's haproxy.service", () => {
    const service = "haproxy.service";
    const states = {
      "enabled and active": `systemctl enable --now ${service}`,
      "enabled and stopped": `systemctl enable ${service}`,
      "disabled and active": `systemctl start ${service}`,
      "disabled and stopped": "true",
    };
    const state = (): string =>
      `${node().isEnabled(service) ? "enabled" : "disabled"} and ${node().isActive(service) ? "active" : "stopped"}`;

    it("is neither started nor enabled by the package that we install", () => {
      succeeds("install");
      assert.ok(present().includes("haproxy"));
      assert.equal(state(), "disabled and stopped");
    });

    it("nor if the run was killed in between, which leaves nothing behind that keeps it from starting", () => {
      node().write("/standin/interrupted", "");
      assert.notEqual(script("install").status, 0);
      assert.equal(state(), "enabled and stopped");
      assert.equal(node().run(`find /run /etc/systemd -name '*haproxy*' | grep .`).status, 1);
      node().succeed("rm /standin/interrupted");
      succeeds("install");
      assert.equal(state(), "disabled and stopped");
    });

    it("nor if dpkg was killed before it configured the package", () => {
      node().write(`${packagesFile}.before`, "bash\n");
      has(node(), "haproxy", stanza("haproxy", { state: "half-configured" }));
      node().write("/var/lib/dpkg/info/haproxy.postinst", `#!/bin/sh\nsystemctl start ${service}\n`, 0o755);
      succeeds("install");
      assert.equal(state(), "disabled and stopped");
      assert.ok(ours().includes("haproxy"));
    });

    for (const [before, setUp] of Object.entries(states))
      it(`stays ${before} if the package was there before, and so does the package`, () => {
        installed("haproxy");
        node().succeed(setUp);
        succeeds("install");
        assert.equal(state(), before);
        succeeds("remove");
        assert.equal(state(), before);
        assert.ok(present().includes("haproxy"));
      });

    it("stays as it is if it is the user's own, without the package", () => {
      node().succeed(`systemctl enable --now ${service}`);
      node().calls();
      succeeds("install");
      assert.equal(state(), "enabled and active");
      assert.deepEqual(
        node()
          .calls()
          .filter((call) => /^systemctl (disable|stop|restart|reload)/.test(call)),
        [],
      );
    });

    it("stays enabled if the user enables it later", () => {
      succeeds("install");
      node().succeed(`systemctl enable ${service}`);
      succeeds("install");
      assert.equal(state(), "enabled and stopped");
    });

    for (const [use, setUp] of Object.entries(states).filter(([name]) => name !== "disabled and stopped"))
      it(`keeps its package at removal if the user has it ${use} by then, and says so`, () => {
        succeeds("install");
        node().succeed(`sed -i '/^Package: haproxy$/a Depends: liblua' /var/lib/dpkg/status; ${setUp}`);
        assert.match(succeeds("remove"), /^kept, for haproxy\.service is in use: haproxy\n/);
        assert.equal(state(), use);
        assert.deepEqual(present(), ["bash", "haproxy", "liblua"]);
        assert.equal(node().exists(packagesFile), false);
      });
  });

  for (const [before, setUp] of [
    ["absent\ninactive\n", ""],
    ["disabled\nactive\n", "systemctl start haproxy.service"],
    ["enabled\nactive\n", "systemctl enable --now haproxy.service"],
  ] as const) {
    it(`remembers what HAProxy was at first: ${before.trim().replace("\n", ", ")}`, () => {
      node().succeed(setUp || "true");
      succeeds("install");
      assert.equal(node().read(haproxyBefore), before);
      node().succeed("systemctl disable --now haproxy.service");
      succeeds("install");
      assert.equal(node().read(haproxyBefore), before);
    });
  }

  it("waits for another run, and says whose it is", () => {
    node().standIn("flock", 'shift 2; exec /usr/bin/flock -w 0.1 "$@"\n');
    node().write(lockFile, "");
    node().succeed(`(exec 8<>${lockFile}; /usr/bin/flock 8; exec sleep 5) >/dev/null 2>&1 &`);
    const busy = script("install");
    assert.equal(busy.status, 1);
    assert.match(busy.stderr, /another run works on this node/);
  });

  it("refuses another action", () => {
    const { status, stderr } = script("purge");
    assert.equal(status, 1);
    assert.match(stderr, /expected install or remove/);
  });
});
