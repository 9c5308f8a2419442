/** The node as it is now: one script, read-only, in one SSH session. */
import { z } from "zod";
import type { StackOutputs } from "../../../outputs/stackOutputs";
import {
  apiFilterRules,
  apiForwardState,
  apiSwitchProgram,
  armedChanges,
  checkState,
  directories,
  forwarderUnits,
  haproxyConfig,
  haproxyProgram,
  haproxyUnit,
  hostFileProgram,
  pathsOfChanges,
  pausedMark,
  ownerFile,
  undoneChanges,
} from "../../../hostfiles/node/paths";
import { redirected } from "../../../hostfiles/files/nat";
import { apiForwardListener, httpListener, httpsListener, statsListener } from "../../../settings/ports";
import { quote } from "../../../hostfiles/node/shell";
import { parseHistory } from "../history";
import { isHostKeyDifference, type Login, runScript } from "../../../components/reach/ssh";
import type { Unknown } from "../unknown";

/** The units that the layout needs. */
export const units = {
  haproxy: haproxyUnit,
  nat: "secondary-ingress-nat.service",
  guard: "secondary-ingress-guard.service",
  timer: "secondary-ingress-check.timer",
  watch: "kube-api-switch.path",
  switch: "kube-api-switch.service",
  forwarder: forwarderUnits.service,
} as const;
type UnitName = keyof typeof units;

const flag = z.enum(["yes", "no"]).transform((word) => word === "yes");
const number = z.coerce.number();
/** Somebody without TLS, or who answers only with the PROXY protocol, or only without it. */
const instead = z.enum(["", "plain", "proxied", "unproxied"]);
const words = z.string().transform((text) => text.split(" ").filter(Boolean));
const unit = z
  .string()
  .regex(/^\S+ \S+$/)
  .transform((text) => ({
    active: text.split(" ")[0] === "active",
    enabled: /^(enabled|static)/.test(text.split(" ")[1] ?? ""),
  }));

const fields = z.object({
  owner: z.string(),
  /** Whether anything of ours is on the node. */
  installed: flag,
  missing: words,
  edited: words,
  /** Files of changes that wait for their confirmation. */
  unconfirmed: words,
  /** Files of changes that did not get it. */
  undone: words,
  onLoopback: flag,
  /** Interface besides lo that has the secondary address. */
  elsewhere: z.string(),
  natRules: flag,
  ...(Object.fromEntries(Object.keys(units).map((name) => [name, unit])) as Record<UnitName, typeof unit>),
  /** Since when HAProxy is stopped on purpose, in seconds since 1970; empty where it is not. */
  paused: z.string(),
  /** What HAProxy says against its configuration. */
  haproxyFaults: z.string(),
  httpsListener: words,
  httpListener: words,
  /** HAProxy's, of the applications' clients: open ones and the limit, by port. Empty where it shows no metrics. */
  connections: words.transform((all) =>
    all.map((each) => {
      const [port = "", open = "", most = ""] = each.split(":");
      return { port, open: Number(open), most: Number(most) };
    }),
  ),
  /** Whoever but the API server listens on 443. */
  strangersOn443: words,
  /** Their units, or those of their sockets. */
  strangersUnits: words,
  apiSwitchAgrees: flag,
  /** The API server has moved, and 443 leads to the forwarder. */
  forwarding: flag,
  apiTable: flag,
  forwarderListener: words,
  /** A list of who reaches the API is installed. */
  apiFilter: flag,
  apiFilterTable: flag,
  /** Names in the certificate, `none` without one. */
  apiOnPrimary: z.string(),
  apiOnLoopback: z.string(),
  /** Of the API's certificate; empty without one. */
  apiCertificateEnd: z.string(),
  /** Status of the answer, 0 without one; 1 for a TLS handshake or alert alone, or for a connection where there is no curl. */
  nodePortHttps: number,
  nodePortHttp: number,
  /** What is there in the place of an answer, so far as it shows. */
  nodePortHttpsInstead: instead,
  nodePortHttpInstead: instead,
  diskFreeMiB: number,
  /** Entries of the kernel's connection tracking table, and its size; empty where it tracks none. */
  tracked: words.transform(([entries, most]) =>
    most === undefined ? undefined : { entries: Number(entries), most: Number(most) },
  ),
  /** Seconds since the check last ran; -1 where it never did. */
  checkAge: number,
  repairsLastHour: number,
  failedRepairs: words,
  history: z.string().transform(parseHistory),
});
export type NodeFacts = z.output<typeof fields>;

export interface NodeQuestion {
  outputs: Pick<StackOutputs, "primaryPrivateIp" | "secondaryPrivateIp">;
  /** A name of the applications, which an ingress controller may ask for; `""` for none. */
  healthName: string;
  httpsNodePort: number;
  httpNodePort: number;
  /** The ingress speaks the PROXY protocol on its NodePorts. */
  proxyProtocol: boolean;
}

const unitLines = Object.entries(units)
  .map(([name, unit]) => `say ${name} "$(word systemctl is-active ${unit}) $(word systemctl is-enabled ${unit})"`)
  .join("\n");

/** For bash as root: one `key value` a line. */
export function renderScript({
  outputs,
  healthName,
  httpsNodePort,
  httpNodePort,
  proxyProtocol,
}: NodeQuestion): string {
  const { primaryPrivateIp, secondaryPrivateIp } = outputs;
  const withProxy = "--haproxy-protocol";
  const [proxy, otherProxy, otherwise] = proxyProtocol ? [withProxy, "", "unproxied"] : ["", withProxy, "proxied"];
  return `export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
primary=${quote(primaryPrivateIp)} secondary=${quote(secondaryPrivateIp)} name=${quote(healthName)}
say() { printf '%s %s\\n' "$1" "$(tr -s '\\n\\t ' ' ' <<<"$2" | sed 's/ $//')"; }
word() { local word; word=$("$@" 2>/dev/null); echo "\${word:-unknown}"; }
whether() { local key=$1; shift; if "$@" >/dev/null 2>&1; then say $key yes; else say $key no; fi; }
listeners() { ss -Hltnp "sport = :$1" | sed -E 's/.* ([^ ]+) +[^ ]+ +users:\\(\\("([^"]+)".*/\\2@\\1/' | sort -u; }
certificate() { timeout 3 openssl s_client -connect "$1:443" -noservername </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName -enddate 2>/dev/null; }
ask() { # scheme, port, option of curl
  local host=\${name:-$primary}
  curl -skv --noproxy '*' -m 3 $3 --resolve "$host:$2:$primary" -o /dev/null -w '\nstatus %{http_code} %{time_appconnect}\n' "$1://$host:$2/" 2>&1
}
# A TLS alert proves that somebody is there, as does a handshake without an answer over HTTP.
answer() { awk '/\\(IN\\), TLS.* alert|TLS fatal alert/ {alert = 1} $1 == "status" {print ($2 + 0 ? $2 + 0 : alert || $3 + 0 ? 1 : 0)}' <<<"$1"; }
status() { # scheme, port
  local said status
  if command -v curl >/dev/null; then
    said=$(ask "$1" "$2" "${proxy}") status=$(answer "$said")
    if [ "$status" != 0 ]; then echo "$status"
    elif grep -qE 'wrong version number|packet length too long|record layer failure' <<<"$said"; then echo 0 plain
    elif [ "$(answer "$(ask "$1" "$2" "${otherProxy}")")" != 0 ]; then echo 0 ${otherwise}
    else echo 0
    fi
  else timeout 3 bash -c "exec 7</dev/tcp/$primary/$2" 2>/dev/null && echo 1 || echo 0
  fi
}
# Side by side: each takes its three seconds where nobody answers.
exec 3< <(certificate "$primary") 4< <(certificate 127.0.0.1) 5< <(status https ${httpsNodePort}) 6< <(status http ${httpNodePort})
${redirected}
say owner "$(cat ${ownerFile} 2>/dev/null)"
whether installed test -d ${directories.etc}/installed
say missing "$(${hostFileProgram} drift 2>/dev/null | sed -n 's/^missing //p')"
say edited "$(${hostFileProgram} drift 2>/dev/null | sed -n 's/^edited //p')"
say unconfirmed "$(${pathsOfChanges(armedChanges)})"
say undone "$(${pathsOfChanges(undoneChanges)})"
whether onLoopback sh -c "ip -4 -o addr show dev lo | grep -qw '$secondary/32'"
say elsewhere "$(ip -4 -o addr show | awk -v a="$secondary" '{split($4, p, "/"); if (p[1] == a && $2 != "lo") print $2}')"
whether natRules redirected
${unitLines}
say paused "$(if [ -s ${pausedMark} ]; then cat ${pausedMark}; else stat -c %Y ${pausedMark} 2>/dev/null; fi)"
say haproxyFaults "$(faults=$(${haproxyProgram} -c -f ${haproxyConfig} 2>&1) || head -c 500 <<<"$faults")"
say httpsListener "$(listeners ${httpsListener})"
say httpListener "$(listeners ${httpListener})"
say connections "$(timeout 3 bash -c 'exec 7<>/dev/tcp/127.0.0.1/${statsListener} && printf "GET /metrics?scope=frontend HTTP/1.0\r\n\r\n" >&7 && cat <&7' 2>/dev/null | awk -F'[{}" ]+' '
  /^haproxy_frontend_current_sessions.*"https?"/ {open[$3] = $4 + 0}
  /^haproxy_frontend_limit_sessions.*"https?"/ {most[$3] = $4 + 0}
  END {for (port in most) print port ":" open[port] ":" most[port]}' | sort -r)"
say strangersOn443 "$(listeners 443 | grep -v '^kube-apiserver@')"
say strangersUnits "$(ss -Hltnp 'sport = :443' | grep -v '"kube-apiserver"' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -un | while read -r pid; do
  # What systemd itself listens on is a socket unit's.
  if [ "$pid" = 1 ]; then systemctl list-sockets --no-legend | awk '$1 ~ /:443$/ {print $2}'; else ps -o unit= -p "$pid"; fi
done | sort -u)"
whether apiSwitchAgrees ${apiSwitchProgram} agrees
whether forwarding grep -qs forward ${apiForwardState}
whether apiTable sh -c "nft list table ip secondary_ingress_api | grep -q 'dnat to 127.0.0.1:${apiForwardListener}'"
say forwarderListener "$(listeners ${apiForwardListener})"
whether apiFilter test -e ${apiFilterRules}
whether apiFilterTable sh -c "nft list chain ip secondary_ingress_filter input | grep -q drop"
on_primary=$(cat <&3) on_loopback=$(cat <&4)
names() { grep -v ^notAfter= <<<"\${1:-none}"; }
say apiOnPrimary "$(names "$on_primary")"
say apiOnLoopback "$(names "$on_loopback")"
say apiCertificateEnd "$(sed -n 's/^notAfter=//p' <<<"$on_loopback")"
read -r status instead <&5; say nodePortHttps "$status"; say nodePortHttpsInstead "$instead"
read -r status instead <&6; say nodePortHttp "$status"; say nodePortHttpInstead "$instead"
say tracked "$(cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)"
say diskFreeMiB "$(df -Pm ${directories.etc} | awk 'NR == 2 {print $4}')"
state=$(cat ${checkState} 2>/dev/null)
field() { sed -nE "s/.*\\"$1\\":\\[?([^],}]*).*/\\1/p" <<<"$state" | tr -d '"' | tr , ' '; }
time=$(field time); say checkAge "$([ -n "$time" ] && echo $(($(date +%s) - time)) || echo -1)"
repairs=$(field repairsLastHour); say repairsLastHour "\${repairs:-0}"
say failedRepairs "$(field failed)"
# What the units themselves wrote, and not systemd of them.
say history "$(journalctl -u secondary-ingress-check.service -u ${units.guard} _TRANSPORT=stdout --since -24h -o short-unix --no-pager 2>/dev/null | sed -nE 's/^([0-9]+)\\.[0-9]+ [^ ]+ [^:]+: ((repaired|could not repair).*)/\\1 \\2;/p' | tail -n 3000)"
`;
}

/** @throws where a line is missing: the script was cut short */
export function parseFacts(text: string): NodeFacts {
  const lines = text.split("\n").flatMap((line) => {
    const [, key, value] = /^(\w+) (.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, (value ?? "").trim()] as const];
  });
  return fields.parse(Object.fromEntries(lines));
}

/** Why the node could not be looked at, in the order in which a login gets there. */
export const reasons = ["unreachable", "host key", "no login", "sudo"] as const;

export interface NodeUnknown {
  because: string;
  reason: (typeof reasons)[number];
  /** Who was to log in. */
  user: string;
}

/** By what ssh2 and sudo say. */
export function reasonOf(error: Error): NodeUnknown["reason"] {
  if (isHostKeyDifference(error) || /no matching host key/.test(error.message)) return "host key";
  // A key with a passphrase is refused before anybody is asked.
  if (/authentication|privateKey|passphrase/i.test(error.message)) return "no login";
  if (/sudo|password is required/.test(error.message)) return "sudo";
  return "unreachable";
}

/** Never throws: a node that cannot be reached is a fact too. */
export async function askNode(login: Login, question: NodeQuestion): Promise<NodeFacts | NodeUnknown | Unknown> {
  let text: string;
  try {
    text = await runScript(login, "sudo -n bash -s", renderScript(question));
  } catch (error) {
    const because = (error as Error).message.split("\n")[0] ?? "";
    return { because, reason: reasonOf(error as Error), user: login.ssh.user };
  }
  try {
    return parseFacts(text);
  } catch {
    return { because: "the node's answer was cut short" };
  }
}
