import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { ConfigError, type Fault, readConfig } from "../../settings/read";
import { IngressMode } from "../../settings/choices";
import { defaults } from "../../settings/defaults";

const project = "kops-secondary-ingress";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm";

/** Settings that work, in the form in which the engine hands them over. */
function settings(change: Record<string, unknown> = {}): Record<string, string> {
  const values: Record<string, unknown> = {
    mode: "dual-ip",
    clusterName: "k8s.example.com",
    appDomains: ["app.example.com"],
    ssh: { user: "ubuntu", hostKey },
    ...change,
  };
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`${project}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function faults(change: Record<string, unknown>): readonly Fault[] {
  try {
    readConfig(project, settings(change), "prod");
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  return [];
}

describe("config", () => {
  it("takes settings that work and fills in the defaults", () => {
    const { mode, httpsNodePort, allowedCidrs, ssh } = readConfig(project, settings(), "prod");
    assert.equal(mode, IngressMode.DualIp);
    assert.equal(httpsNodePort, 30443);
    assert.deepEqual(allowedCidrs, ["0.0.0.0/0"]);
    assert.equal(ssh?.hostKey, hostKey);
  });

  it("leaves keys of other namespaces alone", () => {
    assert.doesNotThrow(() => readConfig(project, { ...settings(), "aws:region": "eu-central-1" }, "prod"));
  });

  const wrong: Record<string, { change: Record<string, unknown>; key: string; says: RegExp }> = {
    "unknown mode": {
      change: { mode: "dual" },
      key: "mode",
      says: /node-port, dual-ip or load-balancer, found "dual"/,
    },
    "no cluster": { change: { clusterName: undefined }, key: "clusterName", says: /found nothing/ },
    "a cluster with shell in it": {
      change: { clusterName: "a.b;$(reboot)" },
      key: "clusterName",
      says: /cluster's name/,
    },
    "the API's name": {
      change: { appDomains: ["api.k8s.example.com"] },
      key: "appDomains[0]",
      says: /belongs to the cluster's API/,
    },
    "a name under the API's": {
      change: { appDomains: ["x.api.k8s.example.com"] },
      key: "appDomains[0]",
      says: /belongs to/,
    },
    "the API's internal name": {
      change: { appDomains: ["api.internal.k8s.example.com"] },
      key: "appDomains[0]",
      says: /belongs to/,
    },
    "one name where a list belongs": {
      change: { appDomains: "a.example.com" },
      key: "appDomains",
      says: /a list of domain names, found "a\.example\.com"/,
    },
    "one range where a list belongs": {
      change: { allowedCidrs: "10.0.0.0/8" },
      key: "allowedCidrs",
      says: /a list of IPv4 ranges, found "10\.0\.0\.0\/8"/,
    },
    "a text where ssh belongs": { change: { ssh: "ubuntu" }, key: "ssh", says: /fields of ssh, found "ubuntu"/ },
    "a text where tags belong": { change: { tags: "team" }, key: "tags", says: /tags by name, found "team"/ },
    "no domain name": { change: { appDomains: ["not a name"] }, key: "appDomains[0]", says: /domain name/ },
    "a wildcard under the API's name": {
      change: { appDomains: ["*.API.k8s.example.com"] },
      key: "appDomains[0]",
      says: /belongs to the cluster's API/,
    },
    "no address": { change: { secondaryPrivateIp: "172.20.45" }, key: "secondaryPrivateIp", says: /IPv4 address/ },
    "a NodePort below the range": {
      change: { httpsNodePort: 443 },
      key: "httpsNodePort",
      says: /30000–32767, found 443/,
    },
    "a NodePort above the range": {
      change: { httpNodePort: 32768 },
      key: "httpNodePort",
      says: /30000–32767, found 32768/,
    },
    "one NodePort for both": { change: { httpNodePort: 30443 }, key: "httpNodePort", says: /another port/ },
    "an RSA host key": {
      change: { ssh: { user: "ubuntu", hostKey: "ssh-rsa AAAAB3NzaC1yc2E=" } },
      key: "ssh.hostKey",
      says: /ssh-keyscan -t ed25519/,
    },
    "no host key": { change: { ssh: { user: "ubuntu" } }, key: "ssh.hostKey", says: /found nothing/ },
    "a host key that is none": {
      change: { ssh: { user: "ubuntu", hostKey: "ssh-ed25519 AAAA" } },
      key: "ssh.hostKey",
      says: /expected the node's SSH host key/,
    },
    "no ssh at all": { change: { ssh: undefined }, key: "ssh.hostKey", says: /found nothing/ },
    "an unknown field of ssh": {
      change: { ssh: { user: "ubuntu", hostKey, hots: "x" } },
      key: "ssh.hots",
      says: /known key/,
    },
    "a range with host bits": {
      change: { allowedCidrs: ["10.0.0.1/8"] },
      key: "allowedCidrs[0]",
      says: /without host bits/,
    },
    "no range": { change: { allowedCidrs: [] }, key: "allowedCidrs", says: /at least one/ },
    "a port of the layout": { change: { apiLocalPort: 10443 }, key: "apiLocalPort", says: /other than/ },
    "a time to live of nothing": { change: { dnsTtl: 0 }, key: "dnsTtl", says: /1–86400/ },
    "records without names": {
      change: { appDomains: [], route53ZoneId: "Z0123456789ABC" },
      key: "appDomains",
      says: /route53ZoneId/,
    },
    "an unknown key": { change: { appDomain: "x" }, key: "appDomain", says: /nearest is 'appDomains'/ },
    "health checks that the applications' ranges keep out": {
      change: { healthChecks: true, allowedCidrs: ["10.0.0.0/8"] },
      key: "healthChecks",
      says: /expected allowedCidrs to let in 0\.0\.0\.0\/0/,
    },
    "health checks that the API's ranges keep out": {
      change: { healthChecks: true, apiAllowedCidrs: ["10.0.0.0/8"] },
      key: "healthChecks",
      says: /expected apiAllowedCidrs to let in/,
    },
    "health checks where nothing may cost": {
      change: { keepAddress: true, mode: "load-balancer", allocationId: "eipalloc-0123456789abcdef0" },
      key: "keepAddress",
      says: /expected false with allocationId, found true: eipalloc-0123456789abcdef0 is not the stack's to keep/,
    },
    "an Elastic IP by its address": {
      change: { allocationId: "203.0.113.10" },
      key: "allocationId",
      says: /expected an Elastic IP's allocation id like eipalloc-0123456789abcdef0, found "203\.0\.113\.10"/,
    },
    "a list for the API whose guard sees the proxy": {
      change: {
        apiAllowedCidrs: ["192.0.2.0/24"],
        ssh: { user: "ubuntu", hostKey, proxy: { host: "bastion", user: "ubuntu", hostKey } },
      },
      key: "forceApiAllowedCidrs",
      says: /expected true with apiAllowedCidrs and ssh\.proxy, found false: the node sees the proxy's address and not yours/,
    },
    "health checks in mode node-port": {
      change: { healthChecks: true, mode: "node-port" },
      key: "healthChecks",
      says: /mode node-port/,
    },
    "a former stack without its project": {
      change: { formerStack: "old" },
      key: "formerStack",
      says: /<project>\/<name>/,
    },
    "a tag of kOps": {
      change: { tags: { KubernetesCluster: "x" } },
      key: "tags.KubernetesCluster",
      says: /neither AWS/,
    },
    "a role of kOps": { change: { tags: { "k8s.io/role/master": "1" } }, key: "tags.k8s.io/role/master", says: /kOps/ },
    "a tag of the cluster": {
      change: { tags: { "kubernetes.io/cluster/k8s.example.com": "owned" } },
      key: "tags.kubernetes.io/cluster/k8s.example.com",
      says: /kOps/,
    },
    "a tag of AWS": { change: { tags: { "aws:x": "1" } }, key: "tags.aws:x", says: /neither AWS/ },
    "a tag of the program": { change: { tags: { "managed-by": "me" } }, key: "tags.managed-by", says: /this program/ },
    "a tag's value that AWS refuses": { change: { tags: { team: "a\nb" } }, key: "tags.team", says: /value/ },
  };
  for (const [name, { change, key, says }] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => {
      const found = faults(change).find((fault) => fault.key === key);
      assert.ok(found, `no fault of ${key} in ${JSON.stringify(faults(change))}`);
      assert.match(found.problem, says);
      assert.match(found.fix, /^pulumi config (set|rm) --stack prod /);
    });
  }

  it("takes text as text, even if it looks like a number", () => {
    assert.equal(readConfig(project, settings({ reinstall: "17" }), "prod").reinstall, "17");
    assert.match(faults({ apiForwarder: "1" })[0]?.problem ?? "", /socat or socket-proxyd, found "1"/);
  });

  it("takes numbers and booleans as text where the setting is text, as `pulumi config set --path` makes them", () => {
    const tags = { CostCenter: 4711, on: true, year: "2026" };
    assert.deepEqual(readConfig(project, settings({ tags }), "prod").tags, {
      CostCenter: "4711",
      on: "true",
      year: "2026",
    });
    const { ssh } = readConfig(project, settings({ ssh: { user: 1000, hostKey, port: "2222" } }), "prod");
    assert.deepEqual([ssh?.user, ssh?.port], ["1000", 2222]);
  });

  const withSsh = (change: object): readonly Fault[] => faults({ ssh: { user: "ubuntu", hostKey, ...change } });

  for (const user of ["jane.doe", "Jane", "CORP\\jane", "jane@corp.example.com", "_apt", "1000", "jürgen", "node$"])
    it(`takes the login ${user}`, () => assert.deepEqual(withSsh({ user }), []));
  for (const user of ["", "-oProxyCommand=x", "a b", "a:b", "a/b", "..", "a;reboot", "$(reboot)", "a\n", "a'b"])
    it(`refuses the login ${JSON.stringify(user)}`, () => {
      const [fault, ...others] = withSsh({ user });
      assert.deepEqual([fault?.key, others], ["ssh.user", []]);
    });

  for (const host of [
    "bastion",
    "Node.example.com",
    "node.example.com.",
    "my_node.example.com",
    "192.0.2.1",
    "2001:db8::1",
  ])
    it(`takes the host ${host}`, () => assert.deepEqual(withSsh({ host }), []));
  for (const host of ["", ".", "a..b", "999.1.1.1", "10.1", "a:22", "me@a", "-a", "a b", "ssh://a", "a/b", "$(reboot)"])
    it(`refuses the host ${JSON.stringify(host)}`, () => {
      const [fault, ...others] = withSsh({ host });
      assert.deepEqual([fault?.key, others], ["ssh.host", []]);
    });

  it("takes words as people write them", () => {
    for (const [key, read, ...typed] of [
      ["mode", "load-balancer", "loadbalancer", "LoadBalancer", "load_balancer", " load-balancer\n"],
      ["primaryAddress", "elastic-ip", "ELASTIC_IP", "elasticIp"],
      ["clusterName", "k8s.example.com", "K8s.Example.com", "k8s.example.com.", " k8s.example.com\n"],
      ["networkInterfaceId", "eni-0123456789abcdef0", " eni-0123456789abcdef0\n"],
      ["secondaryPrivateIp", "172.20.45.39", "172.20.45.39 "],
      ["route53ZoneId", "Z0123456789ABC", "hostedzone/Z0123456789ABC", "arn:aws:route53:::hostedzone/Z0123456789ABC"],
      ["formerStack", "infra/prod", "acme/infra/prod", "infra/prod "],
      ["reinstall", "2026-11-29T12:00:00+01:00", "2026-11-29T12:00:00+01:00"],
    ] as const)
      for (const each of typed)
        assert.equal(readConfig(project, settings({ [key]: each }), "prod")[key], read, JSON.stringify(each));
    for (const [typed, read] of [
      ["yes", true],
      ["True", true],
      ["on ", true],
      ["No", false],
      ["off", false],
    ] as const)
      assert.equal(readConfig(project, settings({ adopt: typed }), "prod").adopt, read, typed);
    const ssh = { user: "ubuntu", hostKey, host: " node.example.com\n", port: " 2222 " };
    const found = readConfig(project, settings({ ssh }), "prod").ssh;
    assert.deepEqual([found?.host, found?.port], ["node.example.com", 2222]);
  });

  for (const [typed, ...fixed] of [
    [{ mode: "loadd-balancer" }, ":mode load-balancer"],
    [{ formerStack: "staging" }, ":formerStack kops-secondary-ingress/staging"],
    [{ secondaryPrivateIp: "172.20.45.39/16" }, ":secondaryPrivateIp 172.20.45.39"],
    [{ secondaryPrivateIp: "" }, "rm --stack prod kops-secondary-ingress:secondaryPrivateIp"],
    [{ sshPrivateKey: "" }, "rm --stack prod kops-secondary-ingress:sshPrivateKey"],
    [{ appDomains: ["https://shop.example.org:8443/x"] }, "appDomains[0]' 'shop.example.org'"],
    [{ appDomains: "shop.example.org, *.Example.org" }, "[0]' 'shop.example.org'", "[1]' '*.Example.org'"],
    [{ appDomains: "shop.example.org api.k8s.example.com" }, "[0]' 'app.example.com'"],
    [{ appDomains: "['shop.example.org']" }, "[0]' 'shop.example.org'"],
    [{ allowedCidrs: "192.0.2.0/25 198.51.100.7/24" }, "[0]' '192.0.2.0/25'", "[1]' '198.51.100.0/24'"],
    [{ allowedCidrs: ["10.0.0.0/255.0.0.0"] }, "allowedCidrs[0]' '10.0.0.0/8'"],
    [{ allowedCidrs: ["10.0.0.0 / 8"] }, "allowedCidrs[0]' '10.0.0.0/8'"],
    // Whoever types these means everyone.
    [{ allowedCidrs: ["0.0.0.0"] }, "allowedCidrs[0]' '0.0.0.0/0'"],
    [{ allowedCidrs: ["::/0"] }, "allowedCidrs[0]' '0.0.0.0/0'"],
    // Nobody else is let in by a command that was pasted.
    [{ allowedCidrs: ["2001:db8::/32"] }, "allowedCidrs[0]' '192.0.2.0/24'"],
    [{ allowedCidrs: "x" }, "allowedCidrs[0]' '192.0.2.0/24'"],
  ] as [Record<string, unknown>, ...string[]][])
    it(`fixes ${JSON.stringify(typed)} by what was meant`, () => {
      const [fault, ...others] = faults(typed);
      assert.deepEqual(others, []);
      const commands = fault?.fix.split("; ") ?? [];
      assert.equal(commands.length, fixed.length, fault?.fix);
      for (const [index, end] of fixed.entries()) assert.ok(commands[index]?.endsWith(end), fault?.fix);
    });

  for (const [typed, host, ...beside] of [
    ["jane@node.example.org", "node.example.org", "ssh.user' 'jane'"],
    ["ssh://jane@node.example.org:2222/", "node.example.org", "ssh.user' 'jane'", "ssh.port' '2222'"],
    ["[2001:db8::1]:2222", "2001:db8::1", "ssh.port' '2222'"],
    ["node:99999", "node"],
  ] as const)
    it(`fixes the host ${typed} by its parts`, () => {
      const [fault, ...others] = withSsh({ host: typed });
      assert.deepEqual(others, []);
      const commands = fault?.fix.split("; ") ?? [];
      const ends = [`ssh.host' '${host}'`, ...beside];
      assert.equal(commands.length, ends.length, fault?.fix);
      for (const [index, end] of ends.entries()) assert.ok(commands[index]?.endsWith(end), fault?.fix);
    });

  it("takes tags that differ from the program's own in their case, and no more than AWS does", () => {
    assert.deepEqual(faults({ tags: { name: "x", "Managed-By": "me" } }), []);
    assert.equal(faults({ tags: { "AWS:x": "1" } }).length, 1);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, "x"]));
    assert.deepEqual(faults({ tags: many(45) }), []);
    const found = faults({ tags: many(47) });
    assert.deepEqual(
      found.map(({ fix }) => fix),
      ["t45", "t46"].map((name) => `pulumi config rm --stack prod --path 'kops-secondary-ingress:tags.${name}'`),
    );
    assert.equal(found[0]?.problem, "expected at most 45 tags beside the program's own, found 47");
  });

  it("takes a range that comes again once, and an address as the range of it alone", () => {
    const typed = ["198.51.100.0/24", " 198.51.100.0/24 ", "192.0.2.7", "192.0.2.7/32", "10.0.0.0/08"];
    const { allowedCidrs, apiAllowedCidrs } = readConfig(
      project,
      settings({ allowedCidrs: typed, apiAllowedCidrs: typed }),
      "prod",
    );
    assert.deepEqual(allowedCidrs, ["198.51.100.0/24", "192.0.2.7/32", "10.0.0.0/8"]);
    assert.deepEqual(apiAllowedCidrs, allowedCidrs);
  });

  it("keeps ranges that overlap: each is a rule of its own", () => {
    const typed = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"];
    assert.deepEqual(readConfig(project, settings({ allowedCidrs: typed }), "prod").allowedCidrs, typed);
  });

  it("fixes host bits by the range that holds them, and opens nothing else", () => {
    const [fault] = faults({ allowedCidrs: ["10.0.0.0/8", "203.0.113.7/24"] });
    assert.equal(
      fault?.fix,
      "pulumi config set --stack prod --path 'kops-secondary-ingress:allowedCidrs[1]' '203.0.113.0/24'",
    );
  });

  for (const [typed, name] of [
    ["*.apps.example.com", "*.apps.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.BÜCHER.example.", "*.xn--bcher-kva.example"],
    ["日本語。jp", "xn--wgv71a119e.jp"],
    ["App.Example.com.", "app.example.com"],
    [" app.example.com\n", "app.example.com"],
    ["my_app.example.com", "my_app.example.com"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ] as const)
    it(`takes the name ${JSON.stringify(typed)} for ${name}`, () => {
      assert.deepEqual(readConfig(project, settings({ appDomains: [typed, name] }), "prod").appDomains, [name]);
    });
  for (const name of [
    ...["*", "*.", "app.*.example.com", "*app.example.com", "**.example.com", "a..example.com", "-a.example.com"],
    ...["https://app.example.com", "app.example.com:443", "app.example.com/x", "a b.ü.example", "b%41.ü.example"],
    ...["192.0.2.1", "１９２.０.２.１", "localhost", "", "a.ü\0.example", `${"a".repeat(64)}.example.com`],
  ])
    it(`refuses the name ${JSON.stringify(name)} by a reason that is true of it`, () => {
      const [fault, ...others] = faults({ appDomains: ["app.example.com", name] });
      assert.deepEqual([fault?.key, others], ["appDomains[1]", []]);
      assert.equal(
        fault?.problem,
        `expected a domain name like app.example.com, *.apps.example.com or bücher.example, found ${JSON.stringify(name)}`,
      );
    });

  it("takes a zone's id as the AWS CLI prints it", () => {
    const { route53ZoneId } = readConfig(project, settings({ route53ZoneId: "/hostedzone/Z0123456789ABC" }), "prod");
    assert.equal(route53ZoneId, "Z0123456789ABC");
  });

  it("refuses a number whose digits YAML has changed, with a fix that keeps what is left of them", () => {
    const [fault, ...others] = faults({ tags: { version: 1.1 } });
    assert.deepEqual(others, []);
    assert.match(fault?.problem ?? "", /expected a tag's value as text.*, found the number 1\.1/);
    assert.equal(fault?.fix, "pulumi config set --stack prod --path 'kops-secondary-ingress:tags.version' '1.1'");
    assert.match(
      faults({ tags: { id: 12345678901234567000 } })[0]?.problem ?? "",
      /found the number 12345678901234567/,
    );
  });

  it("reports all faults at once", () => {
    const found = faults({ mode: "x", httpsNodePort: 1, appDomains: ["api.k8s.example.com"], nonsense: "1" });
    assert.deepEqual(found.map(({ key }) => key).sort(), ["appDomains[0]", "httpsNodePort", "mode", "nonsense"]);
  });

  it("never prints a private key", () => {
    const secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n";
    const [fault] = faults({ sshPrivateKey: secret });
    assert.equal(fault?.key, "sshPrivateKey");
    assert.ok(!JSON.stringify(fault).includes("b3BlbnNzaC1r"));
    assert.match(fault.fix, /--secret/);
  });

  it("takes health checks where everybody is let in, and tags of the user's own", () => {
    const open = ["10.0.0.0/8", "0.0.0.0/0"];
    assert.deepEqual(faults({ healthChecks: true, allowedCidrs: open, apiAllowedCidrs: open }), []);
    assert.deepEqual(faults({ tags: { team: "platform", "cost center": "4711/a+b=c@d" } }), []);
  });

  it("takes a list for the API that no guard can compare, once the user has, with the printed fix", () => {
    const proxy = { host: "bastion", user: "ubuntu", hostKey };
    const change = { apiAllowedCidrs: ["192.0.2.0/24"], ssh: { user: "ubuntu", hostKey, proxy } };
    const [fault] = faults(change);
    assert.equal(fault?.fix, "pulumi config set --stack prod kops-secondary-ingress:forceApiAllowedCidrs true");
    assert.deepEqual(faults({ ...change, forceApiAllowedCidrs: true }), []);
    assert.deepEqual(faults({ ...change, apiAllowedCidrs: ["0.0.0.0/0"] }), []);
    assert.deepEqual(faults({ ...change, ssh: { user: "ubuntu", hostKey } }), []);
  });

  it("has one fix for a key that is wrong by itself and beside others", () => {
    const proxy = { host: "bastion", user: "ubuntu", hostKey };
    const change = { apiAllowedCidrs: ["192.0.2.0/24"], forceApiAllowedCidrs: "maybe" };
    const found = faults({ ...change, ssh: { user: "ubuntu", hostKey, proxy } });
    assert.deepEqual(
      found.map(({ key, fix }) => [key, fix.split(" ").at(-1)]),
      [["forceApiAllowedCidrs", "true"]],
    );
  });

  it("takes hosts as people write them, and as resolvers ask for them", () => {
    for (const [host, read] of [
      ["[2001:db8::1]", "2001:db8::1"],
      ["fe80::1%eth0", "fe80::1%eth0"],
      ["Node.Example.COM.", "Node.Example.COM."],
      ["bücher.example", "xn--bcher-kva.example"],
    ] as const) {
      const { ssh } = readConfig(project, settings({ ssh: { user: "ubuntu", hostKey, host } }), "prod");
      assert.equal(ssh?.host, read);
    }
    for (const host of ["[node]", "[2001:db8::1]:22", "ssh://node", "a b.ü"])
      assert.match(
        withSsh({ host })[0]?.problem ?? "",
        /expected a host name or address, without user and port, found "/,
      );
  });

  it("needs no SSH in mode node-port", () => {
    assert.deepEqual(faults({ mode: "node-port", ssh: undefined }), []);
  });

  it("ends every text in settings or in a ConfigError, whatever is typed", () => {
    const key = fc.constantFrom(
      "mode",
      "clusterName",
      "appDomains",
      "secondaryPrivateIp",
      "httpsNodePort",
      "allowedCidrs",
      "ssh",
      "dnsTtl",
    );
    fc.assert(
      fc.property(key, fc.oneof(fc.string(), fc.json()), (name, value) => {
        try {
          readConfig(project, { ...settings(), [`${project}:${name}`]: value }, "prod");
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("accepts every canonical range and no other", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, prefix) => {
        const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
        const canonical = number % 2 ** (32 - prefix) === 0;
        assert.equal(faults({ allowedCidrs: [`${address}/${prefix}`] }).length === 0, canonical);
      }),
    );
  });

  it("has defaults that stand in no other default's way", () => {
    const { appDomains, ...others } = defaults;
    assert.deepEqual(appDomains, []);
    assert.deepEqual(faults(others), []);
  });

  for (const stack of ["dev", "prod"]) {
    it(`works with the example of ${stack}`, () => {
      const file = parse(readFileSync(join(__dirname, `../../Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      const values = Object.entries(file.config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      assert.doesNotThrow(() => readConfig(project, Object.fromEntries(values) as Record<string, string>, stack));
    });
  }
});
