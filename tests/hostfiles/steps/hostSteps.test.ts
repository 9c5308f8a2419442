import assert from "node:assert/strict";
import { ApiForwarder } from "../../../settings/choices";
import { formerHaproxyDropIn } from "../../../hostfiles/node/paths";
import { allSteps, hostSettings } from "../settings";

for (const forwarder of [ApiForwarder.Socat, ApiForwarder.SocketProxyd]) {
  describe(`host steps with ${forwarder}`, () => {
    const settings = hostSettings({ apiForwarder: forwarder, apiAllowedCidrs: ["192.0.2.0/24"] });
    const steps = allSteps(settings);
    const another = forwarder === ApiForwarder.Socat ? ApiForwarder.SocketProxyd : ApiForwarder.Socat;
    const position = (name: string): number => steps.findIndex((step) => step.name === name);

    it("come in an order of which every prefix is safe", () => {
      assert.equal(position("preflight"), 0);
      // HAProxy before the rules that lead to it, rules before the address: nobody ever sees the API's certificate there.
      // prettier-ignore
      const order = ["preflight", "installer", "packages", "haproxy-password", "haproxy-settings", "haproxy-unit", "nat-rules", "nat-unit", "address", "api-forward-rules", "forwarder-unit", "api-switch-unit", "api-switch-path", "api-filter", "unused", "guard-unit", "check", "check-timer"];
      const positions = order.map(position);
      assert.ok(!positions.includes(-1));
      assert.deepEqual(
        positions,
        [...positions].sort((a, b) => a - b),
      );
    });

    it("arm what can alter how the API is reached, all in a row, and nothing else", () => {
      const isArmed = (text = ""): boolean => text.includes(" --armed all");
      const armed = steps.filter((step) => step.armed);
      const forward =
        forwarder === ApiForwarder.Socat
          ? ["api-forward-program", "forwarder-unit"]
          : ["forwarder-socket", "forwarder-cluster-socket", "forwarder-unit"];
      const names = ["address", "api-switch", "api-forward-rules", ...forward, "api-switch-unit", "api-switch-path"];
      assert.deepEqual(
        armed.map(({ name }) => name),
        [...names, "api-filter", "unused"],
      );
      assert.deepEqual(steps.slice(position("address"), position("unused") + 1), armed);
      for (const step of steps) {
        assert.equal(isArmed(step.create(settings)), step.armed === true, step.name);
        if (step.remove) assert.equal(isArmed(step.remove(settings)), step.armed === true, step.name);
        const named = step.create({ ...settings, change: "of-today" });
        assert.equal(named.replaceAll(" --armed of-today", " --armed all"), step.create(settings), step.name);
      }
    });

    it("remove what other settings had installed, before anybody confirms, by the very commands of its removal", () => {
      const other = { ...settings, adopt: true, apiForwarder: another, apiAllowedCidrs: ["192.0.2.0/24"] };
      const unused = (of: typeof settings): string =>
        allSteps(of)
          .find(({ name }) => name === "unused")
          ?.create(of) ?? "";
      const gone = allSteps(other).filter(({ name, armed }) => armed && position(name) === -1);
      assert.equal(gone.length, forwarder === ApiForwarder.Socat ? 3 : 2);
      for (const { name, remove } of gone) assert.ok(unused(settings).includes(remove?.(settings) ?? "none"), name);
      assert.equal(unused(settings).match(/host-file remove/g)?.length, gone.length);
      assert.ok(unused({ ...settings, apiAllowedCidrs: [] }).includes("api-filter.nft"));
    });

    it("never bind a port of the clients", () => {
      for (const step of steps) {
        const text = step.stdin(settings);
        assert.doesNotMatch(text, /^\s*bind\s+\S*:(443|80)\b/m, step.name);
        assert.doesNotMatch(text, /ListenStream=(\S*:)?(443|80)$/m, step.name);
        assert.doesNotMatch(text, /LISTEN:(443|80)\b|listen \S+ (443|80)\b/, step.name);
      }
    });

    it("read no setting that they do not name", () => {
      for (const step of steps) {
        const named = Object.fromEntries(step.needs.map((key) => [key, settings[key]])) as unknown as typeof settings;
        assert.equal(step.stdin(named), step.stdin(settings), step.name);
      }
    });

    it("show the password in one secret file only, and in no command", () => {
      const holders = steps.filter((step) => step.stdin(settings).includes(settings.statsPassword));
      assert.deepEqual(
        holders.map(({ name, secret }) => ({ name, secret })),
        [{ name: "haproxy-password", secret: true }],
      );
      for (const { create, remove } of steps) {
        assert.ok(!`${create(settings)}${remove?.(settings)}`.includes(settings.statsPassword));
      }
    });

    it("write every file anew where the user asks for it, and name nothing else in their commands", () => {
      for (const { name, create, stdin } of steps) {
        const again = { ...settings, reinstall: "2" };
        assert.equal(stdin(again), stdin(settings), name);
        assert.equal(create(again).replaceAll(" --reinstall 2", ""), create(settings), name);
        assert.notEqual(create(again), create(settings), name);
      }
    });

    it("name the instance in every command, so that a replaced node is installed anew", () => {
      for (const { name, create } of steps) assert.ok(create(settings).includes(settings.instanceId), name);
    });

    it("leave the distribution's HAProxy to the user, but for the package's own installation and removal", () => {
      const former = `[ ! -e ${formerHaproxyDropIn} ] || systemctl disable -q --now haproxy.service`;
      // The preflight names them and changes nothing.
      const others = steps.filter(({ name }) => !["packages", "preflight"].includes(name));
      for (const { name, create, remove, stdin } of others)
        assert.doesNotMatch(
          // Releases up to 0.2.0 had made it their own.
          `${stdin(settings)}${create(settings)}${remove?.(settings)}`.replaceAll(former, ""),
          /(?<!secondary-ingress-)haproxy\.service|\/etc\/haproxy|\/run\/haproxy/,
          name,
        );
    });

    it("never apply netplan, restart networkd or flush rules", () => {
      const everything = steps
        .map((step) => `${step.stdin(settings)}${step.create(settings)}${step.remove?.(settings)}`)
        .join("\n");
      assert.doesNotMatch(
        everything,
        /netplan apply|networkctl (reload|reconfigure)|restart systemd-networkd|flush ruleset|nftables\.service/,
      );
    });
  });
}
