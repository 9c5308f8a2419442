import assert from "node:assert/strict";
import { fixesOf, nameOf, type Path } from "../../settings/faults";
import { settings } from "../../settings/table";

const fixes = fixesOf("kops-secondary-ingress", "prod");

describe("faults", () => {
  it("are named as `pulumi config` names their place", () => {
    assert.equal(nameOf(["dnsTtl"]), "dnsTtl");
    assert.equal(nameOf(["appDomains", 1]), "appDomains[1]");
    assert.equal(nameOf(["ssh", "proxy", "hostKey"]), "ssh.proxy.hostKey");
  });

  for (const [path, rest] of [
    [["apiForwarder"], "kops-secondary-ingress:apiForwarder socat"],
    [["dnsTtl"], "kops-secondary-ingress:dnsTtl 60"],
    [["allowedCidrs"], "--path 'kops-secondary-ingress:allowedCidrs[0]' '192.0.2.0/24'"],
    [["apiAllowedCidrs"], "--path 'kops-secondary-ingress:apiAllowedCidrs[0]' '192.0.2.0/24'"],
    [["appDomains", 3], "--path 'kops-secondary-ingress:appDomains[3]' 'app.example.com'"],
    [["tags", "team"], "--path 'kops-secondary-ingress:tags.team' 'platform'"],
    [["tags", "cost center"], "--path 'kops-secondary-ingress:tags.cost center' 'platform'"],
    [["ssh", "port"], "--path 'kops-secondary-ingress:ssh.port' '22'"],
    [["ssh", "proxy", "hostKey"], "--path 'kops-secondary-ingress:ssh.proxy.hostKey' 'ssh-ed25519 AAAA…'"],
  ] as [Path, string][])
    it(`of ${nameOf(path)} have a command that sets it`, () => {
      assert.equal(fixes.set(path), `pulumi config set --stack prod ${rest}`);
    });

  const set = "pulumi config set --stack prod --path 'kops-secondary-ingress:";
  const rm = "pulumi config rm --stack prod";

  it("of an object set every field that it must have", () => {
    assert.equal(fixes.set(["ssh"]), `${set}ssh.user' 'ubuntu'; ${set}ssh.hostKey' 'ssh-ed25519 AAAA…'`);
  });

  it("first remove what the engine would not replace", () => {
    assert.equal(fixes.set(["tags"], "team"), `${set}tags.team' 'platform'`);
    assert.equal(fixes.set(["tags"], ["team"]), `${rm} kops-secondary-ingress:tags; ${set}tags.team' 'platform'`);
    assert.equal(
      fixes.set(["appDomains"], { a: "b" }),
      `${rm} kops-secondary-ingress:appDomains; ${set}appDomains[0]' 'app.example.com'`,
    );
    assert.equal(fixes.set(["tags", "team"], { team: ["a"] }), `${set}tags.team' 'platform'`);
    assert.equal(
      fixes.set(["ssh", "proxy"], { proxy: "bastion" }).split("; ")[0],
      `${rm} --path 'kops-secondary-ingress:ssh.proxy'`,
    );
  });

  it("of a secret read its file in a way that sh and PowerShell have in common", () => {
    assert.equal(
      fixes.set(["sshPrivateKey"]),
      "cat ~/.ssh/id_ed25519 | pulumi config set --stack prod --secret kops-secondary-ingress:sshPrivateKey",
    );
  });

  it("quote what a shell would take for its own", () => {
    assert.equal(fixes.remove(["a;b c"]), `${rm} 'kops-secondary-ingress:a;b c'`);
    assert.equal(fixes.remove(["tags", "it's"]), `${rm} --path "kops-secondary-ingress:tags.it's"`);
    assert.equal(fixes.remove(["it\u2019s"]), `${rm} "kops-secondary-ingress:it\u2019s"`);
  });

  it("name a part by the whole that it is in, or the file, if neither shell nor engine has a word for it", () => {
    for (const name of ["it's $HOME", "a\nb", "a.b\\"])
      assert.equal(fixes.remove(["tags", name]), `${rm} kops-secondary-ingress:tags`);
    assert.equal(fixes.remove(["it's $HOME"]), "take it out of Pulumi.prod.yaml");
  });

  it("escape what the engine unescapes, and nothing else", () => {
    assert.equal(fixes.remove(["tags", 'a."b"\\c']), `${rm} --path 'kops-secondary-ingress:tags["a.\\"b\\"\\c"]'`);
  });

  it("have a command for every key, without a place to fill in", () => {
    for (const key of Object.keys(settings)) assert.doesNotMatch(fixes.set([key]), /undefined|null|\[object/);
  });

  it("of keys that nobody knows have a command that removes them", () => {
    assert.equal(fixes.remove(["nonsense"]), "pulumi config rm --stack prod kops-secondary-ingress:nonsense");
    assert.equal(
      fixes.remove(["tags", "k8s.io/role/master"]),
      `pulumi config rm --stack prod --path 'kops-secondary-ingress:tags["k8s.io/role/master"]'`,
    );
  });
});
