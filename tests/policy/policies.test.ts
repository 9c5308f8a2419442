import assert from "node:assert/strict";
import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
} from "@pulumi/policy";
import * as fc from "fast-check";
import { renderHaproxyConfig } from "../../hostfiles/haproxy";
import { apiOpenToEveryone, apiPortsClosed } from "../../policy/apiExposure";
import { hostKeyRequired } from "../../policy/hostKey";
import { policies } from "../../policy/policies";
import { ingressAddressProtected } from "../../policy/protectedAddress";
import { publicStatistics, statisticsOnLoopback } from "../../policy/statistics";
import { shortTtl } from "../../policy/ttl";
import { allSteps, hostSettings } from "../hostfiles/settings";

const urn = (type: string, name: string): string => `urn:pulumi:prod::kops-secondary-ingress::c$${type}::${name}`;

/** What a policy says of one resource. */
function violations(
  policy: ResourceValidationPolicy,
  type: string,
  name: string,
  props: object,
  protect = false,
): string[] {
  const found: string[] = [];
  const { validateResource } = policy;
  assert.ok(typeof validateResource === "function");
  const resource = { type, name, props, urn: urn(type, name), opts: { protect } } as unknown as ResourceValidationArgs;
  void validateResource(resource, (message) => found.push(message));
  return found;
}

const command = "command:remote:Command";
const rule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfv7gLQIetkzFelszizv2Vizr5OQ6A6uajC7MosPX/0";

describe("policy pack", () => {
  it("has a level and a description for each policy, and names that differ", () => {
    for (const { enforcementLevel, description } of policies) assert.ok(enforcementLevel && description);
    assert.equal(new Set(policies.map(({ name }) => name)).size, policies.length);
  });

  it("requires a host key of every SSH connection, the proxy's too", () => {
    const said = (connection: object): string[] => violations(hostKeyRequired, command, "x", { connection });
    assert.deepEqual(said({ hostKey: ed25519 }), []);
    assert.deepEqual(said({ hostKey: ed25519, proxy: { hostKey: "ecdsa-sha2-nistp256 AAAA" } }), []);
    assert.match(said({})[0] ?? "", /found none, which accepts any/);
    assert.match(said({ hostKey: "ssh-rsa AAAA" })[0] ?? "", /found 'ssh-rsa …'/);
    assert.match(said({ hostKey: ed25519, proxy: {} })[0] ?? "", /^connection\.proxy\.hostKey/);
    assert.deepEqual(violations(hostKeyRequired, "command:local:Command", "x", {}), []);
  });

  it("keeps HAProxy's statistics on loopback", () => {
    const config = renderHaproxyConfig(hostSettings());
    const said = (stdin: unknown): string[] =>
      violations(statisticsOnLoopback, command, "ingress-haproxy-config", { stdin });
    assert.deepEqual(said(config), []);
    for (const address of [
      "*:8404",
      ":8404",
      "0.0.0.0:8404",
      "10.0.0.1:8404",
      "127.0.0.1:8404,10.0.0.1:8404",
      "[::]:8404",
    ]) {
      const open = config.replace("bind 127.0.0.1:8404", `bind ${address}`);
      assert.notEqual(open, config);
      assert.equal(said(open).length, 1, address);
    }
    for (const address of ["127.0.0.1:8404", "localhost:1", "[::1]:1", "/run/x.sock", "unix@/run/x", "abns@x"]) {
      assert.deepEqual(publicStatistics(`frontend s\n  bind ${address}\n  stats enable\n`), [], address);
    }
    assert.equal(publicStatistics("defaults\n  stats uri /\nfrontend a\n  bind *:80\n").length, 1);
    assert.equal(publicStatistics("global\n  stats socket ipv4@0.0.0.0:9999 level admin\n").length, 1);
    assert.deepEqual(publicStatistics("frontend a\n  bind *:80 # stats enable\n  # stats enable\n"), []);
    assert.ok(allSteps(hostSettings()).some(({ name }) => name === "haproxy-config"));
  });

  it("keeps records short-lived", () => {
    const said = (ttl?: number): string[] => violations(shortTtl, "aws:route53/record:Record", "app", { ttl });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (ttl) => assert.equal(said(ttl).length, ttl > 300 ? 1 : 0)),
    );
    assert.deepEqual(said(), [], "an alias has none");
  });

  it("wants the applications' address protected, and no other", () => {
    const said = (name: string, protect: boolean): string[] =>
      violations(ingressAddressProtected, "aws:ec2/eip:Eip", name, {}, protect);
    assert.equal(said("ingress-ingress", false).length, 1);
    assert.equal(said("ingress-balancer-eu-central-1a", false).length, 1);
    assert.deepEqual(said("ingress-ingress", true), []);
    assert.deepEqual(said("ingress-api", false), []);
  });

  it("closes the node's own ports to everyone, in whatever form a rule is", () => {
    const said = (props: object): string[] => violations(apiPortsClosed, rule, "r", props);
    const world = { cidrIpv4: "0.0.0.0/0" };
    const port = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(port, port, (a, b) => {
        const [fromPort, toPort] = [Math.min(a, b), Math.max(a, b)];
        const covered = [22, 2379, 2380, 6443, 8443, 10250, 10444].some((each) => fromPort <= each && each <= toPort);
        assert.equal(said({ ...world, ipProtocol: "tcp", fromPort, toPort }).length, covered ? 1 : 0);
      }),
    );
    assert.equal(said({ ...world, ipProtocol: "-1" }).length, 1);
    assert.equal(said({ cidrIpv6: "::/0", ipProtocol: "tcp", fromPort: 6443, toPort: 6443 }).length, 1);
    assert.equal(said({ cidrIpv4: "128.0.0.0/1", ipProtocol: "tcp", fromPort: 22, toPort: 22 }).length, 1);
    assert.deepEqual(said({ cidrIpv4: "192.0.2.0/24", ipProtocol: "-1" }), []);
    assert.deepEqual(said({ ...world, ipProtocol: "udp", fromPort: 1, toPort: 65535 }), []);
  });

  it("has it said that everyone reaches the API: by apiAllowedCidrs, or by the pack's own setting", () => {
    const https = {
      type: rule,
      name: "ingress-443",
      urn: urn(rule, "ingress-443"),
      props: { cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: 443, toPort: 443 },
    };
    const filter = { type: command, name: "ingress-api-filter", urn: urn(command, "ingress-api-filter"), props: {} };
    const said = (resources: object[], config: object = {}): (string | undefined)[] => {
      const where: (string | undefined)[] = [];
      void apiOpenToEveryone.validateStack(
        { resources: resources as PolicyResource[], getConfig: () => config } as unknown as StackValidationArgs,
        (_message, at) => where.push(at),
      );
      return where;
    };
    assert.ok(allSteps(hostSettings({ apiAllowedCidrs: ["192.0.2.0/24"] })).some(({ name }) => name === "api-filter"));
    assert.deepEqual(said([https]), [https.urn]);
    assert.deepEqual(said([https, filter]), []);
    assert.deepEqual(said([{ ...https, name: "ingress-balancer-443-from-0.0.0.0/0" }]), [], "the API is not behind it");
    assert.deepEqual(said([https], { accepted: true }), []);
    assert.deepEqual(said([{ ...https, props: { ...https.props, fromPort: 30443, toPort: 30443 } }]), []);
    assert.deepEqual(said([{ ...https, props: { ...https.props, cidrIpv4: "192.0.2.0/24" } }]), []);
  });
});
