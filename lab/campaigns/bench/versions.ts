/** Versions of the measured software. */
import type { KeptLab } from "../../keptLab";
import { attempt } from "../../process";

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

export async function versionsOf(kept: KeptLab): Promise<Record<string, string>> {
  const onNode = async (command: string): Promise<string> => firstLine(await kept.node(command));
  const here = async (program: string, flag: string, pattern: RegExp): Promise<string> => {
    const { stdout, stderr } = await attempt(program, [flag]);
    return pattern.exec(`${stdout}${stderr}`)?.[1] ?? "unknown";
  };
  return {
    node: await onNode(". /etc/os-release; echo $PRETTY_NAME"),
    kernel: await onNode("uname -r"),
    "congestion control": await onNode("sysctl -n net.ipv4.tcp_congestion_control"),
    haproxy: await onNode("haproxy -v | sed -E 's/^HAProxy version ([^ ]+).*/\\1/'"),
    nginx: await onNode("/usr/sbin/nginx -v 2>&1 | sed -E 's/.*nginx.//'"),
    nft: await onNode("nft --version | sed -E 's/^nftables v([^ ]+).*/\\1/'"),
    socat: await onNode("socat -V | sed -nE 's/^socat version ([^ ]+).*/\\1/p'"),
    systemd: await onNode("systemctl --version | sed -nE 's/^systemd ([^ ]+).*/\\1/p'"),
    ab: await here("ab", "-V", /Version ([\d.]+)/),
    wrk: await here("wrk", "-v", /wrk (\S+)/),
    pulumi: kept.state.engine.version,
    ...Object.fromEntries(Object.entries(kept.state.plugins).map(([name, kind]) => [`plugin ${name}`, kind])),
    nodejs: process.version,
  };
}
