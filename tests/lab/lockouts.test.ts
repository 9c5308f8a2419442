/** A short form of `npm run campaign -- lockouts`. */
import assert from "node:assert/strict";
import { runLockouts, ways } from "../../lab/campaigns/lockouts/campaign";
import { makeApiBalancer } from "../../lab/kops/apiBalancer";
import { onProdLab } from "../support/prodLab";

const chosen = /^a list without the operator, behind a bastion: (the engine is killed|the node loses its power)$/;

describe("a change that locks the operator out", function () {
  const kept = onProdLab();

  it("can be made in thirty ways", () => assert.ok(ways.length >= 30));

  it("is undone by the node alone, and the next run with the former settings finds its way", async () => {
    const lockouts = await runLockouts(kept(), (name) => chosen.test(name));
    assert.equal(lockouts.length, 2);
    assert.deepEqual(
      lockouts.filter(({ broken }) => broken.length > 0),
      [],
    );
    assert.ok((lockouts[0]?.failed ?? 0) > 0, "the change locked nobody out");
  });

  it("leaves nothing to do", async () => {
    const { status, stdout } = await kept().pulumi("preview", "--expect-no-changes", "--stack", "prod");
    assert.equal(status, 0, stdout);
  });

  it("is none if everything is removed, where the stack's own rules alone let the operator in: they go last", async () => {
    await makeApiBalancer(kept());
    const { status, stdout } = await kept().pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
    assert.equal(status, 0, stdout);
    assert.doesNotMatch(stdout, /was not judged/);
  });
});
