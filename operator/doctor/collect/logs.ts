/** What the node's own records say of the secondary ingress, as text for people who help. */
import { directories, haproxyConfig, haproxyProgram } from "../../../hostfiles/node/paths";
import { type Login, runScript } from "../../../components/reach/ssh";
import { units } from "./node";

/** Read-only; no file that holds a secret is among them. */
const script = `export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
show() { echo "== $*"; "$@" 2>&1; echo; }
show uname -a
show cat /etc/os-release
show ${haproxyProgram} -v
show nft --version
show ip -4 addr
show ss -Hltn
show cat ${haproxyConfig}
show ls -la ${directories.etc} ${directories.lib} ${directories.run}
for table in $(nft list tables 2>/dev/null | awk '/secondary_ingress/ {print $3}'); do show nft list table ip $table; done
show systemctl status --no-pager ${Object.values(units).join(" ")}
show journalctl --no-pager -n 500 ${[...Object.values(units), "secondary-ingress-check.service"].map((unit) => `-u ${unit}`).join(" ")}
true
`;

export const askLogs = (login: Login): Promise<string> => runScript(login, "sudo -n bash -s", script);
