import assert from "node:assert/strict";
import type { RecordOwner } from "../../../components/aws/recordOwners";
import { checks } from "../../../operator/doctor/checks";
import type { TlsAnswer } from "../../../operator/doctor/collect/reach";
import type { Target } from "../../../operator/doctor/collect/targets";
import { type Finding, judge, looked } from "../../../operator/doctor/report";
import { IngressMode } from "../../../settings/choices";
import { healthy, healthyAws, healthyNode, silentAws } from "./facts";

const everything = { only: [], ignore: [] };
const nobody = { error: "ECONNREFUSED", refused: false, names: [], distrust: "", daysLeft: 0 };
const codes = (all: readonly { code: string }[]): string[] => all.map(({ code }) => code);

describe("doctor's report", () => {
  it("on a healthy node has every check as good", () => {
    const report = judge(healthy(), everything);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
    const ours = checks.filter(({ modes }) => modes.includes(IngressMode.DualIp));
    assert.deepEqual(codes(report.good).sort(), codes(ours).sort());
  });

  it("names the cause, and does not look at what it explains", () => {
    const facts = healthy({
      node: { ...healthyNode, haproxy: { active: false, enabled: true }, httpsListener: [], httpListener: [] },
      reach: {
        ...healthy().reach,
        ingress: [{ name: "", address: "192.0.2.1", answer: nobody }],
        http: [{ address: "192.0.2.1", status: 0, error: "ECONNREFUSED" }],
      },
    });
    const { findings, skipped } = judge(facts, everything);
    assert.deepEqual(codes(findings), ["HAPROXY_STOPPED"]);
    assert.ok(skipped.every(({ because }) => because === "HAPROXY_STOPPED explains it"));
    assert.ok(codes(skipped).includes("INGRESS_UNREACHABLE"));
  });

  it("names the setting that an ingress controller waits for which does not answer", () => {
    for (const [instead, observed, fix] of [
      ["plain", "an answer without TLS on the HTTPS NodePort, from the node", /httpsNodePort <port> && .*pulumi up/],
      ["proxied", "an answer on the HTTPS NodePort only with the PROXY protocol", /proxyProtocol true && .*pulumi up/],
      [
        "unproxied",
        "an answer on the HTTPS NodePort only without the PROXY protocol",
        /proxyProtocol false && .*pulumi up/,
      ],
      ["", "no answer on the HTTPS NodePort, from the node", /kubectl get services,pods/],
    ] as const) {
      const node = { ...healthyNode, nodePortHttps: 0, nodePortHttpsInstead: instead };
      const [finding, ...others] = judge(healthy({ node }), everything).findings;
      assert.deepEqual([finding?.code, finding?.observed, others], ["NODE_PORT_HTTPS_SILENT", observed, []]);
      assert.match(finding?.fix ?? "", fix);
    }
  });

  it("names the route of a private subnet, and no firewall", () => {
    const aws = {
      ...healthyAws(healthy().outputs),
      route: { routeTableId: "rtb-1", target: "nat-1", isPublic: false },
    };
    const reach = { ...healthy().reach, ingress: [{ name: "", address: "192.0.2.1", answer: nobody }], api: nobody };
    const { findings } = judge(healthy({ aws, reach }), everything);
    assert.deepEqual(codes(findings), ["SUBNET_PRIVATE"]);
    assert.equal(findings[0]?.observed, "0.0.0.0/0 to nat-1 in rtb-1");
  });

  it("names what waits for its confirmation, and what did not get it", () => {
    const observed = (change: Partial<typeof healthyNode>): string | undefined => {
      const { findings } = judge(healthy({ node: { ...healthyNode, ...change } }), everything);
      assert.deepEqual(codes(findings), ["CHANGE_UNCONFIRMED"]);
      return findings[0]?.observed;
    };
    assert.equal(observed({ unconfirmed: ["/etc/a"] }), "waiting for its confirmation: /etc/a");
    assert.match(observed({ undone: ["/etc/a", "/etc/b"] }) ?? "", /^undone, .*: \/etc\/a, \/etc\/b$/);
  });

  it("puts errors before warnings", () => {
    const node = { ...healthyNode, nat: { active: true, enabled: false }, guard: { active: false, enabled: true } };
    assert.deepEqual(codes(judge(healthy({ node }), everything).findings), ["GUARD_STOPPED", "NAT_NOT_AT_BOOT"]);
  });

  it("hands a cause on: what it explains explains the rest", () => {
    const given = healthy().outputs;
    const aws = {
      ...healthyAws(given),
      instanceState: "terminated",
      controlPlane: ["i-new"],
      networkInterface: undefined,
      elasticIps: healthyAws(given).elasticIps.map((each) => ({
        ...each,
        networkInterfaceId: "",
        privateIp: "",
        associated: false,
      })),
      reachedBy: { 443: [], 80: [] },
    };
    const unreachable = { because: "no answer", reason: "unreachable", user: "ubuntu" } as const;
    const reach = {
      throughBalancer: [],
      ingress: [{ name: "app.example.com", address: given.ingressPublicIp, answer: nobody }],
      http: [{ address: given.ingressPublicIp, status: 0, error: "ECONNREFUSED" }],
      api: nobody,
    };
    const { findings, skipped } = judge(healthy({ aws, node: unreachable, reach }), everything);
    assert.deepEqual(codes(findings), ["INSTANCE_GONE"]);
    for (const code of ["API_ADDRESS_LOST", "ELASTIC_IP_UNASSOCIATED", "SSH_UNREACHABLE", "IDLE_ELASTIC_IP"])
      assert.equal(skipped.find((each) => each.code === code)?.because, "INSTANCE_GONE explains it", code);
    assert.ok(!findings.some(({ fix }) => /release-address|associate-address/.test(fix)));
  });

  it("takes a TLS alert for an answer without a name, and for a name that the ingress controller does not know", () => {
    const refusing = (name: string) => {
      const facts = healthy();
      const answer = { ...nobody, error: "a TLS alert (tlsv1 unrecognized name)", refused: true };
      const ingress = [{ name, address: facts.outputs.ingressPublicIp, answer }];
      return judge({ ...facts, reach: { ...facts.reach, ingress } }, everything).findings;
    };
    assert.deepEqual(refusing(""), []);
    const [finding, ...others] = refusing("app.example.com");
    assert.deepEqual([finding?.code, others], ["INGRESS_UNREACHABLE", []]);
    assert.match(finding?.fix ?? "", /^look with 'kubectl get ingresses,gateways/);
  });

  it("says why something was not looked at, once for all that hangs on it", () => {
    const aws = silentAws("AWS does not answer");
    const { findings, skipped, good } = judge(healthy({ aws }), everything);
    assert.deepEqual(findings, []);
    assert.ok(skipped.length >= 9 && skipped.every(({ because }) => because === "AWS does not answer"));
    assert.ok(good.length > 20);
  });

  it("loses to a denied call what that call answers, and nothing else", () => {
    const given = healthy().outputs;
    const because = "AWS does not answer: UnauthorizedOperation";
    const { findings, skipped } = judge(
      healthy({ aws: { ...healthyAws(given), elasticIps: { because } } }),
      everything,
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(codes(skipped).sort(), ["ELASTIC_IP_GONE", "ELASTIC_IP_UNASSOCIATED", "IDLE_ELASTIC_IP"]);
    const state = judge(healthy({ aws: { ...healthyAws(given), instanceState: { because } } }), everything);
    assert.deepEqual(codes(state.skipped).sort(), ["INSTANCE_GONE", "INSTANCE_STOPPED"]);
  });

  describe("of Elastic IPs that lead nowhere", () => {
    const facts = healthy();
    const own = healthyAws(facts.outputs).elasticIps[0];
    assert.ok(own);
    const idle = {
      ...own,
      allocationId: "eipalloc-idle",
      publicIp: "203.0.113.77",
      networkInterfaceId: "",
      associated: false,
    };
    const findings = (change: Partial<typeof own>, mode = "dual-ip") => {
      const elasticIps = [own, { ...idle, ...change }];
      const records = [
        {
          ...facts.outputs.dns.records[0],
          name: "app.example.com.",
          type: "A" as const,
          ttl: 60,
          values: ["203.0.113.10", "203.0.113.78"],
        },
      ];
      const outputs = { ...facts.outputs, mode, dns: { ...facts.outputs.dns, records } };
      const target = { instanceId: "i-1", port: 30443, state: "healthy", reason: "" };
      return judge(
        { ...facts, outputs, aws: { ...healthyAws(facts.outputs), elasticIps, targets: [target] } },
        { only: ["cost"], ignore: [] },
      ).findings;
    };

    it("advises to release one that was left over", () => {
      assert.equal(findings({})[0]?.fix, "aws --region eu-central-1 ec2 release-address --allocation-id eipalloc-idle");
    });

    it("never advises to release the API's, nor those of a balancer's other zones", () => {
      const name = (end: string): string => `kops-secondary-ingress-prod-k8s.example.com-${end}`;
      assert.deepEqual(findings({ publicIp: facts.outputs.apiPublicIp }), []);
      assert.deepEqual(findings({ name: name("api") }), []);
      for (const mode of ["dual-ip", "load-balancer"]) {
        assert.deepEqual(findings({ name: name("balancer-eu-central-1b") }, mode), []);
        assert.deepEqual(findings({ publicIp: "203.0.113.78" }, mode), []);
      }
    });
  });

  it("gives the API its own Elastic IP back by a call, without the settings being touched", () => {
    const facts = healthy();
    const known = healthyAws(facts.outputs);
    const api = {
      ...known.elasticIps[0],
      allocationId: "eipalloc-api",
      publicIp: facts.outputs.apiPublicIp,
      name: "x-api",
      networkInterfaceId: "",
      privateIp: "",
      associated: false,
    };
    const networkInterface = {
      attachedTo: facts.outputs.instanceId,
      privateIps: [facts.outputs.secondaryPrivateIp],
      publicIp: "",
      elastic: false,
    };
    const fixes = (elasticIps: (typeof known)["elasticIps"]) =>
      judge(healthy({ aws: { ...known, networkInterface, elasticIps } }), everything).findings.map(({ code, fix }) => [
        code,
        fix,
      ]);
    const [[code, fix] = []] = fixes([...known.elasticIps, api]);
    assert.equal(code, "API_ADDRESS_LOST");
    assert.match(fix ?? "", /^aws .* associate-address --allocation-id eipalloc-api .* --private-ip-address 172/);
    assert.match(fixes(known.elasticIps)[0]?.[1] ?? "", /^pulumi config set .*primaryAddress elastic-ip && pulumi up/);
  });

  it("takes the user's Elastic IP for what it is: not tagged, not taken from elsewhere, not allocated again", () => {
    const { outputs } = healthy();
    const known = healthyAws(outputs);
    const [ingress] = known.elasticIps;
    assert.ok(ingress);
    const fixes = (usersElasticIp: boolean, elasticIps: (typeof ingress)[]) =>
      judge(healthy({ usersElasticIp, aws: { ...known, elasticIps } }), everything).findings.map(({ code, fix }) => [
        code,
        fix,
      ]);
    assert.deepEqual(fixes(true, [{ ...ingress, name: "" }]), []);
    const [[code, fix = ""] = []] = fixes(true, []);
    assert.equal(code, "ELASTIC_IP_GONE");
    assert.match(fix, /^pulumi config rm --stack prod kops-secondary-ingress:allocationId && pulumi up --refresh/);
    assert.match(fixes(false, [])[0]?.[1] ?? "", /^pulumi up --refresh/);
    const elsewhere = { ...ingress, networkInterfaceId: "eni-0aaaaaaaaaaaaaaaa", privateIp: "172.20.45.200" };
    assert.match(fixes(true, [elsewhere])[0]?.[1] ?? "", /^disassociate eipalloc-\w+ there if nothing needs it/);
    assert.match(fixes(false, [elsewhere])[0]?.[1] ?? "", /^aws .*associate-address .*--allow-reassociation$/);
    const nowhere = { ...ingress, networkInterfaceId: "", privateIp: "", associated: false };
    assert.match(fixes(true, [nowhere])[0]?.[1] ?? "", /^aws .*associate-address/);
  });

  describe("of the doors", () => {
    const found = (rules: string[], allowedCidrs: string[] | undefined) => {
      const facts = healthy();
      const aws = { ...healthyAws(facts.outputs), reachedBy: { 443: rules, 80: ["0.0.0.0/0"] } };
      return judge(healthy({ aws, allowedCidrs }), { only: ["HTTPS_CLOSED"], ignore: [] }).findings;
    };

    it("wants a rule for each of allowedCidrs, and any without the settings", () => {
      assert.deepEqual(found(["192.0.2.0/24", "10.0.0.0/8"], ["192.0.2.0/25", "10.1.0.0/16"]), []);
      assert.match(found(["192.0.2.10/32"], ["0.0.0.0/0"])[0]?.observed ?? "", /lets 0\.0\.0\.0\/0 reach port 443/);
      assert.match(
        found(["192.0.2.0/24"], ["192.0.2.0/24", "192.0.3.0/24"])[0]?.observed ?? "",
        /lets 192\.0\.3\.0\/24 reach/,
      );
      assert.deepEqual(found(["192.0.2.10/32"], undefined), []);
      assert.match(found([], undefined)[0]?.observed ?? "", /lets anyone reach/);
    });
  });

  it("says nothing of certificates that nobody shows", () => {
    const facts = healthy();
    const reach = { ...facts.reach, ingress: [{ name: "app.example.com", address: "192.0.2.1", answer: nobody }] };
    const { findings, skipped } = judge(healthy({ reach }), { only: ["certificate"], ignore: [] });
    assert.deepEqual(findings, []);
    for (const code of ["CERTIFICATE_EXPIRED", "CERTIFICATE_ENDS", "CERTIFICATE_UNTRUSTED"])
      assert.equal(skipped.find((each) => each.code === code)?.because, "nobody answers over HTTPS");
  });

  it("asks for a unit that runs and starts at boot", () => {
    for (const [unit, code] of [
      ["timer", "CHECK_STOPPED"],
      ["guard", "GUARD_STOPPED"],
      ["watch", "MANIFEST_UNWATCHED"],
    ] as const)
      for (const state of [
        { active: true, enabled: false },
        { active: false, enabled: true },
      ]) {
        const [finding] = judge(healthy({ node: { ...healthyNode, [unit]: state } }), everything).findings;
        assert.equal(finding?.code, code);
        assert.match(finding.fix, /systemctl enable --now \S+$/);
      }
  });

  it("disables what listens on the API's port, where that is a unit that can be disabled", () => {
    const fix = (...strangersUnits: string[]): string | undefined =>
      judge(healthy({ node: { ...healthyNode, strangersOn443: ["nginx@0.0.0.0:443"], strangersUnits } }), everything)
        .findings[0]?.fix;
    assert.equal(fix("nginx.service", "web.socket"), "on the node: systemctl disable --now nginx.service web.socket");
    for (const units of [["cri-containerd-1.scope"], []]) assert.match(fix(...units) ?? "", /^end it for good/);
  });

  it("finds by the login alone why nothing of the node is known", () => {
    for (const [reason, code] of [
      ["unreachable", "SSH_UNREACHABLE"],
      ["host key", "HOST_KEY_DIFFERS"],
      ["no login", "SSH_REFUSED"],
      ["sudo", "NO_SUDO"],
    ] as const)
      assert.deepEqual(
        codes(judge(healthy({ node: { because: "so", reason, user: "ubuntu" } }), everything).findings),
        [code],
      );
  });

  it("does not call good what a login did not get to", () => {
    const node = { because: "refused", reason: "host key", user: "ubuntu" } as const;
    const { good, skipped } = judge(healthy({ node }), { only: ["SSH"], ignore: [] });
    assert.deepEqual(codes(good), ["SSH_UNREACHABLE"]);
    assert.deepEqual(codes(skipped), ["SSH_REFUSED", "NO_SUDO"]);
  });

  it("in mode node-port asks nothing of the node, and only what belongs to it", () => {
    const facts = healthy();
    const outputs = { ...facts.outputs, mode: "node-port", dns: { ...facts.outputs.dns, records: [] } };
    const { findings, good } = judge({ ...facts, outputs, node: { because: "no node" } }, everything);
    assert.deepEqual(findings, []);
    assert.ok(good.every(({ code }) => !code.startsWith("HAPROXY")));
    assert.ok(codes(good).includes("INGRESS_UNREACHABLE"));
  });

  describe("in mode load-balancer", () => {
    const behind = (targets: Target[] | undefined, detached: string[] = []) => {
      const facts = healthy();
      const outputs = { ...facts.outputs, mode: "load-balancer" };
      return judge(
        { ...facts, outputs, aws: { ...facts.aws, targets, detached }, node: { because: "nothing on the node" } },
        everything,
      );
    };
    const target = (instanceId: string, state: string, reason = ""): Target => ({
      ...{ instanceId, port: 30443, state, reason },
    });

    it("is content with nodes that are well, or come and go", () => {
      const { findings, good } = behind([
        target("i-1", "healthy"),
        target("i-2", "initial"),
        target("i-3", "draining"),
      ]);
      assert.deepEqual(findings, []);
      for (const code of ["BALANCER_GONE", "NO_TARGET_HEALTHY", "TARGETS_UNHEALTHY"])
        assert.ok(codes(good).includes(code));
    });

    it("names the nodes that are left out, and why", () => {
      const [finding, ...others] = behind([
        target("i-1", "healthy"),
        target("i-2", "unhealthy", "Target.FailedHealthChecks"),
      ]).findings;
      assert.deepEqual([finding?.code, finding?.severity, others], ["TARGETS_UNHEALTHY", "warning", []]);
      assert.equal(finding?.observed, "1 of 2: i-2:30443 is unhealthy (Target.FailedHealthChecks)");
    });

    it("names a port for which there is no node, as the cause of what clients get", () => {
      const ill = target("i-1", "unhealthy", "Target.FailedHealthChecks");
      for (const targets of [[], [ill], [ill, { ...target("i-1", "healthy"), port: 30080 }]]) {
        const { findings, skipped } = behind(targets);
        assert.deepEqual(codes(findings), ["NO_TARGET_HEALTHY"]);
        assert.ok(codes(skipped).includes("INGRESS_UNREACHABLE"));
      }
      assert.equal(behind([]).findings[0]?.observed, "no node behind the load balancer");
    });

    it("names a group whose nodes it does not lead to, though the others serve", () => {
      const { findings } = behind([target("i-1", "healthy")], ["spot.k8s.example.com"]);
      assert.deepEqual(codes(findings), ["GROUP_DETACHED"]);
      assert.equal(findings[0]?.observed, "spot.k8s.example.com is not attached to the target groups");
      assert.deepEqual(codes(behind([], ["nodes", "spot"]).findings), ["GROUP_DETACHED", "NO_TARGET_HEALTHY"]);
    });

    it("goes on looking behind a group that is not led to", () => {
      const ill = target("i-1", "unhealthy", "Target.FailedHealthChecks");
      assert.deepEqual(codes(behind([ill], ["spot"]).findings), ["GROUP_DETACHED", "NO_TARGET_HEALTHY"]);
      assert.ok(codes(behind([target("i-1", "healthy")], ["spot"]).good).includes("CERTIFICATE_EXPIRED"));
    });

    it("misses the balancer, which explains what is behind it", () => {
      const { findings, skipped } = behind(undefined);
      assert.deepEqual(codes(findings), ["BALANCER_GONE"]);
      for (const code of ["TARGETS_UNHEALTHY", "INGRESS_UNREACHABLE"]) assert.ok(codes(skipped).includes(code));
    });
  });

  it("finds HAProxy nearly full on either port, and shows otherwise how many connections it has", () => {
    const judged = (...connections: [number, number][]) =>
      judge(
        healthy({
          node: {
            ...healthyNode,
            connections: connections.map(([open, most], index) => ({
              port: index === 0 ? "https" : "http",
              open,
              most,
            })),
          },
        }),
        everything,
      );
    const { findings, good } = judged([21_599, 24_000], [7_199, 8_000]);
    assert.deepEqual(findings, []);
    assert.equal(
      good.find(({ code }) => code === "HAPROXY_FULL")?.observed,
      "21599 of 24000 connections for https, 7199 of 8000 connections for http",
    );
    assert.deepEqual(codes(judged([21_600, 24_000], [0, 8_000]).findings), ["HAPROXY_FULL"]);
    assert.deepEqual(codes(judged([0, 24_000], [7_200, 8_000]).findings), ["HAPROXY_FULL"]);
    assert.ok(judged().skipped.some(({ code }) => code === "HAPROXY_FULL"));
  });

  it("finds the connection tracking table nearly full, and doubles it, to what is usual at least", () => {
    const judged = (tracked: { entries: number; most: number } | undefined) =>
      judge(healthy({ node: { ...healthyNode, tracked } }), everything);
    const { findings, good } = judged({ entries: 117_964, most: 131_072 });
    assert.deepEqual(findings, []);
    assert.equal(good.find(({ code }) => code === "CONNTRACK_FULL")?.observed, "117964 of 131072 entries");
    for (const [tracked, size] of [
      [{ entries: 117_965, most: 131_072 }, 262_144],
      [{ entries: 4096, most: 4096 }, 131_072],
    ] as const) {
      const [found, ...others] = judged(tracked).findings;
      assert.deepEqual([found?.code, others], ["CONNTRACK_FULL", []]);
      assert.match(found?.fix ?? "", new RegExp(`^on the node: echo 'net.netfilter.nf_conntrack_max = ${size}' `));
    }
    assert.ok(judged(undefined).skipped.some(({ code }) => code === "CONNTRACK_FULL"));
  });

  it("looks at what is chosen, and what is ignored explains nothing", () => {
    const node = { ...healthyNode, haproxy: { active: false, enabled: true }, httpListener: [] };
    assert.deepEqual(codes(judge(healthy({ node }), { only: ["haproxy"], ignore: [] }).findings), ["HAPROXY_STOPPED"]);
    assert.deepEqual(codes(judge(healthy({ node }), { only: ["HTTP_LISTENER_MISSING"], ignore: [] }).findings), [
      "HTTP_LISTENER_MISSING",
    ]);
    assert.deepEqual(codes(judge(healthy({ node }), { only: [], ignore: ["HAPROXY_STOPPED"] }).findings), [
      "HTTP_LISTENER_MISSING",
    ]);
  });

  it("does not miss the API where kOps' own balancer stands before it", () => {
    const facts = healthy();
    const outputs = { ...facts.outputs, mode: "load-balancer" };
    const target = { instanceId: "i-1", port: 30443, state: "healthy", reason: "" };
    const seen = (change: object) => {
      const aws = { ...healthyAws(outputs), targets: [target], ...change };
      return judge({ ...facts, outputs, aws, reach: { ...facts.reach, api: nobody } }, everything);
    };
    assert.deepEqual(codes(seen({}).findings), ["API_UNREACHABLE"]);
    for (const change of [{ controlPlane: ["i-1", "i-2", "i-3"] }, { reachedBy: { 443: [], 80: [] } }])
      assert.deepEqual(codes(seen(change).findings), []);
  });

  describe("of a cluster whose API is behind a load balancer of kOps", () => {
    const answer = { ...nobody, error: "", names: ["kubernetes", "api.internal.k8s.example.com"] };
    const seen = (publicIps: string[], throughBalancer: TlsAnswer[], mode: string = IngressMode.DualIp) => {
      const facts = healthy();
      const outputs = { ...facts.outputs, mode };
      const aws = { ...healthyAws(outputs), apiBalancer: { publicIps } };
      // On the node's own address nobody outside of allowedCidrs gets in.
      return judge({ ...facts, outputs, aws, reach: { ...facts.reach, api: nobody, throughBalancer } }, everything);
    };

    it("says what is paid for twice, and asks for the API there", () => {
      const { findings } = seen(["203.0.113.20", "203.0.113.21"], [nobody, answer]);
      assert.deepEqual(codes(findings), ["API_BEHIND_BALANCER"]);
      assert.match(findings[0]?.observed ?? "", /API of k8s\.example\.com, on 203\.0\.113\.20, 203\.0\.113\.21: /);
      assert.deepEqual(codes(seen(["203.0.113.20"], [answer], IngressMode.NodePort).findings), []);
    });

    it("takes the certificate of a listener for an answer", () => {
      const custom = { ...answer, names: ["*.example.com"] };
      assert.deepEqual(codes(seen(["203.0.113.20"], [custom]).findings), ["API_BEHIND_BALANCER"]);
    });

    it("misses the API where the balancer does not answer, in every mode", () => {
      const [unreachable] = seen(["203.0.113.20"], [nobody]).findings;
      assert.deepEqual([unreachable?.code, unreachable?.observed], ["API_UNREACHABLE", "ECONNREFUSED"]);
      assert.deepEqual(codes(seen(["203.0.113.20"], [nobody], IngressMode.NodePort).findings), ["API_UNREACHABLE"]);
    });

    it("does not ask an internal one", () => {
      const { findings, skipped } = seen([], []);
      assert.deepEqual(codes(findings), ["API_BEHIND_BALANCER"]);
      assert.match(findings[0]?.observed ?? "", /internal/);
      assert.match(skipped.find(({ code }) => code === "API_UNREACHABLE")?.because ?? "", /internal load balancer/);
    });
  });

  it("prints fixes that lead to this stack, account and directory", () => {
    const facts = healthy({ profile: "ops", cwd: "../my prod" });
    const aws = { ...healthyAws(facts.outputs), instanceState: "stopped" };
    const [stopped] = judge({ ...facts, aws }, everything).findings;
    assert.match(stopped?.fix ?? "", /^aws --profile ops --region eu-central-1 ec2 start-instances --instance-ids i-/);
    const gone = { ...healthyAws(facts.outputs), elasticIps: [] };
    const [finding] = judge({ ...facts, aws: gone }, everything).findings;
    assert.equal(finding?.fix, "pulumi -C '../my prod' up --refresh --yes --stack prod");
    const [name] = judge({ ...facts, names: { addresses: {} } }, everything).findings;
    assert.match(name?.fix ?? "", /npx secondary-ingress dns cutover --stack prod --cwd '\.\.\/my prod' --yes/);
  });

  it("finds an AAAA record that leads clients of IPv6 elsewhere", () => {
    const [record] = healthy().outputs.dns.records;
    assert.ok(record);
    const addresses = {
      ...Object.fromEntries(healthy().outputs.dns.records.map(({ name, values }) => [name, values])),
    };
    addresses[record.name] = [...record.values, "2001:db8::10"];
    const { findings } = judge(healthy({ names: { addresses } }), everything);
    assert.deepEqual(codes(findings), ["NAME_LEADS_ELSEWHERE"]);
    assert.match(findings[0]?.fix ?? "", /^delete the AAAA record of /);
  });

  it("names who else has a say in the names before it says where they lead, with the command", () => {
    const owner = {
      name: "app.example.com.",
      kind: "beside",
      found: "AAAA 2001:db8::1",
      fix: "delete it",
      command: "route53 x",
    } as const;
    const facts = healthy({ names: { addresses: {} }, region: "eu-central-1" });
    const judged = (...recordOwners: RecordOwner[]): Finding[] =>
      judge({ ...facts, recordOwners }, everything).findings;
    const [finding, ...more] = judged(owner, { ...owner, command: "route53 y" });
    assert.deepEqual(
      [finding?.code, finding?.fix, more],
      ["NAME_HAS_ANOTHER_OWNER", "aws --region eu-central-1 route53 x && aws --region eu-central-1 route53 y", []],
    );
    const [hidden] = judged({ ...owner, kind: "hidden", fix: "name that zone" });
    assert.equal(hidden?.fix, "name that zone: aws --region eu-central-1 route53 x");
    const unknown = judge({ ...facts, recordOwners: { because: "denied" } }, everything);
    assert.deepEqual(codes(unknown.findings), ["NAME_UNKNOWN"]);
    assert.ok(unknown.skipped.some(({ code }) => code === "NAME_HAS_ANOTHER_OWNER"));
  });

  it("knows what was looked at", () => {
    const nothing = judge(healthy({ aws: silentAws("denied") }), { only: ["aws"], ignore: [] });
    assert.ok(!looked(nothing));
    assert.ok(!looked(judge(healthy(), { only: ["BALANCER_GONE"], ignore: [] })));
    assert.ok(looked(judge(healthy(), { only: ["haproxy_stopped"], ignore: [] })));
  });
});
