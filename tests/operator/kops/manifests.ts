/** Random manifests, as people write them. */
import fc from "fast-check";

/** Where our keys are, in another's hand: none, empty, one a line, in one line; with comments wherever YAML lets them be. */
const lists = {
  additionalSecurityGroups: [
    "",
    "  additionalSecurityGroups: []\n",
    "  additionalSecurityGroups:\n",
    "  additionalSecurityGroups:\n  - sg-11111111 # the office\n",
    "  additionalSecurityGroups: [sg-11111111, 'sg-22222222']\n",
    "  additionalSecurityGroups: [] # none - yet\n",
    "  additionalSecurityGroups: # why: ask - them\n",
    "  additionalSecurityGroups: # both\n  - # office - home\n    sg-11111111\n  - sg-22222222\n",
    "  additionalSecurityGroups: [ sg-11111111, # office, and home\n    sg-22222222, ] # two\n",
    "  additionalSecurityGroups: [\n    # none, yet\n    ]\n",
  ],
  cloudLabels: [
    "",
    "  cloudLabels: {}\n",
    '  cloudLabels:\n    team:  blue   # ours\n    cost-centre: "17"\n',
    "  cloudLabels: { team: blue }\n",
    "  cloudLabels: {} # none yet\n",
    "  cloudLabels: # none: yet\n",
    "  cloudLabels: { team: blue, # ours\n    cost-centre: '17' } # more\n",
    "  cloudLabels:\n    # which team\n    team: &team blue # ours\n    owner: *team\n",
  ],
  fileAssets: [
    "",
    "  fileAssets:\n    # why: see the wiki\n    - name: motd\n      path: /etc/motd\n      content: |\n        hello\n\n        world\n",
    "  fileAssets: # none\n",
    "  fileAssets: [] # - none\n",
    "  fileAssets: # some\n  - # the - first\n    name: motd # a - b\n    content: x\n",
    "  fileAssets: [{ name: flow, content: 'x, y' }] # - one\n",
    "  fileAssets:\n  - content: >-\n      folded\n      text\n    name: folded # trailing\n  - {name: flow, content: x}\n",
  ],
  hooks: [
    "",
    "  hooks:\n  - name: other.service\n    useRawManifest: true\n    manifest: |-\n      [Unit]\n      Description=other\n\n",
    "  hooks: null\n",
    "  hooks: [] # none\n",
    "  hooks: ~ # none\n",
    "  hooks:\n  - # a - b\n    # c\n    name: other.service\n    manifest: Type=oneshot\n  # the end\n",
  ],
};
const others = [
  "  # a comment\n",
  "  image: ubuntu # pinned\n",
  "\n",
  "  machineType:    t3.medium\n",
  "  nodeLabels:\n    a: 'b'\n",
];
/** The same of a Cluster. */
const clusterOthers = [
  "  # a comment\n",
  "  kubernetesVersion: 1.35.3 # pinned\n",
  "\n",
  "  cloudProvider:    aws\n",
  "  sshAccess:\n  - '203.0.113.0/24'\n",
];
const policies = [
  "",
  "  additionalPolicies: {}\n",
  '  additionalPolicies:\n    node: |\n      [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}]\n',
  '  additionalPolicies:\n    master: |\n      [\n        {"Effect": "Allow",   "Action": ["s3:Get*"], "Resource": ["*"]}\n      ]\n    node: \'[]\'\n',
  "  additionalPolicies: {} # none yet\n",
  "  additionalPolicies: # none yet\n",
  "  additionalPolicies: { node: '[]' } # workers\n",
  "  additionalPolicies: { node: '[]', # workers\n    master: '[]' } # ours\n",
  "  additionalPolicies:\n    control-plane: '' # none yet\n    node: '[]' # nor here\n",
  "  additionalPolicies:\n    master: | # see the wiki\n      []\n",
  '  additionalPolicies:\n    control-plane: \'[{"Sid":"Mine","Effect":"Deny","Action":["*"],"Resource":["*"]}]\'\n',
];

const shuffled = (parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts)
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    .map((all) => all.join(""));
const some = (texts: string[]): fc.Arbitrary<string> => fc.subarray(texts).map((chosen) => chosen.join(""));
const cluster = shuffled([fc.constantFrom(...policies), some(clusterOthers)]).map(
  (spec) =>
    `apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: k8s.example.com\nspec:\n  api: {dns: {}}\n${spec}`,
);
const group = shuffled([...Object.values(lists).map((texts) => fc.constantFrom(...texts)), some(others)]).map(
  (spec) =>
    `# of mine\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  labels:\n    kops.k8s.io/cluster: k8s.example.com\n  name: control-plane\nspec:\n  role: Master\n${spec}`,
);
const workers = fc.constant(
  "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {name: nodes}\nspec:\n  role: Node\n",
);
/** Manifests of a cluster, its control plane and its workers, in any order. */
export const manifests = fc
  .tuple(cluster, group, workers)
  .chain((all) => fc.shuffledSubarray(all, { minLength: 3 }))
  .chain((all) => fc.constantFrom(all.join("---\n"), all.join("---\n").replace(/\n$/, "")));
