/** What a person stops on purpose stays stopped, on a fake node. */
import assert from "node:assert/strict";
import { renderHaproxyUnit } from "../../../hostfiles/files/haproxy";
import { renderPause, renderResume } from "../../../hostfiles/node/pause";
import { directories, haproxyUnit, ownerFile, pausedMark } from "../../../hostfiles/node/paths";
import { onFakeNode } from "../../support/fakeNode";

const unit = `${directories.units}/${haproxyUnit}`;
const owner = "kops-secondary-ingress/prod";

describe("a pause", () => {
  const node = onFakeNode((fresh) => {
    fresh.write(ownerFile, `${owner}\n`);
    fresh.write(unit, renderHaproxyUnit());
    fresh.succeed(`systemctl enable --now ${haproxyUnit}`);
    fresh.calls();
  });
  const bash = (input: string) => node().run("exec bash -s", { input });
  const isActive = (): boolean => node().run(`systemctl is-active -q ${haproxyUnit}`).status === 0;

  it("stops HAProxy, says since when, and is the first one still if it is asked for again", () => {
    const { status, stdout } = bash(renderPause(owner));
    assert.equal(status, 0);
    assert.match(stdout, /^\d{10}\n$/);
    assert.ok(!isActive());
    node().write(pausedMark, "1\n");
    assert.equal(bash(renderPause(owner)).stdout, "1\n");
  });

  it("ends with HAProxy running", () => {
    bash(renderPause(owner));
    assert.deepEqual(
      [bash(renderResume(owner)).stdout, isActive(), node().exists(pausedMark)],
      ["running\n", true, false],
    );
    assert.equal(bash(renderResume(owner)).stdout, "running\n", "or goes on running");
  });

  const refused = (expected: string, of = owner): void => {
    const { status, stderr } = bash(renderPause(of));
    assert.deepEqual([status, stderr], [1, `${expected}\n`]);
    assert.ok(isActive() && !node().exists(pausedMark), "nothing is stopped");
  };

  it("leaves no mark where there is no room for one", () => {
    node().succeed(`mount -t tmpfs -o size=4k full ${directories.etc}; echo ${owner} >${ownerFile}`);
    const { status } = bash(renderPause(owner));
    assert.deepEqual([status, isActive(), node().exists(pausedMark)], [1, true, false]);
  });

  it("is refused on a node of another stack", () => {
    refused(`expected a node of the stack 'project/o'ther', found ${owner}`, "project/o'ther");
  });

  it("is refused where an older release would start it again", () => {
    node().write(unit, renderHaproxyUnit().replace(/^Condition.*\n/m, ""));
    refused("expected the host files of this release, found older ones: pulumi up first");
  });
});
