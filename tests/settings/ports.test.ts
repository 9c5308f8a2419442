import assert from "node:assert/strict";
import { defaults } from "../../settings/defaults";
import * as ports from "../../settings/ports";

describe("ports", () => {
  const { takenPorts, clientPorts, ...single } = ports;

  it("are all taken, each once, and none is a port of the clients but the API's", () => {
    assert.deepEqual([...takenPorts].sort(), Object.values(single).sort());
    const { https, http } = clientPorts;
    assert.equal(https, ports.apiPort);
    assert.ok(!takenPorts.includes(http));
    assert.equal(new Set(takenPorts).size, takenPorts.length);
  });

  it("are none of the default NodePorts, nor of a moved API server", () => {
    for (const port of [defaults.httpsNodePort, defaults.httpNodePort, defaults.apiLocalPort])
      assert.ok(!takenPorts.includes(port));
  });
});
