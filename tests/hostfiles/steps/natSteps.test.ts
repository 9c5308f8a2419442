/** The removal of the NAT table on a fake node: a connection that it leads to HAProxy goes on to its end. */
import assert from "node:assert/strict";
import { renderNat } from "../../../hostfiles/files/nat";
import { renderInstaller } from "../../../hostfiles/node/installer";
import { hostFileProgram } from "../../../hostfiles/node/paths";
import { natSteps } from "../../../hostfiles/steps/natSteps";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { hostSettings } from "../settings";

/** HAProxy's place and the address's own listener, which say who they are; a client stays with the first while the table goes. */
const program = `
import socket, subprocess, sys, threading, time
address, removal = sys.argv[1], sys.argv[2]
def serve(listener, name):
    def answer(connection):
        while connection.recv(100): connection.sendall(name)
        connection.close()
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
for port, name in ((443, b"listener"), (10443, b"haproxy")):
    threading.Thread(target=serve, args=(socket.create_server((address, port)), name), daemon=True).start()
def ask(connection):
    connection.sendall(b"who?")
    return connection.recv(100).decode()
connect = lambda: socket.create_connection((address, 443), timeout=5)
kept = connect()
said = [ask(kept)]
process = subprocess.Popen(["bash", "-c", removal])
while process.poll() is None and ask(connect()) != "listener": time.sleep(0.05)
said += [ask(kept), ask(connect())]
kept.close()
print(*said, process.wait())
`;

describe("the NAT table's steps", () => {
  before(async function () {
    await installValidators();
    needsProgram(this, "nft");
    needsProgram(this, "python3");
  });
  const node = onFakeNode((fresh) => fresh.write(hostFileProgram, renderInstaller(), 0o755));

  it("let open connections end where they are, and lead new ones to the address's own listener", () => {
    const settings = hostSettings();
    node().succeed(`ip addr add ${settings.secondaryPrivateIp}/32 dev lo`);
    const steps = natSteps(false);
    node().hook(
      "secondary-ingress-nat.service",
      `[ "$1" != start ] || nft -f -<<'RULES'\n${renderNat(settings)}\nRULES`,
    );
    for (const step of steps) node().succeed(step.create(settings), { input: step.stdin(settings) });
    const removal = steps.at(-1)?.remove?.(settings) ?? "false";
    const args = [settings.secondaryPrivateIp, removal];
    assert.equal(node().succeed(`exec python3 - "$@"`, { input: program, args }).trim(), "haproxy haproxy listener 0");
    assert.equal(node().succeed("nft list ruleset").trim(), "");
  });
});
