/** Installs the stacks' files on the node of a lab that was saved without disks. */
import { overSsh } from "./node/ssh";
import { asOperator, stacks } from "./operator";

interface Deployment {
  deployment: { resources?: { type: string; urn: string; inputs?: Record<string, unknown> }[] };
}

/** An input's value; a secret of an export with --show-secrets holds it as JSON text. */
const inClear = (value: unknown): unknown => {
  const { plaintext } = (value ?? {}) as { plaintext?: string };
  return plaintext === undefined ? value : JSON.parse(plaintext);
};

async function mustRun(urn: string, command: string, stdin = "", host?: string): Promise<void> {
  const { status, stdout, stderr } = await overSsh(command, stdin, host);
  if (status !== 0) throw new Error(`${urn}: ${stdout}${stderr}`);
}

/**
 * Runs the remote commands of both states in order, with their stdin, as the engine ran them. The node then has the
 * files of the release that wrote the states.
 */
export async function installFiles(pulumi: string): Promise<void> {
  for (const stack of stacks) {
    const exported = await asOperator(pulumi, ["pulumi", "stack", "export", "--show-secrets", "--stack", stack]);
    if (exported.status !== 0) throw new Error(`pulumi stack export --stack ${stack}: ${exported.stderr}`);
    const { resources = [] } = (JSON.parse(exported.stdout) as Deployment).deployment;
    for (const { type, urn, inputs = {} } of resources) {
      if (type.endsWith(":ConfirmedChange")) await mustRun(urn, inputs["command"] as string);
      if (type !== "command:remote:Command") continue;
      const [connection, create, stdin] = ["connection", "create", "stdin"].map((name) => inClear(inputs[name]));
      const { host } = connection as { host: string };
      await mustRun(urn, create as string, (stdin ?? "") as string, host);
    }
  }
}
