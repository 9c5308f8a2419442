/** A pod calls an application by its public address, as cert-manager does before it hands a challenge to the authority. */
import type { KeptLab } from "../../keptLab";
import { internet } from "../../network/addresses";
import type { Outputs } from "../../proof/outputs";
import { describeAnswer, probe } from "../../proof/probe";
import { type Row, row } from "../../proof/row";

/** The operator and the internet's other users. */
const users = `${internet.operator.replace(/\d+$/, "0")}/${internet.prefix}`;
/** @param cluster the API's public address: by it the pods leave the node and come back */
const lists = (cluster: string) =>
  [
    { id: "open", title: "allowedCidrs is open", allowedCidrs: ["0.0.0.0/0"], gets: true },
    { id: "narrow", title: "allowedCidrs leaves out the API's public address", allowedCidrs: [users], gets: false },
    { id: "named", title: "allowedCidrs has the API's public address", allowedCidrs: [users, cluster], gets: true },
  ] as const;

/** @param host a name that the controller serves over HTTP */
export async function selfCheckRows(
  kept: KeptLab,
  { ingressPublicIp: address, apiPublicIp }: Outputs,
  host: string,
): Promise<Row[]> {
  const cluster = `${apiPublicIp}/32`;
  const rows: Row[] = [];
  for (const { id, title, allowedCidrs, gets } of lists(cluster))
    rows.push(
      await row(
        `self-check-${id}`,
        `an application asked by a pod by its public address where ${title}`,
        gets ? "an answer, no warning" : "no answer, and a warning by the run that says what to add",
        () =>
          kept.withConfig(
            "prod",
            (set) => set(["allowedCidrs"], allowedCidrs),
            async () => {
              const { status, stdout, stderr } = await kept.up("prod");
              const warned = `${stdout}${stderr}`.includes(`add ${cluster} to allowedCidrs`);
              const [answer] = await probe([{ from: "pod", address, port: 80, host }]);
              const answered = answer !== undefined && answer.status > 0;
              return {
                ok: status === 0 && answered === gets && warned !== gets,
                observed: `${answer ? describeAnswer(answer) : ""}; ${warned ? "warned" : "no warning"}`,
              };
            },
          ),
      ),
    );
  return rows;
}
