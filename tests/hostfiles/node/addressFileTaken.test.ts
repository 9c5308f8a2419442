/** The node's own file under the name of the layout's, with the real netplan on a fake node. */
import assert from "node:assert/strict";
import { addressFile, renderAddress } from "../../../hostfiles/files/address";
import { NetworkConfig } from "../../../hostfiles/hostSettings";
import { addressFileFunctions } from "../../../hostfiles/node/addressFileTaken";
import { installedMark } from "../../../hostfiles/node/paths";
import { onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { hostSettings } from "../settings";

const settings = hostSettings();
const { primaryPrivateIp: primary, secondaryPrivateIp: secondary } = settings;

describe("a file of the node's own under the name of the layout's", () => {
  before(async function () {
    await installValidators();
    for (const program of ["netplan", "unshare"]) needsProgram(this, program);
  });
  const node = onFakeNode((fresh) => fresh.succeed("rm /usr/local/sbin/netplan"));

  const lost = (network: NetworkConfig, text: string): string[] => {
    node().write(addressFile[network], text, 0o600);
    const script = `set -u\nsecondary=${secondary}\n${addressFileFunctions}\nlost_settings ${network} || true`;
    return node().succeed("bash -s", { input: script }).split("\n").slice(0, -1);
  };
  const ens5 = (...lines: string[]): string =>
    `network:\n  version: 2\n  ethernets:\n    ens5:\n${lines.map((line) => `      ${line}\n`).join("")}`;
  const cloudInit = ens5("dhcp4: true", 'match: {macaddress: "0a:00:00:00:00:01"}', "set-name: ens5");

  it("is the layout made by hand, or loopback's: nothing is lost", () => {
    const byHand = ens5(`addresses: [${secondary}/16]`);
    const harmless = {
      "as written": byHand,
      "with what cloud-init has, too": cloudInit + `      addresses: ["${secondary}/16"]\n      optional: true\n`,
      "of an installation before": renderAddress(settings),
      "of loopback": "network: {version: 2, ethernets: {lo: {addresses: [10.0.0.1/32]}}}\n",
      empty: "",
      "none that netplan takes": "network: [\n",
    };
    for (const [name, text] of Object.entries(harmless)) {
      node().write("/etc/netplan/50-cloud-init.yaml", cloudInit, 0o600);
      assert.deepEqual(lost(NetworkConfig.Netplan, text), [], name);
      node().succeed("rm /etc/netplan/50-cloud-init.yaml");
    }
    assert.deepEqual(lost(NetworkConfig.Netplan, byHand), [], "alone");
    assert.equal(node().succeed("ls /run/systemd /tmp"), "/run/systemd:\n\n/tmp:\n");
  });

  it("is named with what is in it alone", () => {
    node().write("/etc/netplan/50-cloud-init.yaml", ens5("dhcp6: true"), 0o600);
    assert.deepEqual(lost(NetworkConfig.Netplan, ens5(`addresses: [${primary}/16, ${secondary}/16]`)), [
      `ens5 Address=${primary}/16`,
    ]);
    assert.deepEqual(lost(NetworkConfig.Netplan, "network: {version: 2, ethernets: {ens6: {dhcp4: true}}}\n"), [
      "ens6 DHCP=ipv4",
      "ens6 RouteMetric=100",
      "ens6 UseMTU=true",
    ]);
  });

  it("is not the layout's own, whatever somebody has made of it", () => {
    node().write(installedMark(addressFile[NetworkConfig.Netplan]), "");
    assert.deepEqual(lost(NetworkConfig.Netplan, ens5("dhcp4: true")), []);
  });

  it("is one of systemd-networkd, if it is for another link than loopback", () => {
    assert.deepEqual(lost(NetworkConfig.Networkd, renderAddress({ ...settings, network: NetworkConfig.Networkd })), []);
    const own = `[Match]\nName=ens5\n[Network]\nDHCP=yes\nAddress=${secondary}/16\n`;
    assert.deepEqual(lost(NetworkConfig.Networkd, own), ["Name=ens5", "DHCP=yes"]);
    node().write(installedMark(addressFile[NetworkConfig.Networkd]), "");
    assert.deepEqual(lost(NetworkConfig.Networkd, own), []);
  });
});
