/** The steps that install our instance of HAProxy. The distribution's haproxy.service and its configuration are left alone. */
import { enableAndRun, file, isActive, unitStep } from "./fileStep";
import type { HostStep } from "./hostStep";
import { renderHaproxyConfig, renderHaproxyUnit, renderStatsPassword } from "../files/haproxy";
import {
  formerHaproxyDropIn,
  haproxyConfig,
  haproxyProgram,
  haproxyUnit,
  pausedMark,
  statsPasswordFile,
} from "../node/paths";
import { httpListener, httpsListener } from "../../settings/ports";

/** systemctl's errors lack HAProxy's own message. */
const orJournal = (command: string): string =>
  `{ ${command}; } || { journalctl -u ${haproxyUnit} -n 5 --no-pager -o cat; exit 1; }`;

/** Before the unit is installed nothing runs. A reload loses no connection. */
const reloadIfChanged = `if [ "$CHANGED" = yes ] && ${isActive(haproxyUnit)}; then systemctl reload ${haproxyUnit}; fi`;

/**
 * New settings may be what HAProxy needs to start. With `onDestroy` `retain` an upgrade from releases up to 0.2.0 leaves their service running,
 * beside ours on the same port and with the same settings; it ends before they differ.
 */
const reloadOrStart = `if ${isActive(haproxyUnit)}; then
  [ ! -e ${formerHaproxyDropIn} ] || systemctl disable -q --now haproxy.service
  [ "$CHANGED" != yes ] || systemctl reload ${haproxyUnit}
elif systemctl is-enabled -q ${haproxyUnit} 2>/dev/null; then systemctl start ${haproxyUnit}
fi`;

/** A reload succeeds before the new worker has its ports. */
const listens = `[ ! -e ${pausedMark} ] || exit 0
for i in $(seq 50); do
  ${isActive(haproxyUnit)} && ${[httpsListener, httpListener].map((port) => `ss -Hltn 'sport = :${port}' | grep -q .`).join(" && ")} && exit
  sleep 0.1
done
false`;

export const haproxySteps: readonly HostStep[] = [
  file({
    name: "haproxy-password",
    path: statsPasswordFile,
    mode: "0600",
    secret: true,
    needs: ["statsPassword"],
    render: renderStatsPassword,
    activate: reloadIfChanged,
  }),
  file({
    name: "haproxy-settings",
    path: haproxyConfig,
    needs: [
      "clusterName",
      "primaryPrivateIp",
      "secondaryPrivateIp",
      "httpsNodePort",
      "httpNodePort",
      "proxyProtocol",
      "apiAllowedCidrs",
      "vpcCidrs",
      "podCidrs",
    ],
    render: renderHaproxyConfig,
    check: `${haproxyProgram} -c -q -f "$FILE"`,
    activate: orJournal(reloadOrStart),
    verify: `systemctl is-enabled -q ${haproxyUnit} 2>/dev/null || exit 0\n${orJournal(listens)}`,
  }),
  unitStep("haproxy-unit", haproxyUnit, renderHaproxyUnit, {
    activate: orJournal(enableAndRun(haproxyUnit)),
    verify: orJournal(listens),
  }),
];
