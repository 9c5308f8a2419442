/** Stops the applications' way on purpose, and gives it back. Scripts for bash as root. */
import { directories, haproxyUnit, ownerFile, pausedMark } from "./paths";
import { quote } from "./shell";

const check = "secondary-ingress-check.service";

const onNodeOf = (owner: string): string => `found=$(cat ${ownerFile} 2>/dev/null)
[ "$found" = ${quote(owner)} ] || { echo ${quote(`expected a node of the stack '${owner}', found `)}"\${found:-none}" >&2; exit 1; }`;

/** Prints since when HAProxy is stopped, in seconds since 1970; a second pause is the first one still. */
export const renderPause = (owner: string): string => `${onNodeOf(owner)}
grep -qsF ${pausedMark} ${directories.units}/${haproxyUnit} ||
  { echo 'expected the host files of this release, found older ones: pulumi up first' >&2; exit 1; }
[ -s ${pausedMark} ] || { date +%s >${pausedMark}.new && mv ${pausedMark}.new ${pausedMark}; } || { rm -f ${pausedMark}.new; exit 1; }
systemctl stop ${haproxyUnit} || exit 1
systemctl start --no-block ${check}
cat ${pausedMark}
`;

/** Prints `running`. */
export const renderResume = (owner: string): string => `${onNodeOf(owner)}
rm -f ${pausedMark}
systemctl reset-failed ${haproxyUnit} 2>/dev/null
systemctl start ${haproxyUnit} || { journalctl -u ${haproxyUnit} -n 1 --no-pager -o cat >&2; exit 1; }
systemctl start --no-block ${check}
echo running
`;
