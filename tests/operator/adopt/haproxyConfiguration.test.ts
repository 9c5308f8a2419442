import assert from "node:assert/strict";
import { addressesOf, parseSections, serversBehind } from "../../../operator/adopt/haproxyConfiguration";
import { handMadeHaproxy } from "../../hostfiles/handMadeNode";

const secondary = "172.20.45.38";
const usual = (text: string, port = 443, address = secondary) =>
  serversBehind(parseSections(text.split("\n")), { address, port }).usual;
const server = (port: number, change: object = {}) => ({ port, onLoopback: false, proxyProtocol: 0, ...change });

describe("HAProxy's configuration", () => {
  it("leads as the write-up has it", () => {
    const sections = parseSections(handMadeHaproxy().split("\n"));
    assert.deepEqual(addressesOf(sections, [443, 80]), [secondary, secondary]);
    assert.deepEqual(serversBehind(sections, { address: secondary, port: 443 }), {
      usual: [server(30443)],
      conditional: [server(8443, { onLoopback: true })],
    });
    assert.deepEqual(serversBehind(sections, { address: secondary, port: 80 }), {
      usual: [server(30080)],
      conditional: [],
    });
    assert.deepEqual(serversBehind(sections, { address: "172.20.45.37", port: 443 }), { usual: [], conditional: [] });
  });

  const leads: Record<string, [configuration: string, servers: object[]]> = {
    "a listen section": ["listen x\n bind :443\n server a 172.20.45.37:31443", [server(31443)]],
    "several addresses on one line": [
      "listen x\n bind 127.0.0.1:1443,ipv4@172.20.45.38:443 name y\n server a 172.20.45.37:31443 check",
      [server(31443)],
    ],
    "a range of ports": ["listen x\n bind *:443-445\n server a ipv4@172.20.45.37:31443", [server(31443)]],
    "version 2 of the PROXY protocol": [
      "listen x\n bind *:443\n server a 172.20.45.37:31443 check send-proxy-v2-ssl",
      [server(31443, { proxyProtocol: 2 })],
    ],
    "its first version": [
      "listen x\n bind *:443\n server a 172.20.45.37:31443 send-proxy",
      [server(31443, { proxyProtocol: 1 })],
    ],
    "options of the section's servers": [
      "frontend f\n bind *:443\n default_backend b\nbackend b\n default-server send-proxy-v2\n server a 172.20.45.37:1",
      [server(1, { proxyProtocol: 2 })],
    ],
    "options of every section's servers, until other defaults": [
      "defaults\n default-server send-proxy-v2\nlisten x\n bind *:443\n server a 172.20.45.37:1\ndefaults\nlisten y\n bind *:443\n server a 172.20.45.37:2",
      [server(1, { proxyProtocol: 2 }), server(2)],
    ],
    "a comment": ["listen x\n bind *:443 # send-proxy\n # server b 10.0.0.1:1\n server a 172.20.45.37:2", [server(2)]],
    "another port": ["listen x\n bind *:444\n server a 172.20.45.37:1", []],
    "a socket": ["listen x\n bind *:443\n server a /run/x.sock", []],
    "a backend that is not there": ["frontend x\n bind *:443\n default_backend none", []],
  };
  for (const [name, [configuration, servers]] of Object.entries(leads))
    it(`is read with ${name}`, () => {
      assert.deepEqual(usual(configuration), servers);
    });
});
