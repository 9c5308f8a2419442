import assert from "node:assert/strict";
import { inWords } from "../../../operator/adopt/inWords";
import type { Inspection } from "../../../operator/adopt/inspection";
import { type Plan, planOf } from "../../../operator/adopt/plan";
import { account, clues, inspection, seen, settings } from "./support";

const words = (plan: Plan, change: object = {}): string =>
  inWords(plan, { project: "p", stack: "prod", cwd: ".", written: false, coloured: false, ...change });
const [elasticIp] = account().secondaries.map((each) => each.elasticIp);
assert.ok(elasticIp);
const madeBy = (stack: string) =>
  account({ secondaries: [{ privateIp: "172.20.45.38", elasticIp: { ...elasticIp, stack } }] });
const keys = (plan: Plan): string[] => plan.settings.map(({ key }) => key);
const codes = (plan: Plan): string[] => plan.obstacles.map(({ code }) => code);

describe("the plan to move in", () => {
  it("is told in full, with the commands to run", () => {
    assert.equal(
      words(planOf(seen())),
      `The layout made by hand on i-0a1b2c3d4e5f60001 of k8s.example.com:

  haproxy.service           172.20.45.38:80 → the ingress controller, NodePort 30080
  haproxy.service           172.20.45.38:443 → the ingress controller, NodePort 30443
  haproxy.service           0.0.0.0:8404 → its statistics page
  kube-api-forward.service  172.20.45.37:443 → the API server on port 8443
  172.20.45.38/16 on ens5   Elastic IP 203.0.113.10 (eipalloc-0a1b2c3d4e5f60001, eipassoc-0a1b2c3d4e5f60001)
  kube-apiserver            127.0.0.1:8443, by its manifest

pulumi up stops, once its own way is seen to work
  haproxy.service
  kube-api-forward.service
  172.20.45.38/16 on ens5 moves to lo

kept
  172.20.45.38 on eni-0a1b2c3d4e5f60001
  Elastic IP 203.0.113.10 (eipalloc-0a1b2c3d4e5f60001), associated as eipassoc-0a1b2c3d4e5f60001
  the API server's manifest (--secure-port=8443)
  units and configuration of what is stopped: pulumi destroy starts it again
  /etc/netplan/99-secondary-ip.yaml: replaced, and restored by pulumi destroy
  security group rules: 80 from 0.0.0.0/0 (sg-0a1b2c3d4e5f60001)

settings to run, or run this command again with --write
  pulumi config set --stack prod p:secondaryPrivateIp 172.20.45.38
  pulumi config set --stack prod p:allocationId eipalloc-0a1b2c3d4e5f60001
  pulumi config set --stack prod p:adopt true

Next: pulumi preview --stack prod, then pulumi up
`,
    );
  });

  it("says what was set, and names the project's directory", () => {
    const text = words(planOf(seen({ settings: { ...settings, apiLocalPort: 6443 } })), {
      written: true,
      cwd: "my place",
    });
    assert.match(text, /^set in stack prod\n {2}p:secondaryPrivateIp 172\.20\.45\.38\n/m);
    assert.match(text, /^ {2}p:apiLocalPort 8443 \(was 6443\)$/m);
    assert.match(text, /^Next: pulumi preview --cwd 'my place' --stack prod, then pulumi up$/m);
    assert.doesNotMatch(text, /config set/);
  });

  it("has no settings that the stack has already", () => {
    const [secondary] = account().secondaries;
    const given = {
      ...settings,
      secondaryPrivateIp: "172.20.45.38",
      allocationId: secondary?.elasticIp?.allocationId,
      adopt: true,
    };
    const plan = planOf(seen({ settings: given }));
    assert.deepEqual(plan.settings, []);
    assert.match(words(plan), /^The stack has its settings\.\nNext: /m);
  });

  it("does not name the stack's own Elastic IP, and is in the way of another stack's", () => {
    assert.deepEqual(keys(planOf(seen({ account: madeBy("p/prod") }))), ["secondaryPrivateIp", "adopt"]);
    const plan = planOf(seen({ account: madeBy("p/other") }));
    assert.deepEqual(codes(plan), ["ELASTIC_IP_OF_A_STACK"]);
    const text = words(plan);
    assert.match(
      text,
      /^in the way; nothing is set until it is gone\n {2}✗ ELASTIC_IP_OF_A_STACK: expected .*\n {6}fix: destroy/m,
    );
    assert.doesNotMatch(text, /pulumi config set|^Next/m);
  });

  it("goes without an Elastic IP where there is none yet", () => {
    const plan = planOf(seen({ account: account({ secondaries: [{ privateIp: "172.20.45.38" }] }) }));
    assert.deepEqual(keys(plan), ["secondaryPrivateIp", "adopt"]);
    assert.match(words(plan), /^ {2}172\.20\.45\.38\/16 on ens5 +no Elastic IP$/m);
  });

  it("warns of a file that brings the address back to its interface, and not of the address itself", () => {
    const warning = { code: "ADDRESS_ON_INTERFACE", expected: "a", found: "b", fix: "c" };
    const files = ["/etc/netplan/60-mine.yaml", "/etc/netplan/99-secondary-ip.yaml"];
    const { warnings } = planOf(seen({ inspection: inspection({ files, warnings: [warning] }) }));
    assert.deepEqual(
      warnings.map(({ code, found }) => [code, found]),
      [["ADDRESS_IN_NETWORK_CONFIGURATION", "/etc/netplan/60-mine.yaml"]],
    );
  });

  const without = (change: object = {}): Inspection => {
    const found: Inspection = inspection({ parts: [], files: [], secondaryPrivateIp: "", ...change });
    delete found.onInterface;
    return found;
  };

  it("is empty where nothing was made by hand", () => {
    const plan = planOf(seen({ inspection: without() }));
    assert.deepEqual([plan.found, plan.settings, plan.obstacles], [false, [], []]);
    assert.equal(words(plan), "No layout made by hand on i-0a1b2c3d4e5f60001 of k8s.example.com.\n");
  });

  it("is done where the layout has been taken over", () => {
    const plan = planOf(
      seen({ inspection: without({ secondaryPrivateIp: "172.20.45.38" }), clues: clues({ takenOver: true }) }),
    );
    assert.deepEqual(plan.settings, []);
    assert.match(
      words(plan),
      /^The layout made by hand on \S+ of \S+ has been taken over; pulumi destroy gives it back\.\n$/,
    );
  });
});
