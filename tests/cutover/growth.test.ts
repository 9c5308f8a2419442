import assert from "node:assert/strict";
import { planGrowth } from "../../cutover/growth";
import { outputs } from "../dns/support";

const settings = { dnsTtl: 60 };

describe("planGrowth", () => {
  it("from one node to a balancer: another stack, its names, and only then the old one", () => {
    const plan = planGrowth("prod", "kops-secondary-ingress", undefined, outputs(), settings);
    assert.deepEqual(
      plan.steps.map(({ command }) => command),
      [
        "pulumi stack init prod-grown --copy-config-from prod",
        "pulumi config set --stack prod-grown kops-secondary-ingress:mode load-balancer",
        "pulumi up --yes --stack prod-grown",
        "npx secondary-ingress dns cutover --stack prod-grown --zone-id <zone> --yes",
        "sleep 60",
        "pulumi destroy --yes --stack prod",
      ],
    );
    assert.deepEqual([plan.down, plan.overlap], [{ application: 0, api: 0 }, 60]);
    assert.deepEqual(plan.cost, { before: 3.65, after: 20.08 });
  });

  it("and back", () => {
    const grown = outputs({ mode: "load-balancer" });
    const plan = planGrowth("prod-grown", "p", "prod", grown, { dnsTtl: 300 });
    assert.deepEqual(plan.to, { stack: "prod", mode: "dual-ip" });
    assert.deepEqual([plan.overlap, plan.cost], [300, { before: 20.08, after: 3.65 }]);
    assert.equal(planGrowth("prod-grown", "p", undefined, grown, settings).to.stack, "prod-grown-single");
  });

  it("refuses a stack that no name leads to, and one that owns its records", () => {
    assert.throws(
      () => planGrowth("dev", "p", undefined, outputs({ mode: "node-port" }), settings),
      /--from: expected a stack of mode dual-ip or load-balancer, found 'dev' of mode node-port/,
    );
    assert.throws(
      () => planGrowth("prod", "p", undefined, outputs(), { ...settings, route53ZoneId: "Z1" }),
      /found route53ZoneId in 'prod'.*take route53ZoneId out/,
    );
  });
});
