import assert from "node:assert/strict";
import { type GrowthRequest, planGrowth, planMove } from "../../../operator/cutover/growth";
import { outputs } from "../../dns/support";

const settings = { dnsTtl: 60, keepAddress: false };
const config = {
  "p:mode": "dual-ip",
  "p:clusterName": "k8s.example.com",
  "p:ssh":
    '{"user":"ubuntu","hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJbVv5ZOPCJAM2Ce2TYnqk6nV3q4jNQlQGxhSAXJ7jWm"}',
};
const request: GrowthRequest = { stack: "prod", project: "p", outputs: outputs(), settings, config };
const grown = outputs({ mode: "load-balancer" });
const commands = ({ steps }: { steps: { command: string }[] }): string[] => steps.map(({ command }) => command);

describe("planGrowth", () => {
  it("from one node to a balancer: another stack, its names, and only then the old one", () => {
    const project = "kops-secondary-ingress";
    const named = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace(/^p:/, `${project}:`), value]),
    );
    const plan = planGrowth({ ...request, project, config: named });
    assert.deepEqual(commands(plan), [
      "pulumi stack init prod-grown --copy-config-from prod",
      "pulumi config set --stack prod-grown kops-secondary-ingress:mode load-balancer",
      "pulumi up --yes --stack prod-grown",
      "npx secondary-ingress dns cutover --stack prod-grown --zone-id <zone> --yes",
      "sleep 60",
      "pulumi destroy --yes --stack prod",
    ]);
    assert.deepEqual([plan.way, plan.down, plan.overlap], ["dns", { application: 0, api: 0 }, 60]);
    assert.deepEqual(plan.cost, { before: 3.65, after: 20.08, furtherZone: 3.65 });
  });

  it("and back", () => {
    const back = { ...request, stack: "prod-grown", outputs: grown, settings: { ...settings, dnsTtl: 300 } };
    const plan = planGrowth(back, "prod");
    assert.deepEqual(plan.to, { stack: "prod", mode: "dual-ip" });
    assert.deepEqual([plan.overlap, plan.cost], [300, { before: 20.08, after: 3.65, furtherZone: 3.65 }]);
    assert.equal(planGrowth(back).to.stack, "prod-grown-single");
  });

  it("waits for the longer of the TTLs, the one that the stack's records have and the one that they are to have", () => {
    const [record] = outputs().dns.records;
    assert.ok(record);
    const dns = { ...outputs().dns, records: [{ ...record, ttl: 3600 }] };
    const plan = planGrowth({ ...request, outputs: outputs({ dns }) });
    assert.ok(commands(plan).includes("sleep 3600"));
    assert.equal(plan.overlap, 3600);
  });

  it("counts the zones of a balancer by its addresses", () => {
    const records = outputs().dns.records.map((each) => ({ ...each, values: ["203.0.113.10", "203.0.113.11"] }));
    const three = { ...grown, dns: { ...grown.dns, records } };
    assert.equal(planGrowth({ ...request, outputs: three }).cost.before, 23.73);
  });
});

describe("planMove", () => {
  it("from one node to a balancer: the address is set free, and taken", () => {
    const plan = planMove(request);
    assert.deepEqual(commands(plan), [
      "pulumi config set --stack prod p:keepAddress true",
      "pulumi config set --stack prod p:mode load-balancer",
      "pulumi preview --stack prod",
      "pulumi destroy --yes --stack prod --target '**:EipAssociation::ingress-ingress' --target-dependents",
      "pulumi up --yes --stack prod",
    ]);
    assert.deepEqual([plan.way, plan.to], ["same-address", { stack: "prod", mode: "load-balancer" }]);
    assert.deepEqual([plan.down, plan.overlap], [{ application: 334, api: 0 }, 0]);
    assert.equal(planMove(request, 60).down.application, 64);
  });

  it("and back, where the balancer has kept the address", () => {
    const back = { ...request, outputs: grown, settings: { ...settings, keepAddress: true } };
    assert.deepEqual(commands(planMove(back)), [
      "pulumi config set --stack prod p:mode dual-ip",
      "pulumi preview --stack prod",
      "pulumi destroy --yes --stack prod --target '**:LoadBalancer::ingress' --target-dependents",
      "pulumi up --yes --stack prod",
    ]);
    assert.throws(
      () => planMove({ ...back, settings }),
      /--same-address: expected a balancer that has kept a node's address, found keepAddress false in 'prod'/,
    );
  });
});

for (const [name, plan] of Object.entries({ planGrowth, planMove }))
  describe(`${name}, where nothing can be moved`, () => {
    it("refuses a stack that no name leads to, and one that owns its records", () => {
      assert.throws(
        () => plan({ ...request, stack: "dev", outputs: outputs({ mode: "node-port" }) }),
        /--from: expected a stack of mode dual-ip or load-balancer, found 'dev' of mode node-port/,
      );
      assert.throws(
        () => plan({ ...request, settings: { ...settings, route53ZoneId: "Z1" } }),
        (error: Error) => {
          const urn = "urn:pulumi:prod::p::kops-secondary-ingress:index:SecondaryIngressIp$aws:route53/record:Record";
          assert.ok(
            error.message.endsWith(
              `found route53ZoneId in 'prod': its records would go with it. Leave them in the zone, and out of the stack, before its next up: ` +
                `pulumi state delete --yes --stack prod '${urn}::ingress-app.example.com' && ` +
                `pulumi state delete --yes --stack prod '${urn}::ingress-shop.example.org' && ` +
                "pulumi config rm --stack prod p:route53ZoneId",
            ),
            error.message,
          );
          return true;
        },
      );
    });

    it("refuses settings that the other mode does not take, with the commands that change them", () => {
      assert.throws(
        () => plan({ ...request, config: { ...config, "p:healthChecks": "true" } }),
        /mode load-balancer takes too.*\n {2}healthChecks: .*\n {4}fix: pulumi config set --stack prod p:healthChecks false/,
      );
      const without = Object.fromEntries(Object.entries(config).filter(([key]) => key !== "p:ssh"));
      const back = { ...request, outputs: grown, settings: { ...settings, keepAddress: true }, config: without };
      assert.throws(
        () => plan(back),
        /mode dual-ip takes too[^]*fix: pulumi config set --stack prod --path 'p:ssh.hostKey'/,
      );
    });
  });
