/** The steps that make the distribution's HAProxy ours: its sandbox, its password, its configuration. */
import { daemonReload, file, isActive, unitPath } from "./fileStep";
import type { HostStep } from "./hostStep";
import { ourVariable, renderHaproxyConfig, renderHaproxyDropIn, renderStatsPassword } from "../files/haproxy";
import { haproxyBefore, haproxyConfig, installedMark, statsPasswordFile } from "../node/paths";
import { httpsListener } from "../../settings/ports";

/** What HAProxy itself says is wrong, as systemctl does not. */
const haproxyJournal = "journalctl -u haproxy -n 5 --no-pager -o cat";

/** Reload HAProxy only when we own its configuration. A reload loses no connection. */
const takenUpBy = (verb: "reload" | "restart"): string =>
  `if [ "$CHANGED" = yes ] && [ -s '${installedMark(haproxyConfig)}' ] && ${isActive("haproxy.service")}; then systemctl ${verb} haproxy.service; fi`;

/** The drop-in is judged beside the distribution's unit. */
const dropInCheck = `units=$(dirname "$FILE")/units
mkdir -p "$units/haproxy.service.d" &&
  cp /lib/systemd/system/haproxy.service "$units/" &&
  cp "$FILE" "$units/haproxy.service.d/" &&
  systemd-analyze verify --man=no "$units/haproxy.service"`;

/** A HAProxy that runs without our sandbox is restarted, ours is reloaded. */
const configActivate = `take_up() {
  systemctl enable -q haproxy.service || return 1
  if ! ${isActive("haproxy.service")}; then systemctl start haproxy.service
  elif [ "$CHANGED" != yes ]; then return 0
  elif grep -qsz '^${ourVariable}=' "/proc/$(systemctl show -p MainPID --value haproxy.service)/environ"; then systemctl reload haproxy.service
  else systemctl restart haproxy.service
  fi
}
take_up || { ${haproxyJournal}; exit 1; }`;

/** The new worker of a reload may find its ports in use only after the fact. */
const configVerify = `for i in $(seq 50); do
  ${isActive("haproxy.service")} && ss -Hltn 'sport = :${httpsListener}' | grep -q . && exit
  sleep 0.1
done
${haproxyJournal}
exit 1`;

export const haproxySteps: readonly HostStep[] = [
  file({
    name: "haproxy-dropin",
    path: unitPath("haproxy.service.d/50-secondary-ingress.conf"),
    needs: [],
    render: renderHaproxyDropIn,
    check: dropInCheck,
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
    activate: configActivate,
    verify: configVerify,
    deactivate: "systemctl stop haproxy.service",
    afterwards: `{ read -r enabled; read -r active; } <${haproxyBefore}; [ "$enabled" = enabled ] || systemctl disable -q haproxy.service; true`,
  }),
];
