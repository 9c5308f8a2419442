import assert from "node:assert/strict";
import { guess } from "../../../operator/adopt/guesses";
import { handMadeHaproxy } from "../../hostfiles/handMadeNode";
import { account, clues, settings } from "./support";

const guessed = (change: Parameters<typeof clues>[0] = {}, given = settings) => guess(clues(change), account(), given);
const haproxy = (change: (text: string) => string): string[] => change(handMadeHaproxy()).split("\n");

describe("the settings that the layout suggests", () => {
  it("are those of the write-up", () => {
    assert.deepEqual(guessed(), {
      secondaryPrivateIp: "172.20.45.38",
      httpsNodePort: 30443,
      httpNodePort: 30080,
      apiLocalPort: 8443,
      proxyProtocol: false,
      obstacles: [],
    });
  });

  it("have the NodePorts and the PROXY protocol of HAProxy's servers", () => {
    const found = guessed({
      haproxy: haproxy((text) =>
        text.replace(/30443$/m, "31443 send-proxy-v2").replace(/30080$/m, "31080 send-proxy-v2"),
      ),
    });
    assert.deepEqual(
      [found.httpsNodePort, found.httpNodePort, found.proxyProtocol, found.obstacles],
      [31443, 31080, true, []],
    );
  });

  it("are the stack's own where there is no HAProxy, and its interface's address stays unknown", () => {
    const found = guessed({ haproxy: [] }, { ...settings, httpsNodePort: 32443, proxyProtocol: true });
    assert.deepEqual([found.httpsNodePort, found.proxyProtocol, found.secondaryPrivateIp], [32443, true, ""]);
    assert.equal(
      guessed({ haproxy: haproxy((text) => text.replaceAll("172.20.45.38", "10.9.9.9")) }).secondaryPrivateIp,
      "",
    );
  });

  it("have the API server's port by the manifest, else the forwarder, else HAProxy's way by SNI", () => {
    const forward = ["socat TCP4-LISTEN:443,bind=172.20.45.37,fork TCP4:127.0.0.1:7443"];
    assert.equal(guessed({ securePort: "6443", forward }).apiLocalPort, 6443);
    for (const securePort of ["443", ""]) assert.equal(guessed({ securePort, forward }).apiLocalPort, 7443);
    assert.equal(guessed({ securePort: "", forward: ["systemd-socket-proxyd [::1]:7443"] }).apiLocalPort, 7443);
    const bySni = haproxy((text) => text.replace("127.0.0.1:8443", "127.0.0.1:9443"));
    assert.equal(guessed({ securePort: "443", forward: [], haproxy: bySni }).apiLocalPort, 9443);
    assert.equal(guessed({ securePort: "443", forward: [], haproxy: [] }).apiLocalPort, 8443);
  });

  const obstacles: Record<string, [code: string, change: (text: string) => string]> = {
    "servers on several NodePorts": [
      "NODE_PORT_UNKNOWN",
      (text) => text.replace(/30443$/m, "30443\n  server other 172.20.45.37:30444"),
    ],
    "a server that is on no NodePort": ["NODE_PORT_UNKNOWN", (text) => text.replace(/30080$/m, "8080")],
    "the PROXY protocol on one port only": [
      "PROXY_PROTOCOL_MIXED",
      (text) => text.replace(/30443$/m, "30443 send-proxy-v2"),
    ],
  };
  for (const [name, [code, change]] of Object.entries(obstacles))
    it(`are in doubt with ${name}`, () => {
      assert.deepEqual(
        guessed({ haproxy: haproxy(change) }).obstacles.map((each) => each.code),
        [code],
      );
    });

  it("are in doubt if the stack is set to another address than the layout has", () => {
    const found = guessed({}, { ...settings, secondaryPrivateIp: "172.20.45.40" });
    assert.equal(found.secondaryPrivateIp, "172.20.45.40");
    assert.deepEqual(
      found.obstacles.map(({ code }) => code),
      ["SECONDARY_ADDRESS_DIFFERS"],
    );
    assert.deepEqual(guessed({}, { ...settings, secondaryPrivateIp: "172.20.45.38" }).obstacles, []);
  });
});
