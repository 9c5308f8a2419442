/** The steps that make the distribution's HAProxy ours: its sandbox, its password, its configuration. */
import { daemonReload, file, isActive, unitPath } from "./fileStep";
import type { HostStep } from "./hostStep";
import { ourVariable, renderHaproxyConfig, renderHaproxyDropIn, renderStatsPassword } from "../files/haproxy";
import { haproxyBefore, haproxyConfig, installedMark, statsPasswordFile } from "../node/paths";
import { httpsListener } from "../../settings/ports";

/** What HAProxy itself says is wrong, as systemctl does not. */
const haproxyJournal = "journalctl -u haproxy -n 5 --no-pager -o cat";

/** HAProxy takes up what has changed once its configuration is ours; before, it is somebody else's. A reload loses no connection. */
const takenUpBy = (verb: "reload" | "restart"): string =>
  `if [ "$CHANGED" = yes ] && [ -s '${installedMark(haproxyConfig)}' ] && ${isActive("haproxy.service")}; then systemctl ${verb} haproxy.service; fi`;

export const haproxySteps: readonly HostStep[] = [
  file({
    name: "haproxy-dropin",
    path: unitPath("haproxy.service.d/50-secondary-ingress.conf"),
    needs: [],
    render: renderHaproxyDropIn,
    check:
      'd=$(dirname "$FILE")/units; mkdir -p "$d/haproxy.service.d" && cp /lib/systemd/system/haproxy.service "$d/" && cp "$FILE" "$d/haproxy.service.d/" && systemd-analyze verify --man=no "$d/haproxy.service"',
    activate: `${daemonReload}; ${takenUpBy("restart")}`,
    // What ran before us runs again without our sandbox: Debian's own configuration wants chroot, which that forbids.
    afterwards: `${daemonReload}; { read -r enabled; read -r active; } <${haproxyBefore}; [ "$active" != active ] || systemctl restart haproxy.service`,
  }),
  file({
    name: "haproxy-password",
    path: statsPasswordFile,
    mode: "0600",
    secret: true,
    needs: ["statsPassword"],
    render: renderStatsPassword,
    activate: takenUpBy("reload"),
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
      "apiAllowedCidrs",
      "vpcCidrs",
      "podCidrs",
    ],
    render: renderHaproxyConfig,
    check: 'haproxy -c -q -f "$FILE"',
    // Somebody else's HAProxy has not our sandbox yet: it is restarted, ours is reloaded.
    activate: `systemctl enable -q haproxy.service && if ! ${isActive("haproxy.service")}; then systemctl start haproxy.service; elif [ "$CHANGED" = yes ]; then if grep -qsz '^${ourVariable}=' "/proc/$(systemctl show -p MainPID --value haproxy.service)/environ"; then systemctl reload haproxy.service; else systemctl restart haproxy.service; fi; fi || { ${haproxyJournal}; exit 1; }`,
    // A reload's new worker may find its ports taken by somebody else only after the fact.
    verify: `for i in $(seq 50); do ${isActive("haproxy.service")} && ss -Hltn 'sport = :${httpsListener}' | grep -q . && exit; sleep 0.1; done; ${haproxyJournal}; exit 1`,
    deactivate: "systemctl stop haproxy.service",
    afterwards: `{ read -r enabled; read -r active; } <${haproxyBefore}; [ "$enabled" = enabled ] || systemctl disable -q haproxy.service; true`,
  }),
];
