import assert from "node:assert/strict";
import { type GrowthRequest, planGrowth, planMove } from "../../cutover/growth";
import { outputs } from "../dns/support";

const settings = { dnsTtl: 60, keepAddress: false };
const request: GrowthRequest = { stack: "prod", project: "p", outputs: outputs(), settings };
const grown = outputs({ mode: "load-balancer" });
const commands = ({ steps }: { steps: { command: string }[] }): string[] => steps.map(({ command }) => command);

describe("planGrowth", () => {
  it("from one node to a balancer: another stack, its names, and only then the old one", () => {
    const plan = planGrowth({ ...request, project: "kops-secondary-ingress" });
    assert.deepEqual(commands(plan), [
      "pulumi stack init prod-grown --copy-config-from prod",
      "pulumi config set --stack prod-grown kops-secondary-ingress:mode load-balancer",
      "pulumi up --yes --stack prod-grown",
      "npx secondary-ingress dns cutover --stack prod-grown --zone-id <zone> --yes",
      "sleep 60",
      "pulumi destroy --yes --stack prod",
    ]);
    assert.deepEqual([plan.way, plan.down, plan.overlap], ["dns", { application: 0, api: 0 }, 60]);
    assert.deepEqual(plan.cost, { before: 3.65, after: 20.08 });
  });

  it("and back", () => {
    const back = { ...request, stack: "prod-grown", outputs: grown, settings: { ...settings, dnsTtl: 300 } };
    const plan = planGrowth(back, "prod");
    assert.deepEqual(plan.to, { stack: "prod", mode: "dual-ip" });
    assert.deepEqual([plan.overlap, plan.cost], [300, { before: 20.08, after: 3.65 }]);
    assert.equal(planGrowth(back).to.stack, "prod-grown-single");
  });
});

describe("planMove", () => {
  it("from one node to a balancer: the address is set free, and taken", () => {
    const plan = planMove(request);
    assert.deepEqual(commands(plan), [
      "pulumi config set --stack prod p:keepAddress true",
      "pulumi config set --stack prod p:mode load-balancer",
      "pulumi destroy --yes --stack prod --target '**:EipAssociation::ingress-ingress' --target-dependents",
      "pulumi up --yes --stack prod",
    ]);
    assert.deepEqual([plan.way, plan.to], ["same-address", { stack: "prod", mode: "load-balancer" }]);
    assert.deepEqual([plan.down, plan.overlap], [{ application: 304, api: 0 }, 0]);
    assert.equal(planMove(request, 60).down.application, 64);
  });

  it("and back, where the balancer has kept the address", () => {
    const back = { ...request, outputs: grown, settings: { ...settings, keepAddress: true } };
    assert.deepEqual(commands(planMove(back)), [
      "pulumi config set --stack prod p:mode dual-ip",
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
        /found route53ZoneId in 'prod'.*take route53ZoneId out/,
      );
    });
  });
