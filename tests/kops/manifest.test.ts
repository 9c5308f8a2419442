import assert from "node:assert/strict";
import { diffLines } from "diff";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { merge, renderPieces } from "../../kops/manifest";
import type { Statement } from "../../iam/conditions";
import { pieces } from "./settings";

const ours = pieces();
const later = pieces({ allocationId: "eipalloc-0fedcba9876543210", secondaryPrivateIp: "172.20.45.77" });

/** Where our keys are, in another's hand: none, empty, one a line, in one line. */
const lists = {
  additionalSecurityGroups: [
    "",
    "  additionalSecurityGroups: []\n",
    "  additionalSecurityGroups:\n",
    "  additionalSecurityGroups:\n  - sg-11111111 # the office\n",
    "  additionalSecurityGroups: [sg-11111111, 'sg-22222222']\n",
  ],
  cloudLabels: [
    "",
    "  cloudLabels: {}\n",
    '  cloudLabels:\n    team:  blue   # ours\n    cost-centre: "17"\n',
    "  cloudLabels: { team: blue }\n",
  ],
  fileAssets: [
    "",
    "  fileAssets:\n    # why: see the wiki\n    - name: motd\n      path: /etc/motd\n      content: |\n        hello\n\n        world\n",
    "  fileAssets:\n  - content: >-\n      folded\n      text\n    name: folded # trailing\n  - {name: flow, content: x}\n",
  ],
  hooks: [
    "",
    "  hooks:\n  - name: other.service\n    useRawManifest: true\n    manifest: |-\n      [Unit]\n      Description=other\n\n",
    "  hooks: null\n",
  ],
};
const others = [
  "  # a comment\n",
  "  image: ubuntu # pinned\n",
  "\n",
  "  machineType:    t3.medium\n",
  "  nodeLabels:\n    a: 'b'\n",
];
const policies = [
  "",
  "  additionalPolicies: {}\n",
  '  additionalPolicies:\n    node: |\n      [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}]\n',
  '  additionalPolicies:\n    master: |\n      [\n        {"Effect": "Allow",   "Action": ["s3:Get*"], "Resource": ["*"]}\n      ]\n    node: \'[]\'\n',
  '  additionalPolicies:\n    control-plane: \'[{"Sid":"Mine","Effect":"Deny","Action":["*"],"Resource":["*"]}]\'\n',
];

const shuffled = (parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts)
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    .map((all) => all.join(""));
const some = fc.subarray(others).map((texts) => texts.join(""));
const cluster = shuffled([fc.constantFrom(...policies), some]).map(
  (spec) =>
    `apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: k8s.example.com\nspec:\n  api: {dns: {}}\n${spec}`,
);
const group = shuffled([...Object.values(lists).map((texts) => fc.constantFrom(...texts)), some]).map(
  (spec) =>
    `# of mine\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  labels:\n    kops.k8s.io/cluster: k8s.example.com\n  name: control-plane\nspec:\n  role: Master\n${spec}`,
);
const workers = fc.constant(
  "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: nodes}\nspec:\n  role: Node\n",
);
const manifests = fc
  .tuple(cluster, group, workers)
  .chain((all) => fc.shuffledSubarray(all, { minLength: 3 }))
  .chain((all) => fc.constantFrom(all.join("---\n"), all.join("---\n").replace(/\n$/, "")));

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
      (JSON.parse(policy) as Statement[])
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
  this.timeout(60_000);

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
      { numRuns: 150 },
    );
  });

  it("leaves every byte of what it does not fill as it is", () => {
    const isBlock = (source: string): boolean =>
      !/additionalPolicies:\n\s+(master|control)|: (\[|\{ team|null)|Policies: \{|Labels: \{|Groups:\n {2}[^-]/.test(
        source,
      );
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

  it("keeps every comment, in any form of list", () => {
    fc.assert(
      fc.property(manifests, (source) => {
        const kept = comments(merge(source, ours).text);
        for (const comment of comments(source)) assert.ok(kept.includes(comment), comment);
      }),
      { numRuns: 100 },
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
    const changed = groupText.replace("sg-0123456789abcdef0", "sg-0fedcba9876543210").replace("Restart=on-failure", "");
    assert.deepEqual(merge(changed, ours).missing, [
      "InstanceGroup : spec.additionalSecurityGroups",
      "InstanceGroup : spec.hooks",
    ]);
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
