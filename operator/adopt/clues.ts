/** The first look at the node: what its files say about the layout made by hand, as text. */
import { z } from "zod";
import { directories, handMadeRecord } from "../../hostfiles/node/paths";
import { manifestFunctions } from "../../hostfiles/node/manifest";
import { apiPort } from "../../settings/ports";
import { routeKeywords, sectionKeywords } from "./haproxyConfiguration";

/** For bash as root; reads only. Lines of HAProxy's configuration that may hold a secret are left out. */
export function renderCluesScript(): string {
  return `set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${manifestFunctions}
flags=$(manifest)
echo "securePort $(flag secure-port "$flags")"
echo "bindAddress $(flag bind-address "$flags")"
if [ -e ${handMadeRecord}/complete ]; then echo 'takenOver yes'; else echo 'takenOver no'; fi
words() { tr '\\0' "$2" <"/proc/$1/cmdline" 2>/dev/null; }
# The running ones' configurations and the distribution's.
configurations() {
  local pid
  for pid in $(pgrep -x haproxy); do words "$pid" '\\n' | awk 'before == "-f" {print} {before = $0}'; done
  echo /etc/haproxy/haproxy.cfg
}
configurations | grep -v '^${directories.etc}/' | sort -u | while read -r file; do
  if [ -d "$file" ]; then cat "$file"/*.cfg; else cat "$file"; fi 2>/dev/null |
    awk '$1 ~ /^(${[...sectionKeywords, ...routeKeywords].join("|")})$/ {print "haproxy " $0}'
done
# Who forwards from port ${apiPort}: command lines, running or of units.
for file in ${directories.units}/*.service ${directories.units}/*.socket; do
  case $file in
    *.service) grep -sE '^Exec.*:${apiPort}\\b' "$file" ;;
    *) service=\${file##*/}; service=\${service%.socket}.service
      grep -qsE '^ListenStream=(.*:)?${apiPort}$' "$file" && systemctl cat "$service" 2>/dev/null | grep '^Exec' ;;
  esac
done | sed 's/^/forward /'
ss -Hltnp 'sport = :${apiPort}' | grep -v '"kube-apiserver"' | grep -oE 'pid=[0-9]+' | cut -d= -f2 | sort -u | while read -r pid; do
  [ "$pid" = 1 ] || echo "forward $(words "$pid" ' ')"
done
true
`;
}

const clues = z.object({
  /** `""` if the manifest does not say, or is not there. */
  securePort: z.string(),
  bindAddress: z.string(),
  /** The program has taken the layout over already. */
  takenOver: z.enum(["yes", "no"]).transform((word) => word === "yes"),
  /** Lines of HAProxy's configuration. */
  haproxy: z.array(z.string()),
  /** Command lines. */
  forward: z.array(z.string()),
});
export type Clues = z.output<typeof clues>;

/** Values by the first word of their line. */
export function linesBy(text: string): (key: string) => string[] {
  const lines = text.split("\n").flatMap((line) => {
    const [, key = "", value = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    return key === "" ? [] : [[key, value.trimEnd()] as const];
  });
  return (key) => lines.filter(([each]) => each === key).map(([, value]) => value);
}

/** @throws where the script was cut short */
export function parseClues(text: string): Clues {
  const lines = linesBy(text);
  const one = (key: string): string | undefined => lines(key)[0];
  return clues.parse({
    securePort: one("securePort"),
    bindAddress: one("bindAddress"),
    takenOver: one("takenOver"),
    haproxy: lines("haproxy"),
    forward: lines("forward"),
  });
}
