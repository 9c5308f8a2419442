import assert from "node:assert/strict";
import { diffLines } from "diff";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { merge, renderPieces } from "../../../operator/kops/manifest";
import type { Statement } from "../../../operator/iam/conditions";
import { manifests } from "./manifests";
import { pieces } from "./settings";

const ours = pieces();
/** After a `destroy` and another `up`. */
const later = pieces({
  allocationId: "eipalloc-0fedcba9876543210",
  secondaryPrivateIp: "172.20.45.77",
  securityGroupId: "sg-0fedcba9876543210",
});

interface Spec {
  additionalSecurityGroups?: string[];
  cloudLabels?: Record<string, string>;
  fileAssets?: { name: string }[];
  hooks?: { name: string }[];
  additionalPolicies?: Record<string, string>;
}

/** What manifests say without what is ours; what is empty is as good as absent. */
function foreign(text: string): unknown[] {
  const left = <T>(list: T[] | null | undefined, isOurs: (item: T) => boolean): T[] =>
    (list ?? []).filter((item) => !isOurs(item));
  return parseAllDocuments(text).map((document) => {
    const { spec, ...rest } = document.toJS() as { spec: Spec };
    const { additionalSecurityGroups, cloudLabels, fileAssets, hooks, additionalPolicies, ...others } = spec;
    const statements = Object.entries(additionalPolicies ?? {}).flatMap(([role, policy]) =>
      (JSON.parse(policy || "[]") as Statement[])
        .filter(({ Sid }) => !String(Sid).startsWith("SecondaryIngress"))
        .map((each) => [role, each]),
    );
    return {
      ...rest,
      others,
      groups: left(additionalSecurityGroups, (id) => id === "sg-0123456789abcdef0"),
      labels: Object.entries(cloudLabels ?? {}).filter(([name]) => name !== "kops-secondary-ingress:stack"),
      assets: left(fileAssets, ({ name }) => name.startsWith("secondary-ingress-")),
      hooks: left(hooks, ({ name }) => name === "secondary-ingress-boot.service"),
      statements,
    };
  });
}

const comments = (text: string): string[] => text.match(/#.*/g) ?? [];

describe("merge", function () {
  it("puts everything there, says the same of everything else, and finds nothing to do again", () => {
    fc.assert(
      fc.property(manifests, (source) => {
        const merged = merge(source, ours);
        assert.deepEqual(foreign(merged.text), foreign(source));
        assert.equal(merged.missing.length, 5);
        assert.deepEqual(merge(merged.text, ours), { ...merged, missing: [] });
        const [found] = parseAllDocuments(merged.text)
          .map((document) => document.toJS() as { kind: string; spec: Spec & { role?: string } })
          .filter(({ spec }) => spec.role === "Master");
        for (const key of ["fileAssets", "hooks"] as const)
          assert.deepEqual(found?.spec[key]?.slice(-ours.group[key].length), ours.group[key]);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves every line of what it does not fill as it is", () => {
    const isBlock = (source: string): boolean =>
      !/additionalPolicies:\n\s+(master|control)|: (\[|null|~)|(Policies|Labels): \{/.test(source);
    const blocks = manifests.filter(isBlock);
    fc.assert(
      fc.property(blocks, (source) => {
        const whole = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);
        assert.deepEqual(
          diffLines(whole(source), whole(merge(source, ours).text)).filter(({ removed }) => removed),
          [],
        );
      }),
      { numRuns: 100 },
    );
  });

  it("keeps every character but those of empty values and of a policy that it adds to, in their order", () => {
    const isRewritten = (source: string): boolean =>
      /(master|control-plane): ['|[]|: (\[\s*\]|\[\s*#.*\s*\]|\{\}|null|~)( #.*)?$/m.test(source);
    fc.assert(
      fc.property(
        manifests.filter((source) => !isRewritten(source)),
        (source) => {
          let place = 0;
          const { text } = merge(source, ours);
          for (const character of source) place = text.indexOf(character, place) + 1 || Infinity;
          assert.ok(place <= text.length, text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("keeps every comment, in any form of list", () => {
    fc.assert(
      fc.property(manifests, (source) => {
        const { text } = merge(source, ours);
        for (const comment of comments(source)) assert.ok(text.includes(comment), comment);
      }),
      { numRuns: 300 },
    );
  });

  it("takes its own earlier pieces out to the last byte", () => {
    fc.assert(
      fc.property(manifests, (source) => {
        const direct = merge(source, later).text;
        assert.equal(merge(merge(merge(source, later).text, ours).text, later).text, direct);
      }),
      { numRuns: 100 },
    );
  });

  it("names what is missing, by manifest and field", () => {
    const [clusterText = "", groupText = ""] = renderPieces(ours).split("---\n");
    assert.deepEqual(merge(clusterText.replace("DescribeAddresses", "DescribeVpcs"), ours).missing, [
      "Cluster k8s.example.com: spec.additionalPolicies.control-plane",
    ]);
    const changed = groupText.replace("sg-0123456789abcdef0", "sg-0fedcba9876543210").replace("RestartSec=10s", "");
    assert.deepEqual(merge(changed, ours).missing, [
      "InstanceGroup : spec.additionalSecurityGroups",
      "InstanceGroup : spec.hooks",
    ]);
  });

  it("takes out the group of an earlier stack, which a launch template must not name once it is deleted", () => {
    const patched = merge(renderPieces(ours).replace(/^ {2}- sg-.*$/m, "  - sg-11111111\n$&"), ours).text;
    const { text, missing } = merge(patched, later);
    assert.ok(missing.includes("InstanceGroup : spec.additionalSecurityGroups"));
    assert.match(text, /additionalSecurityGroups:\n {2}- sg-11111111\n {2}- sg-0fedcba9876543210\n {2}cloudLabels/);
    assert.ok(!text.includes("sg-0123456789abcdef0"));
  });

  it("does not write over what stands elsewhere: an alias, a merge key, an anchor that others lead to", () => {
    const groupText = (spec: string): string => `kind: InstanceGroup\nspec:\n  role: Master\n${spec}`;
    const clusterText = (spec: string): string =>
      `kind: Cluster\nmetadata: { name: k8s.example.com }\nspec:\n  api: {}\n${spec}`;
    const byHand: [string, string][] = [
      ["spec.additionalSecurityGroups", groupText("  a: &g [sg-11111111]\n  additionalSecurityGroups: *g\n")],
      ["spec.cloudLabels", groupText("  nodeLabels: &l { a: b }\n  cloudLabels: *l\n")],
      ["spec.hooks", groupText("  hooks: none\n")],
      ["spec.cloudLabels", groupText("  base: &b { cloudLabels: { a: b } }\n  <<: *b\n")],
      ["spec.additionalPolicies", clusterText("  a: &p { node: '[]' }\n  additionalPolicies: *p\n")],
      ["spec.additionalPolicies.master", clusterText("  a: &p '[]'\n  additionalPolicies:\n    master: *p\n")],
      [
        "spec.additionalPolicies.control-plane",
        clusterText("  additionalPolicies:\n    control-plane: &p '[]'\n    node: *p\n"),
      ],
    ];
    for (const [field, source] of byHand)
      assert.throws(() => merge(source, ours), new RegExp(`${field.replaceAll(".", "\\.")}: .*merge by hand`), field);
  });

  it("adds to a list that holds an alias", () => {
    const source =
      "kind: InstanceGroup\nspec:\n  role: Master\n  a: &g sg-11111111\n  additionalSecurityGroups: [*g ]\n";
    assert.match(merge(source, ours).text, /additionalSecurityGroups: \[\*g, "sg-0123456789abcdef0" \]\n/);
  });

  it("finds nothing missing in what it prints", () => {
    assert.deepEqual(merge(renderPieces(ours), ours).missing, []);
  });

  it("leaves another cluster's manifests and the workers' alone", () => {
    const other = renderPieces(pieces({ clusterName: "other.example.com" }));
    assert.deepEqual(merge(other, ours), { text: other, missing: [], clusters: [], groups: [] });
  });

  it("says what it cannot read", () => {
    assert.throws(() => merge("a: [", ours), /expected YAML/);
    const bad = renderPieces(ours).replace(/control-plane: \|[\s\S]*?---/, "control-plane: nonsense\n---");
    assert.throws(() => merge(bad, ours), /expected a JSON list of statements/);
    assert.throws(() => merge("kind: InstanceGroup\nspec: {role: Master}\n", ours), /spec: expected a mapping/);
  });
});
