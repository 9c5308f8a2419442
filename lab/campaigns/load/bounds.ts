/** Whether the node has its bounds on the applications. */
import { natRules } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";

/** What would put them back. */
const keepers = "secondary-ingress-guard.service secondary-ingress-check.timer";

export const takeBoundsOff = ({ node }: KeptLab): Promise<string> =>
  node(`systemctl stop ${keepers} && sed '/ct timeout set/d' ${natRules} | nft -f -`);

export const putBoundsOn = ({ node }: KeptLab): Promise<string> =>
  node(`nft -f ${natRules} && systemctl start ${keepers}`);
