/** The way to the node. */
import type { Check, Facts, Verdict } from "../check";
import type { NodeUnknown } from "../collect/node";
import { dualIp } from "./define";

const after = ["INSTANCE_GONE", "INSTANCE_STOPPED", "API_ADDRESS_LOST"];

/** A finding where the look at the node failed for this reason. */
const whereNode = (
  definition: Pick<Check, "code" | "title">,
  reason: NodeUnknown["reason"],
  verdict: (because: string, facts: Facts) => Verdict,
): Check => ({
  ...definition,
  area: "SSH",
  severity: "error",
  after,
  modes: dualIp,
  reads: "node",
  judge: (facts) => {
    if (!("because" in facts.node)) return undefined;
    if (!("reason" in facts.node)) return facts.node;
    return facts.node.reason === reason ? verdict(facts.node.because, facts) : undefined;
  },
});

export const sshChecks: readonly Check[] = [
  whereNode({ code: "SSH_UNREACHABLE", title: "the node answers on SSH" }, "unreachable", (because) => ({
    observed: because,
    expected: "the node's SSH server, and a security group that lets port 22 in",
    fix: "on the node: systemctl start ssh.service",
  })),
  whereNode(
    { code: "HOST_KEY_DIFFERS", title: "the node shows the host key of the settings" },
    "host key",
    (because, { stack }) => ({
      observed: because,
      expected: "the node's own key: a replaced node has a new one, a stranger too",
      fix: `compare 'ssh-keyscan -t ed25519 <node>' with the EC2 console's system log, then: pulumi config set --stack ${stack} --path kops-secondary-ingress:ssh.hostKey '<key>'`,
    }),
  ),
  whereNode({ code: "SSH_REFUSED", title: "the operator may log in" }, "no login", (because) => ({
    observed: because,
    expected: "a login by the key of sshPrivateKey, or of the SSH agent",
    fix: "ssh-add the node's key, or set kops-secondary-ingress:sshPrivateKey",
  })),
  whereNode({ code: "NO_SUDO", title: "the login may use sudo without a password" }, "sudo", (because) => ({
    observed: because,
    expected: "sudo without a password",
    fix: "see docs/guide.md: the login needs NOPASSWD in /etc/sudoers.d",
  })),
];

/** With one of these, nothing of the node is known. */
export const noSsh = sshChecks.map(({ code }) => code);
