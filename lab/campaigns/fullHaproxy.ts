/** Makes HAProxy nearly full: with a limit of ten connections to port 80, of which clients hold nine. */
import { mostConnections } from "../../hostfiles/files/haproxy";
import { haproxyConfig, haproxyUnit } from "../../hostfiles/node/paths";
import type { KeptLab } from "../keptLab";
import { stackOutputs } from "../proof/outputs";

const holders = "lab-holders.service";

export async function fillHaproxy({ node }: KeptLab): Promise<void> {
  const { secondaryPrivateIp } = await stackOutputs("prod");
  // The ingress closes a connection that has been idle for a minute.
  const hold = `hold() { while :; do exec 3<>/dev/tcp/${secondaryPrivateIp}/80; sleep 40; exec 3>&-; done; }; for i in $(seq 9); do hold & done; wait`;
  await node(
    [
      `cp -a ${haproxyConfig} /root/kept`,
      `sed 's/maxconn ${mostConnections.http}$/maxconn 10/' /root/kept >${haproxyConfig}`,
      `systemctl restart ${haproxyUnit}`,
      // HAProxy has read it; nothing else is to see an edited file.
      `cat /root/kept >${haproxyConfig}`,
      `systemd-run -q --unit=${holders} bash -c '${hold}'`,
      "sleep 1",
    ].join(" && "),
  );
}

export const letGo = ({ node }: KeptLab): Promise<string> => node(`systemctl stop ${holders}`);
export const giveLimitBack = ({ node }: KeptLab): Promise<string> => node(`systemctl restart ${haproxyUnit}`);
