/**
 * The node's side, step by step. The order makes every prefix of the steps safe. HAProxy comes before the rules that lead to it, so that
 * they never lead to a port where nothing listens: the address may already serve clients. The rules come before the address, so that no
 * client ever sees the API's certificate there. What repairs comes last. Removal runs backwards.
 */
import { addressesBack, addressFile, renderAddress } from "../files/address";
import { renderApiFilter } from "../files/apiFilter";
import { renderApiForwardRules, renderApiSwitch, renderApiSwitchPath, renderApiSwitchUnit } from "../files/apiSwitch";
import { renderCheck, renderCheckTimer, renderCheckUnit } from "../files/check";
import {
  asOperator,
  daemonReload,
  file,
  identity,
  programStep,
  restartIfChanged,
  root,
  rulesCheck,
  shellCheck,
  unitCheck,
  unitPath,
  unitStep,
  unnamedChange,
  whereInstalled,
} from "./fileStep";
import { renderTakeover } from "../files/takeover";
import { forwarderSteps } from "./forwarderSteps";
import { renderGuard, renderGuardUnit } from "../files/guard";
import { haproxySteps } from "./haproxySteps";
import { ApiForwarder } from "../../settings/choices";
import { NetworkConfig } from "../hostSettings";
import type { HostStep } from "./hostStep";
import { renderInstaller } from "../node/installer";
import { natSteps } from "./natSteps";
import { renderPackages } from "../node/packages";
import {
  apiFilterRules,
  apiForwardRules,
  apiForwardState,
  apiSwitchProgram,
  checkMetrics,
  checkProgram,
  checkState,
  directories,
  guardProgram,
  handMadeAddress,
  handMadeRecord,
  hostFileProgram,
  takeoverProgram,
} from "../node/paths";
import { commandLine } from "../node/shell";
import { renderPreflight } from "../node/preflight";

/** Looks, and changes nothing: bash reads the script from stdin. */
export const preflight: HostStep = {
  name: "preflight",
  needs: [
    ...(["owner", "formerOwner", "adopt", "clusterName", "primaryPrivateIp"] as const),
    ...(["requestedIp", "httpsNodePort", "httpNodePort", "apiLocalPort"] as const),
  ],
  stdin: renderPreflight,
  create: (host) => commandLine("bash", "-s", "--", ...identity(host)),
  logging: "stderr",
};

/** The first step that writes: it claims the node for the stack. */
export const installer: HostStep = {
  name: "installer",
  needs: [],
  stdin: renderInstaller,
  create: (host) =>
    root(
      "bash",
      "-c",
      `umask 022; mkdir -p ${directories.lib} ${directories.etc} && f=$(mktemp /run/secondary-ingress.XXXXXX) || exit 1; ` +
        `trap 'rm -f "$f"' EXIT; cat >"$f" && bash -n "$f" && bash "$f" claim "$@"`,
      "installer",
      ...identity(host),
    ),
  remove: (host) =>
    `${whereInstalled(root(hostFileProgram, "release", ...identity(host)))} && ${root("rm", "-rf", directories.run)}`,
};

const packagesStep: HostStep = {
  name: "packages",
  needs: [],
  stdin: renderPackages,
  create: (host) => root("bash", "-s", "install", ...identity(host)),
  remove: (host) => root("bash", "-s", "remove", ...identity(host)),
};

const addresses = "grep -oE '[0-9.]+/32'";

/** A networkd file has its address; a netplan file is one that netplan takes beside the others. */
const addressCheck = `case $FILE in *.yaml) ;; *) grep -q '^Address=' "$FILE"; exit ;; esac
root=$(dirname "$FILE")/root
mkdir -p "$root/etc/netplan"
{ [ ! -d /etc/netplan ] || find /etc/netplan -maxdepth 1 -name '*.yaml' -exec cp -t "$root/etc/netplan" {} +; } &&
  cp "$FILE" "$root/etc/netplan/" && netplan generate --root-dir "$root"`;

/** The new address comes before the old one goes. */
const addressActivate = `case $TARGET in *.yaml) netplan generate || exit 1 ;; *) chmod 0644 "$TARGET" ;; esac
for address in $(${addresses} "$TARGET"); do ip addr replace "$address" dev lo || exit 1; done
for address in $(${addresses} "$PREVIOUS" 2>/dev/null); do
  grep -qF "$address" "$TARGET" || ip addr del "$address" dev lo
done
true`;

/** Where a boot has come between the way back and this. */
const handMadeAddressBack = `if [ -e ${handMadeAddress} ]; then
${addressesBack}
addresses_back ${handMadeAddress}
rm -f ${handMadeAddress}
fi
`;

/** Refuses a list that would cut off the operator who installs it: the rules are tried in a network of their own. */
const operatorIsAllowed = (forced: boolean): string =>
  forced
    ? rulesCheck
    : `${rulesCheck} || exit 1
[ -n "$OPERATOR" ] || exit 0
unshare -n sh -c 'nft -f "$FILE" && nft get element ip secondary_ingress_filter api_allowed "{ $OPERATOR }"' >/dev/null 2>&1 || {
  echo "apiAllowedCidrs: expected a list with your own address $OPERATOR, found one without it: add it, or set forceApiAllowedCidrs"
  exit 1
}`;

const filterStep = (forced: boolean): HostStep =>
  file({
    name: "api-filter",
    armed: true,
    path: apiFilterRules,
    needs: ["primaryPrivateIp", "apiLocalPort", "apiAllowedCidrs", "vpcCidrs", "podCidrs"],
    render: renderApiFilter,
    check: operatorIsAllowed(forced),
    activate: 'nft -f "$TARGET"',
    verify: "nft list table ip secondary_ingress_filter",
    deactivate: "nft delete table ip secondary_ingress_filter 2>/dev/null; true",
    // The guard may have put it back while its file was still there.
    afterwards: "nft delete table ip secondary_ingress_filter 2>/dev/null; true",
  });

/** The old way ends once the new one works, and is back before the new one ends. */
const takeoverStep = file({
  name: "takeover",
  armed: true,
  path: takeoverProgram,
  mode: "0755",
  needs: ["clusterName", "primaryPrivateIp", "secondaryPrivateIp", "httpsNodePort", "apiLocalPort"],
  render: (settings) => renderTakeover({ ...settings, requestedIp: settings.secondaryPrivateIp }),
  check: shellCheck,
  activate: '"$TARGET" take-over',
  deactivate: '[ ! -e "$TARGET" ] || "$TARGET" give-back',
});

/** A takeover that was cut short is in no state, so that nobody removes it: the way to the API does not end before the old one is back. */
const giveBackFirst = `[ ! -e ${handMadeRecord}/complete ] || ${takeoverProgram} give-back || {
  echo 'the layout made by hand is not given back, run pulumi up before pulumi destroy' >&2
  exit 1
}`;

/** The way to the API: all that can alter it, and nothing else. */
function waySteps(apiForwarder: ApiForwarder): HostStep[] {
  return [
    file({
      name: "address",
      armed: true,
      path: ({ network = NetworkConfig.Netplan }) => addressFile[network],
      commandNeeds: ["network"],
      mode: "0600",
      needs: ["network", "secondaryPrivateIp"],
      render: renderAddress,
      check: addressCheck,
      // Never `netplan apply` nor a restart of networkd: these drop the rules and routes of the CNI.
      activate: addressActivate,
      verify: `for a in $(${addresses} "$TARGET"); do ip -4 -o addr show dev lo | grep -qw "$a" || exit 1; done`,
      deactivate: `${handMadeAddressBack}for a in $(${addresses} "$TARGET"); do ip addr del "$a" dev lo 2>/dev/null; done; true`,
      afterwards: "if command -v netplan >/dev/null; then netplan generate; fi",
    }),
    programStep("api-switch", apiSwitchProgram, ["apiLocalPort", "primaryPrivateIp"], renderApiSwitch, { armed: true }),
    file({
      name: "api-forward-rules",
      armed: true,
      path: apiForwardRules,
      needs: ["primaryPrivateIp"],
      render: renderApiForwardRules,
      check: rulesCheck,
      activate:
        'if [ "$CHANGED" = yes ] && nft list table ip secondary_ingress_api >/dev/null 2>&1; then nft -f "$TARGET"; fi',
    }),
    ...forwarderSteps(apiForwarder),
    unitStep("api-switch-unit", "kube-api-switch.service", renderApiSwitchUnit, {
      armed: true,
      activate: `${daemonReload}; systemctl enable -q kube-api-switch.service && systemctl start kube-api-switch.service`,
      verify: `${apiSwitchProgram} agrees`,
      deactivate: `${giveBackFirst}; systemctl disable -q --now kube-api-switch.service; rm -f ${apiForwardState}; nft delete table ip secondary_ingress_api 2>/dev/null; true`,
    }),
    unitStep("api-switch-path", "kube-api-switch.path", renderApiSwitchPath, { armed: true }),
  ];
}

/** Removes what other settings had installed. The engine does that last, after the confirmation. */
const unusedStep = (steps: readonly HostStep[]): HostStep => ({
  name: "unused",
  armed: true,
  needs: [],
  stdin: () => "",
  create: (host) => steps.map((step) => `(${step.remove?.(host)})`).join(" && "),
});

/** Keeps what is armed. Prints `confirmed`, or `again` if something had to be done again; a node without host files has nothing to keep. */
export const confirmCommand = (owner: string, change = unnamedChange): string =>
  `test -x ${hostFileProgram} || { echo confirmed; exit 0; }; ${asOperator("confirm", "--owner", owner, "--armed", change)}`;

/** What the last of the steps writes: once it is in effect, all are. */
export const lastFile = unitPath("secondary-ingress-check.timer");

/** Which of the steps a node needs. */
export interface HostStepsOptions {
  /** Take over a layout made by hand. */
  adopt: boolean;
  apiForwarder: ApiForwarder;
  /** Install the filter of `apiAllowedCidrs`. */
  filterApi: boolean;
  /** Even if it leaves out the operator. */
  forceFilter: boolean;
}

/** The steps that write, for one node, in a safe order: each waits for the one before it, and is undone before that one. */
export function hostSteps({ adopt, apiForwarder, filterApi, forceFilter }: HostStepsOptions): readonly HostStep[] {
  const filter = filterStep(forceFilter);
  const way = [...waySteps(apiForwarder), ...(filterApi ? [filter] : []), ...(adopt ? [takeoverStep] : [])];
  const optional = [takeoverStep, filter, ...Object.values(ApiForwarder).flatMap(forwarderSteps)];
  return [
    installer,
    packagesStep,
    ...haproxySteps,
    ...natSteps(adopt),
    ...way,
    unusedStep(optional.filter(({ name }) => !way.some((step) => step.name === name))),
    programStep("guard", guardProgram, [], renderGuard, {
      activate: restartIfChanged("secondary-ingress-guard.service"),
    }),
    unitStep("guard-unit", "secondary-ingress-guard.service", renderGuardUnit),
    programStep("check", checkProgram, ["clusterName", "primaryPrivateIp", "healthName"], renderCheck),
    file({
      name: "check-unit",
      path: unitPath("secondary-ingress-check.service"),
      needs: [],
      render: renderCheckUnit,
      check: unitCheck,
      activate: daemonReload,
      deactivate: `systemctl stop secondary-ingress-check.service; rm -f ${checkState} ${checkMetrics}`,
      afterwards: daemonReload,
    }),
    unitStep("check-timer", "secondary-ingress-check.timer", renderCheckTimer, {
      // The first check waits for this command's lock, so the command does not wait for the check.
      activate: `${daemonReload}; systemctl enable -q secondary-ingress-check.timer && systemctl restart secondary-ingress-check.timer && systemctl start --no-block secondary-ingress-check.service`,
    }),
  ];
}
