/** A stack's outputs, as DNS tools and scripts read them. */
import { asOperator, type StackName } from "../operator";

/** The outputs that the proof uses; the program exports more. */
export interface Outputs {
  ready: boolean;
  apiPublicIp: string;
  ingressPublicIp: string;
  secondaryPrivateIp: string;
  primaryPrivateIp: string;
  ingressPort: number;
  ingressHttpPort: number;
  allocationId: string;
}

export async function stackOutputs(pulumi: string, stack: StackName): Promise<Outputs> {
  const { status, stdout, stderr } = await asOperator(pulumi, [
    "pulumi",
    "stack",
    "output",
    "--json",
    "--stack",
    stack,
  ]);
  if (status !== 0) throw new Error(`pulumi stack output --stack ${stack}: ${stderr.trim()}`);
  return JSON.parse(stdout) as Outputs;
}
