/** The NAT table on a fake node: for how long the kernel tracks the applications' connections. */
import assert from "node:assert/strict";
import { renderNat } from "../../../hostfiles/files/nat";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { hostSettings } from "../settings";

const settings = hostSettings();
const { primaryPrivateIp: primary, secondaryPrivateIp: secondary, httpsNodePort } = settings;

/** Servers at the places that it is told; each connection ends when its client closes it. */
const servers = `
import socket, sys, threading
def serve(listener):
    while True:
        connection, _ = listener.accept()
        while connection.recv(100): pass
        connection.close()
for place in sys.argv[1:]:
    address, port = place.split(":")
    threading.Thread(target=serve, args=(socket.create_server((address, int(port))),)).start()
`;

describe("the NAT table", () => {
  before(async function () {
    await installValidators();
    needsProgram(this, "nft");
    needsProgram(this, "python3");
  });

  // Clients of the applications are in a network of their own.
  const node = onFakeNode((fresh) => {
    fresh.write("/standin/servers", servers);
    fresh.succeed(
      `unshare -n sleep infinity </dev/null >/dev/null 2>&1 & outside=$!
      until [ "$(readlink /proc/$outside/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      echo $outside >/standin/outside
      ip link add ens5 type veth peer name wan netns $outside
      ip addr add ${primary}/24 dev ens5; ip link set ens5 up; ip addr add ${secondary}/32 dev lo
      nsenter -n -t $outside sh -c 'ip addr add 172.20.45.1/24 dev wan; ip link set wan up; ip route add ${secondary} via ${primary}'
      nft -f -
      python3 /standin/servers ${primary}:443 ${primary}:${httpsNodePort} ${secondary}:10443 </dev/null >/dev/null 2>&1 &
      until [ "$(ss -Hltn | wc -l)" = 3 ]; do sleep 0.01; done`,
      { input: renderNat(settings) },
    );
  });
  /** Seconds for which the kernel still tracks a connection that was opened and closed, and its state. */
  const closed = (from: string, address: string, port: number): [state: string, seconds: number] => {
    const client = `import socket; c = socket.create_connection(('${address}', ${port})); c.shutdown(1); c.recv(1)`;
    const listed = node().succeed(
      `${from} python3 -c "${client}"
      for i in $(seq 200); do grep 'dst=${address} .*dport=${port} ' /proc/net/nf_conntrack | grep TIME_WAIT && exit; sleep 0.01; done
      cat /proc/net/nf_conntrack; exit 1`,
    );
    const [, seconds, state = ""] = /tcp +6 (\d+) (\w+) /.exec(listed) ?? [];
    return [state, Number(seconds)];
  };
  const outside = "nsenter -n -t $(cat /standin/outside)";

  it("has the kernel forget closed connections of the applications within seconds, on both sides of HAProxy", () => {
    for (const [from, address, port] of [
      [outside, secondary, 443],
      ["", primary, httpsNodePort],
    ] as const) {
      const [state, seconds] = closed(from, address, port);
      assert.equal(state, "TIME_WAIT");
      assert.ok(seconds <= 5, `${address}:${port}: ${seconds}`);
    }
  });

  it("has the kernel forget a client that ends the connection and does not answer its end", () => {
    const lost =
      "table ip lost { chain output { type filter hook output priority 0; tcp dport 443 tcp flags & fin == 0 drop; }; }";
    const client = `import socket, subprocess, time; c = socket.create_connection(('${secondary}', 443)); subprocess.run(['nft', '${lost}'], check=True); c.shutdown(1); time.sleep(9)`;
    const listed = node().succeed(
      `${outside} python3 -c "${client}" </dev/null >/dev/null 2>&1 &
      for i in $(seq 300); do grep 'dst=${secondary} .*dport=443 ' /proc/net/nf_conntrack | grep LAST_ACK && exit; sleep 0.01; done
      cat /proc/net/nf_conntrack; exit 1`,
    );
    const [, seconds, state] = /tcp +6 (\d+) (\w+) /.exec(listed) ?? [];
    assert.equal(state, "LAST_ACK");
    assert.ok(Number(seconds) <= 5, seconds);
    node().succeed(`${outside} nft delete table ip lost`);
  });

  it("leaves the kernel's own timeouts to other connections", () => {
    const [, seconds] = closed(outside, primary, 443);
    assert.ok(seconds > 5, `${seconds}`);
  });
});
