/**
 * What the steps send to the node, against tests/golden. `UPDATE_GOLDEN=1 npm test` writes them anew; then read the difference.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiForwarder } from "../../settings/choices";
import { NetworkConfig } from "../../hostfiles/hostSettings";
import { allSteps, hostSettings } from "./settings";

const cases = {
  socat: hostSettings(),
  "socket-proxyd": hostSettings({
    apiForwarder: ApiForwarder.SocketProxyd,
    apiLocalPort: 6443,
    proxyProtocol: true,
    httpsNodePort: 32443,
    httpNodePort: 32080,
    healthName: "",
    secondaryPrivateIp: "10.255.255.254",
    requestedIp: "10.255.255.254",
    adopt: true,
    apiAllowedCidrs: ["192.0.2.0/24", "198.51.100.7/32"],
    vpcCidrs: ["172.20.0.0/16"],
    podCidrs: ["10.244.0.0/16"],
    network: NetworkConfig.Networkd,
    reinstall: "2",
  }),
};

for (const [name, settings] of Object.entries(cases)) {
  describe(`host files: ${name}`, () => {
    const directory = join(__dirname, "../golden", name);
    const steps = allSteps(settings);
    const update = process.env["UPDATE_GOLDEN"] === "1";
    if (update) mkdirSync(directory, { recursive: true });

    const compare = (file: string, text: string): void => {
      const path = join(directory, file);
      if (update) writeFileSync(path, text);
      assert.ok(existsSync(path), `${path} is missing: UPDATE_GOLDEN=1 npm test`);
      assert.equal(text, readFileSync(path, "utf8"));
    };

    for (const step of steps) {
      it(step.name, () => compare(step.name, step.stdin(settings)));
    }
    it("commands", () => {
      const lines = steps.flatMap(({ name, create, remove }) => [
        `${name}: ${create(settings)}`,
        `${name}, removal: ${remove?.(settings) ?? "nothing"}`,
      ]);
      compare("commands", `${lines.join("\n")}\n`);
    });
    it("has no golden file too many", () => {
      assert.deepEqual(readdirSync(directory).sort(), [...steps.map((step) => step.name), "commands"].sort());
    });
  });
}
