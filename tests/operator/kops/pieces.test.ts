import assert from "node:assert/strict";
import fc from "fast-check";
import { ApiForwarder } from "../../../settings/choices";
import { hostSteps, preflight } from "../../../hostfiles/steps/hostSteps";
import { parseAllDocuments } from "yaml";
import { merge, renderPieces } from "../../../operator/kops/manifest";
import { stepFile, unknowns } from "../../../operator/kops/boot";
import type { Pieces } from "../../../operator/kops/pieces";
import { kopsTypes, readAsKops } from "../../support/account";
import { quote } from "../../../hostfiles/node/shell";
import { allSteps, hostSettings } from "../../hostfiles/settings";
import { needsProgram } from "../../support/needs";
import { kopsFields } from "./kopsFields";
import { manifests } from "./manifests";
import { pieces } from "./settings";

const assetAt = ({ group }: Pieces, path: string): string =>
  group.fileAssets.find((asset) => asset.path === path)?.content ?? "";
const filled = (text: string, values: Record<keyof typeof unknowns, string>): string =>
  Object.entries(unknowns).reduce(
    (done, [key, unknown]) => done.replaceAll(unknown, values[key as keyof typeof unknowns]),
    text,
  );

const variants = {
  socat: {},
  "socket-proxyd, with a filter": {
    apiForwarder: ApiForwarder.SocketProxyd,
    apiAllowedCidrs: ["192.0.2.0/24"],
    vpcCidrs: ["172.20.0.0/16"],
    podCidrs: ["10.244.0.0/16"],
  },
};

/** Random manifests with our pieces in them, one stream of documents. */
const merged = (): string =>
  fc
    .sample(manifests, 40)
    .map((source) => merge(source, pieces()).text)
    .join("---\n");

interface AnyManifest {
  kind: "Cluster" | "InstanceGroup";
  spec: Record<string, unknown>;
}

/** What kOps' API does not know of a manifest, as far as the committed names go. */
function unknownFields({ kind, spec }: AnyManifest): string[] {
  const names = (value: object, type: keyof typeof kopsFields): string[] =>
    Object.keys(value).flatMap((name) =>
      (kopsFields[type] as readonly string[]).includes(name) ? [] : `${type}.${name}`,
    );
  const items = (key: string): object[] => (spec[key] ?? []) as object[];
  return [
    ...names(spec, `${kind}Spec`),
    ...items("fileAssets").flatMap((asset) => names(asset, "FileAssetSpec")),
    ...items("hooks").flatMap((hook) => names(hook, "HookSpec")),
  ];
}

describe("kOps' pieces", () => {
  for (const [name, change] of Object.entries(variants)) {
    it(`${name}: are the very texts and commands that go over SSH, whatever the node's own values are`, () => {
      const ours = pieces(change);
      const ip = fc.ipV4();
      const id = fc.stringMatching(/^i-[0-9a-f]{17}$/);
      const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
      fc.assert(
        fc.property(ip, id, word, (primaryPrivateIp, instanceId, statsPassword) => {
          const values = { primaryPrivateIp, instanceId, statsPassword };
          const settings = hostSettings({ ...change, ...values });
          const boot = filled(assetAt(ours, "/opt/secondary-ingress/boot"), values);
          for (const step of allSteps(settings)) {
            assert.equal(filled(assetAt(ours, stepFile(step.name)), values), step.stdin(settings), step.name);
            assert.ok(boot.includes(`  step ${step.name} ${quote(step.create(settings))} || return 1\n`), step.name);
          }
        }),
        { numRuns: 30 },
      );
    });
  }

  it("hold the steps in their order, the look at the node first", () => {
    const steps = [
      preflight,
      ...hostSteps({ adopt: false, apiForwarder: ApiForwarder.Socat, filterApi: false, forceFilter: false }),
    ];
    const boot = assetAt(pieces(), "/opt/secondary-ingress/boot");
    const found = [...boot.matchAll(/^ {2}step (\S+) /gm)].map(([, name]) => name);
    assert.deepEqual(
      found,
      steps.map(({ name }) => name),
    );
  });

  it("ask kOps for no packages: nodeup starts kubelet only once all of them are installed", () => {
    assert.ok(!("packages" in pieces().group));
  });

  it("hold no secret", () => {
    assert.ok(!renderPieces(pieces()).includes(hostSettings().statsPassword));
  });

  it("refuse what would not fit into a script or a policy", () => {
    assert.throws(() => pieces({ allocationId: "eipalloc-1; reboot" }), /allocationId: expected an id of AWS/);
    assert.throws(() => pieces({ securityGroupId: "default" }), /securityGroupId/);
    assert.throws(() => pieces({ region: "here" }), /region/);
    assert.throws(() => pieces({ secondaryPrivateIp: "" }), /secondaryPrivateIp/);
  });

  it("have no field that kOps' API does not list, in manifests of any form", () => {
    const documents = parseAllDocuments(`${renderPieces(pieces())}---\n${merged()}`);
    const unknown = documents.flatMap((document) => unknownFields(document.toJS() as AnyManifest));
    assert.deepEqual(unknown, []);
    assert.deepEqual(unknownFields({ kind: "InstanceGroup", spec: { fileAsset: [] } }), [
      "InstanceGroupSpec.fileAsset",
    ]);
  });

  describe("and kOps' own types", function () {
    let program: string;
    before(async function () {
      needsProgram(this, "go");
      program = await kopsTypes();
    });

    for (const [name, change] of Object.entries(variants)) {
      it(`${name}: know every field`, async () => {
        assert.deepEqual(await readAsKops(program, renderPieces(pieces(change))), {
          status: 0,
          stdout: "",
          stderr: "",
        });
      });
    }

    it("know every field of manifests of any form with the pieces in them", async () => {
      assert.deepEqual(await readAsKops(program, merged()), { status: 0, stdout: "", stderr: "" });
    });

    it("know the names that stand for them where Go cannot build them", async () => {
      const empty = (type: keyof typeof kopsFields): object =>
        Object.fromEntries(kopsFields[type].map((name) => [name, null]));
      const group = { ...empty("InstanceGroupSpec"), fileAssets: [empty("FileAssetSpec")], hooks: [empty("HookSpec")] };
      const all = [
        { apiVersion: "kops.k8s.io/v1alpha2", kind: "Cluster", spec: empty("ClusterSpec") },
        { apiVersion: "kops.k8s.io/v1alpha2", kind: "InstanceGroup", spec: group },
      ];
      const text = all.map((manifest) => JSON.stringify(manifest)).join("\n---\n");
      assert.deepEqual(await readAsKops(program, text), { status: 0, stdout: "", stderr: "" });
    });

    it("refuse a field that they do not know", async () => {
      const wrong = renderPieces(pieces()).replace("fileAssets:", "fileAsset:");
      assert.match((await readAsKops(program, wrong)).stderr, /unknown field "fileAsset"/);
    });
  });
});
