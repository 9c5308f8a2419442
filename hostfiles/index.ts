/**
 * The node's side, step by step. The order makes every prefix of the steps safe: the rules come before the address, so that
 * nobody ever sees the API's certificate there, and the API's forwarding comes last. Removal runs backwards.
 */
import {
  renderClusterSocket,
  renderForwardSocket,
  renderSocatProgram,
  renderSocatUnit,
  renderSocketProxydUnit,
} from "./apiForward";
import { renderApiForwardRules, renderApiSwitch, renderApiSwitchPath, renderApiSwitchUnit } from "./apiSwitch";
import { renderHaproxyConfig, renderHaproxyDropIn, renderHaproxyEnvironment } from "./haproxy";
import { ApiForwarder, type HostIdentity, type HostSettings, type HostStep } from "./hostStep";
import { renderInstaller } from "./installer";
import { renderNat, renderNatUnit } from "./nat";
import { renderNetplan } from "./netplan";
import { renderPackages } from "./packages";
import {
  apiForwardProgram,
  apiForwardRules,
  apiForwardState,
  apiHasMovedMark,
  apiSwitchProgram,
  directories,
  haproxyBefore,
  haproxyConfig,
  haproxyEnvironment,
  hostFileProgram,
  natRules,
  ownerFile,
} from "./paths";
import { renderPreflight } from "./preflight";
import { commandLine } from "./shell";

export * from "./hostStep";

const root = (...words: string[]): string => commandLine("sudo", "-n", ...words);
const instance = ({ instanceId }: HostIdentity): string[] => ["--instance", instanceId];

const shellCheck = 'bash -n "$FILE"';
const unitCheck = 'systemd-analyze verify --man=no "$FILE"';
const rulesCheck = 'nft -c -f "$FILE"';
const unitPath = (name: string): string => `${directories.units}/${name}`;
const daemonReload = "systemctl daemon-reload";

/** A unit that runs takes up what has changed; one that is not there, or does not run, is left alone. */
const restartIfChanged = (unit: string): string =>
  `if [ "$CHANGED" = yes ] && systemctl is-active -q ${unit}; then systemctl restart ${unit}; fi`;

interface FileStep<Key extends keyof HostSettings> {
  name: string;
  path: string;
  mode?: string;
  secret?: boolean;
  needs: readonly Key[];
  render(settings: Pick<HostSettings, Key>): string;
  /** Shell commands for host-file: see there for what they find in their environment. */
  check?: string;
  activate?: string;
  deactivate?: string;
  afterwards?: string;
}

const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);

function file<Key extends keyof HostSettings = never>(step: FileStep<Key>): Omit<HostStep, "after"> {
  const { path, mode = "0644", check, activate, deactivate, afterwards } = step;
  return {
    name: step.name,
    needs: step.needs,
    ...(step.secret ? { secret: true } : {}),
    stdin: (settings) => step.render(settings),
    create: (host) =>
      root(
        hostFileProgram,
        "install",
        ...instance(host),
        ...["--path", path, "--mode", mode],
        ...option("--check", check),
        ...option("--activate", activate),
        ...option("--deactivate", deactivate),
      ),
    remove: (host) =>
      root(
        hostFileProgram,
        "remove",
        ...instance(host),
        ...["--path", path],
        ...option("--deactivate", deactivate),
        ...option("--afterwards", afterwards),
      ),
  };
}

/** Looks, and changes nothing: bash reads the script from stdin. */
const preflight: Omit<HostStep, "after"> = {
  name: "preflight",
  needs: ["owner", "apiLocalPort", "primaryPrivateIp"],
  stdin: renderPreflight,
  create: (host) =>
    `sudo -n true || { echo 'preflight: expected sudo without a password for this login, found none: see docs/guide.md' >&2; exit 1; }; ${root("bash", "-s", "--", ...instance(host))}`,
};

const installer: Omit<HostStep, "after"> = {
  name: "installer",
  needs: [],
  stdin: renderInstaller,
  create: ({ owner, instanceId }) =>
    root(
      "bash",
      "-c",
      `set -eu; umask 022; mkdir -p ${directories.lib} ${directories.etc}; trap 'rm -f ${hostFileProgram}.new' EXIT; ` +
        `cat >${hostFileProgram}.new; bash -n ${hostFileProgram}.new; chmod 0755 ${hostFileProgram}.new; ` +
        `mv ${hostFileProgram}.new ${hostFileProgram}; printf '%s\\n' "$1" >${ownerFile}`,
      "installer",
      owner,
      instanceId,
    ),
  remove: () => root("rm", "-rf", directories.lib, directories.etc, directories.run),
};

const packagesStep = (forwarder: ApiForwarder): Omit<HostStep, "after"> => ({
  name: "packages",
  needs: [],
  stdin: () => renderPackages(forwarder),
  create: (host) => root("bash", "-s", "install", ...instance(host)),
  remove: (host) => root("bash", "-s", "remove", ...instance(host)),
});

const addresses = "grep -oE '[0-9.]+/32'";
/** Where kube-api-switch.service is installed, it is asked to look again. */
const switchAgain =
  "if systemctl is-enabled -q kube-api-switch.service 2>/dev/null; then systemctl start kube-api-switch.service; fi";

function forwarderSteps(forwarder: ApiForwarder): Omit<HostStep, "after">[] {
  const stop = (unit: string): string => `systemctl stop ${unit} 2>/dev/null; true`;
  const unit = (render: () => string): Omit<HostStep, "after"> =>
    file({
      name: "api-forward-unit",
      path: unitPath("kube-api-forward.service"),
      needs: [],
      render,
      check: unitCheck,
      activate: `${daemonReload}; if [ "$CHANGED" = yes ]; then systemctl stop kube-api-forward.service; ${switchAgain}; fi`,
      deactivate: stop("kube-api-forward.service"),
      afterwards: daemonReload,
    });
  if (forwarder === ApiForwarder.Socat) {
    return [
      file({
        name: "api-forward-program",
        path: apiForwardProgram,
        mode: "0755",
        needs: ["primaryPrivateIp", "apiLocalPort"],
        render: renderSocatProgram,
        check: shellCheck,
        activate: restartIfChanged("kube-api-forward.service"),
      }),
      unit(renderSocatUnit),
    ];
  }
  const socket = (
    name: string,
    unitName: string,
    render: FileStep<"primaryPrivateIp" | "apiLocalPort">["render"],
  ): Omit<HostStep, "after"> =>
    file({
      name,
      path: unitPath(unitName),
      needs: ["primaryPrivateIp", "apiLocalPort"],
      render,
      check: unitCheck,
      activate: `${daemonReload}; ${restartIfChanged(unitName)}`,
      deactivate: stop(unitName),
      afterwards: `${daemonReload}; ${switchAgain}`,
    });
  return [
    socket("api-forward-socket", "kube-api-forward.socket", renderForwardSocket),
    socket("api-forward-cluster-socket", "kube-api-forward-cluster.socket", renderClusterSocket),
    unit(renderSocketProxydUnit),
  ];
}

/** The steps for one node, in a safe order; each comes after the one before it. */
export function hostSteps(forwarder: ApiForwarder): readonly HostStep[] {
  const steps: Omit<HostStep, "after">[] = [
    preflight,
    installer,
    packagesStep(forwarder),
    file({
      name: "nat-rules",
      path: natRules,
      needs: ["secondaryPrivateIp"],
      render: renderNat,
      check: rulesCheck,
      activate:
        'if [ "$CHANGED" = yes ] && systemctl is-active -q secondary-ingress-nat.service; then systemctl reload secondary-ingress-nat.service; fi',
    }),
    file({
      name: "nat-unit",
      path: unitPath("secondary-ingress-nat.service"),
      needs: [],
      render: renderNatUnit,
      check: unitCheck,
      activate: `${daemonReload}; systemctl enable -q --now secondary-ingress-nat.service`,
      deactivate: "systemctl disable -q --now secondary-ingress-nat.service",
      afterwards: daemonReload,
    }),
    file({
      name: "address",
      path: "/etc/netplan/99-secondary-ip.yaml",
      mode: "0600",
      needs: ["secondaryPrivateIp"],
      render: renderNetplan,
      check:
        'r=$(dirname "$FILE")/root; mkdir -p "$r/etc/netplan"; cp /etc/netplan/*.yaml "$r/etc/netplan/" 2>/dev/null; cp "$FILE" "$r/etc/netplan/"; netplan generate --root-dir "$r"',
      // Never `netplan apply` nor a restart of networkd: these drop the rules and routes of the CNI.
      activate: `netplan generate && for a in $(${addresses} "$TARGET"); do ip addr replace "$a" dev lo || exit 1; done; for a in $(${addresses} "$PREVIOUS" 2>/dev/null); do grep -qF "$a" "$TARGET" || ip addr del "$a" dev lo; done`,
      deactivate: `for a in $(${addresses} "$TARGET"); do ip addr del "$a" dev lo 2>/dev/null; done; true`,
      afterwards: "netplan generate",
    }),
    file({
      name: "haproxy-env",
      path: haproxyEnvironment,
      mode: "0600",
      secret: true,
      needs: ["statsPassword"],
      render: renderHaproxyEnvironment,
      activate: restartIfChanged("haproxy.service"),
    }),
    file({
      name: "haproxy-dropin",
      path: unitPath("haproxy.service.d/50-secondary-ingress.conf"),
      needs: [],
      render: renderHaproxyDropIn,
      check:
        'd=$(dirname "$FILE")/units; mkdir -p "$d/haproxy.service.d"; cp /lib/systemd/system/haproxy.service "$d/"; cp "$FILE" "$d/haproxy.service.d/"; systemd-analyze verify --man=no "$d/haproxy.service"',
      activate: `${daemonReload}; ${restartIfChanged("haproxy.service")}`,
      afterwards: daemonReload,
    }),
    file({
      name: "haproxy-config",
      path: haproxyConfig,
      needs: [
        "clusterName",
        "primaryPrivateIp",
        "secondaryPrivateIp",
        "httpsNodePort",
        "httpNodePort",
        "proxyProtocol",
      ],
      render: renderHaproxyConfig,
      check: `set -a; . ${haproxyEnvironment}; haproxy -c -q -f "$FILE"`,
      activate:
        'systemctl enable -q haproxy.service && if systemctl is-active -q haproxy.service; then [ "$CHANGED" = no ] || systemctl reload haproxy.service; else systemctl start haproxy.service; fi',
      deactivate: "systemctl stop haproxy.service",
      afterwards: `{ read -r enabled; read -r active; } <${haproxyBefore}; [ "$enabled" = enabled ] || systemctl disable -q haproxy.service; [ "$active" != active ] || systemctl start haproxy.service`,
    }),
    file({
      name: "api-switch",
      path: apiSwitchProgram,
      mode: "0755",
      needs: ["apiLocalPort"],
      render: renderApiSwitch,
      check: shellCheck,
    }),
    file({
      name: "api-forward-rules",
      path: apiForwardRules,
      needs: ["primaryPrivateIp"],
      render: renderApiForwardRules,
      check: rulesCheck,
      activate:
        'if [ "$CHANGED" = yes ] && nft list table ip secondary_ingress_api >/dev/null 2>&1; then nft -f "$TARGET"; fi',
    }),
    ...forwarderSteps(forwarder),
    file({
      name: "api-switch-unit",
      path: unitPath("kube-api-switch.service"),
      needs: [],
      render: renderApiSwitchUnit,
      check: unitCheck,
      activate: `${daemonReload}; systemctl enable -q kube-api-switch.service && systemctl start kube-api-switch.service`,
      deactivate: `systemctl disable -q --now kube-api-switch.service; nft delete table ip secondary_ingress_api 2>/dev/null; rm -f ${apiForwardState} ${apiHasMovedMark}; true`,
      afterwards: daemonReload,
    }),
    file({
      name: "api-switch-path",
      path: unitPath("kube-api-switch.path"),
      needs: [],
      render: renderApiSwitchPath,
      check: unitCheck,
      activate: `${daemonReload}; systemctl enable -q --now kube-api-switch.path`,
      deactivate: "systemctl disable -q --now kube-api-switch.path",
      afterwards: daemonReload,
    }),
  ];
  return steps.map((step, index) => ({
    ...step,
    after: steps.slice(Math.max(0, index - 1), index).map(({ name }) => name),
  }));
}
