/** The second look at the node: which units make up the layout, and what `pulumi up` would find in its way. */
import { handMadeFunctions, type HandMadeSettings } from "../../hostfiles/node/handMade";
import { type PreflightFinding, renderPreflight } from "../../hostfiles/node/preflight";
import { linesBy } from "./clues";

export interface InspectionSettings extends HandMadeSettings {
  owner: string;
  formerOwner: string;
  httpNodePort: number;
}

/** For bash as root; reads only. */
export function renderInspectionScript(settings: InspectionSettings): string {
  return `set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${handMadeFunctions(settings)}
preflight() { bash -s <<'END_OF_PREFLIGHT'
${renderPreflight({ ...settings, adopt: true })}
END_OF_PREFLIGHT
}
# Side by side: listeners that do not answer take seconds.
exec 4< <(preflight 2>&1 | sed 's/^/preflight /')
inspect
lines() { [ -z "$2" ] || sed "s/^/$1 /" <<<"$2"; }
lines layout "$layout"
lines besides "$besides"
echo "secondary $secondary"
[ -z "$secondary" ] || lines file "$(grep -lsF "$secondary" /etc/netplan/* /etc/systemd/network/* /etc/network/interfaces /etc/network/interfaces.d/*)"
cat <&4
echo 'finished yes'
`;
}

/** Something that listens, or would again. */
export interface Part {
  unit: string;
  role: "api" | "https" | "http" | "statistics";
  listener: string;
}

export interface Inspection {
  parts: Part[];
  /** The secondary address on an interface. */
  onInterface?: { prefix: string; device: string };
  /** What units of the layout serve besides it: `<unit> <process> <listener>`. */
  besides: string[];
  /** `""` if there is none. */
  secondaryPrivateIp: string;
  /** Network configuration that names the address. */
  files: string[];
  /** What `pulumi up` would refuse, with `adopt`. */
  faults: PreflightFinding[];
  warnings: PreflightFinding[];
}

/** The preflight's findings as it prints them for people. */
function parseFindings(lines: readonly string[]): Pick<Inspection, "faults" | "warnings"> {
  const found: Pick<Inspection, "faults" | "warnings"> = { faults: [], warnings: [] };
  let kind: keyof typeof found = lines.some((line) => /not ready; nothing was changed/.test(line))
    ? "faults"
    : "warnings";
  for (const [index, line] of lines.entries()) {
    if (/^Warnings:/.test(line)) kind = "warnings";
    const [, code, expected = "", what = ""] = /^ {2}([A-Z_]+): expected (.*), found (.*)$/.exec(line) ?? [];
    const [, fix = ""] = /^ {4}fix: (.*)$/.exec(lines[index + 1] ?? "") ?? [];
    if (code !== undefined) found[kind].push({ code, expected, found: what, fix });
  }
  return found;
}

/** @throws where the script was cut short */
export function parseInspection(text: string): Inspection {
  const lines = linesBy(text);
  if (lines("finished").length === 0) throw new Error("expected the node's whole answer, found it cut short");
  const layout = lines("layout").map((line) => {
    const [unit = "", role = "", ...rest] = line.split(" ");
    return { unit, role, listener: rest.join(" ") };
  });
  const [, prefix, device] =
    /^(\S+) on (\S+)$/.exec(layout.find(({ role }) => role === "address")?.listener ?? "") ?? [];
  return {
    parts: layout.filter((part): part is Part => part.role !== "address"),
    ...(prefix && device ? { onInterface: { prefix, device } } : {}),
    besides: lines("besides"),
    secondaryPrivateIp: lines("secondary")[0] ?? "",
    files: lines("file"),
    ...parseFindings(lines("preflight")),
  };
}
