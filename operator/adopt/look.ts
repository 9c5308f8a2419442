/** Looks at account and node; changes nothing. */
import type { Connection } from "../../components/aws/connection";
import type { Settings } from "../../settings/read";
import { type Login, runAsRoot } from "../../components/reach/ssh";
import { askAccount } from "./account";
import { parseClues, renderCluesScript } from "./clues";
import { guess } from "./guesses";
import { parseInspection, renderInspectionScript } from "./inspection";
import { type Plan, planOf } from "./plan";

export interface LookQuestion {
  /** `<project>/<stack>`. */
  owner: string;
  settings: Settings;
  connection: Connection;
}

/** @throws if AWS or the node could not be looked at */
export async function lookAtLayout({ owner, settings, connection }: LookQuestion): Promise<Plan> {
  const { ssh, sshPrivateKey: privateKey, clusterName, formerStack } = settings;
  if (!ssh) throw new Error("ssh: expected the node's login and host key, found nothing");
  const account = await askAccount(connection, settings);
  const login: Login = {
    ssh,
    address: account.publicIp || account.primaryPrivateIp,
    ...(privateKey ? { privateKey } : {}),
  };
  const clues = parseClues(await runAsRoot(login, renderCluesScript()));
  const guesses = guess(clues, account, settings);
  const { httpsNodePort, httpNodePort, apiLocalPort, secondaryPrivateIp: requestedIp } = guesses;
  const inspection = parseInspection(
    await runAsRoot(
      login,
      renderInspectionScript({
        ...{ owner, formerOwner: formerStack, clusterName, primaryPrivateIp: account.primaryPrivateIp },
        ...{ requestedIp, httpsNodePort, httpNodePort, apiLocalPort },
      }),
    ),
  );
  return planOf({ owner, settings, account, clues, guesses, inspection });
}
