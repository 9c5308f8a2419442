/** The way to the node. */
import { quote } from "../../../hostfiles/node/shell";
import type { Check, Facts, Verdict } from "../check";
import { type NodeUnknown, reasons } from "../collect/node";
import { dualIp, onNode, set } from "./define";

const after = ["INSTANCE_GONE", "INSTANCE_STOPPED", "API_ADDRESS_LOST"];

/** A finding where the look at the node failed for this reason; what would have come after the reason is unknown. */
const whereNode = (
  definition: Pick<Check, "code" | "title">,
  reason: NodeUnknown["reason"],
  verdict: (unknown: NodeUnknown, facts: Facts) => Verdict,
): Check => ({
  ...definition,
  area: "SSH",
  severity: "error",
  after,
  modes: dualIp,
  judge: (facts) => {
    const { node } = facts;
    if (!("because" in node)) return undefined;
    if (!("reason" in node)) return node;
    const order = reasons.indexOf(node.reason) - reasons.indexOf(reason);
    if (order < 0) return { because: node.because };
    return order === 0 ? verdict(node, facts) : undefined;
  },
});

export const sshChecks: readonly Check[] = [
  whereNode({ code: "SSH_UNREACHABLE", title: "the node answers on SSH" }, "unreachable", ({ because }) => ({
    observed: because,
    expected: "the node's SSH server, and a security group that lets port 22 in",
    fix: onNode("systemctl start ssh.service"),
  })),
  whereNode(
    { code: "HOST_KEY_DIFFERS", title: "the node shows the host key of the settings" },
    "host key",
    ({ because }, facts) => ({
      observed: because,
      expected: "the node's own key: a replaced node has a new one, a stranger too",
      fix: `compare 'ssh-keyscan -t ed25519 <node>' with the EC2 console's system log, then run: ${set(facts, "ssh.hostKey", "'<key>'")}`,
    }),
  ),
  whereNode({ code: "SSH_REFUSED", title: "the operator may log in" }, "no login", ({ because }) => ({
    observed: because,
    expected: "a login by the key of sshPrivateKey, or of the SSH agent",
    fix: "load the node's key with 'ssh-add', or set kops-secondary-ingress:sshPrivateKey to one without a passphrase",
  })),
  whereNode({ code: "NO_SUDO", title: "the login may use sudo without a password" }, "sudo", ({ because, user }) => ({
    observed: because,
    expected: "sudo without a password",
    fix: onNode(
      `echo ${quote(`${user} ALL=(ALL) NOPASSWD:ALL`)} >/etc/sudoers.d/secondary-ingress && chmod 0440 /etc/sudoers.d/secondary-ingress`,
    ),
  })),
];
