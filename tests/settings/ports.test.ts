import assert from "node:assert/strict";
import { defaults } from "../../settings/defaults";
import * as ports from "../../settings/ports";

describe("ports", () => {
  const { takenPorts, clientPorts, ...single } = ports;
  const all = [...Object.values(clientPorts), ...Object.values(single)];

  it("are all taken, each once", () => {
    assert.deepEqual([...new Set(takenPorts)].sort(), [...new Set(all)].sort());
    assert.equal(new Set(takenPorts).size, takenPorts.length);
  });

  it("are none of the default NodePorts, nor of a moved API server", () => {
    for (const port of [defaults.httpsNodePort, defaults.httpNodePort, defaults.apiLocalPort])
      assert.ok(!takenPorts.includes(port));
  });
});
