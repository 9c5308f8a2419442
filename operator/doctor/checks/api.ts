/** The API: the first law. */
import type { Check, Facts, Verdict } from "../check";
import { IngressMode } from "../../../settings/choices";
import { list, ofNode, ofReach, onNode } from "./define";
import { isUnknown, type Unknown } from "../unknown";

/** Days: kOps renews at every boot; below, somebody must look why it did not. */
const fewDays = 20;

const certificateIsApis = (names: string, { outputs }: Facts): boolean =>
  names.includes(`api.internal.${outputs.clusterName}`);

const answersOn = (place: string, names: string, facts: Facts, fix: string): Verdict | undefined =>
  certificateIsApis(names, facts)
    ? undefined
    : {
        observed: names === "none" || names === "" ? `nothing answers on ${place}` : `${names} on ${place}`,
        expected: `the API server's certificate, for api.internal.${facts.outputs.clusterName}`,
        fix,
      };

/** Whatever certificate kOps has given the balancer's listener: the API server's own, or that of its setting `sslCertificate`. */
function throughBalancer(publicIps: readonly string[], { reach }: Facts): Verdict | Unknown | undefined {
  if (publicIps.length === 0)
    return { because: "the API is behind an internal load balancer of kOps, which is not reached from here" };
  if (reach.throughBalancer.some(({ names }) => names.length > 0)) return undefined;
  return {
    observed: list([...new Set(reach.throughBalancer.map(({ error }) => error))]),
    expected: `an answer on port 443 of ${list(publicIps)}, kOps' load balancer in front of the API`,
    fix: "look whether kubernetesApiAccess of the cluster or a firewall on the way leaves out this machine, and with 'aws elbv2 describe-target-health' whether the balancer takes the node for healthy",
  };
}

/** Where kOps leads the API's clients to a balancer of its own that is not recognised, nobody has to reach a node's 443. */
function behindItsOwnBalancer({ aws, outputs }: Facts): Unknown | undefined {
  if (outputs.mode === IngressMode.DualIp) return undefined;
  const { controlPlane, reachedBy } = aws;
  if (!isUnknown(controlPlane) && controlPlane.length > 1)
    return {
      because: `the cluster has ${controlPlane.length} control planes: clients reach the API by kOps' own balancer`,
    };
  if (!isUnknown(reachedBy) && reachedBy[443]?.length === 0)
    return {
      because: "no security group lets anyone reach port 443 of the node, as with kOps' own balancer for the API",
    };
  return undefined;
}

const daysUntil = (end: string): number => Math.floor((Date.parse(end) - Date.now()) / 86_400_000);

const forwarder = ["FORWARDER_RULES_MISSING", "FORWARDER_STOPPED", "FORWARDER_WRONG", "API_PORT_TAKEN"];

export const apiChecks: readonly Check[] = [
  ofNode(
    {
      code: "API_PORT_TAKEN",
      area: "API",
      severity: "error",
      title: "nobody but the API server listens on port 443",
    },
    ({ strangersOn443, strangersUnits }) =>
      strangersOn443.length === 0
        ? undefined
        : {
            observed: `${list(strangersOn443)} on port 443`,
            expected: "kube-apiserver alone: whoever binds 443 first keeps it out after a reboot",
            // A scope is a container or somebody's session: systemd has nothing to disable.
            fix:
              strangersUnits.length > 0 && strangersUnits.every((unit) => /\.(?:service|socket)$/.test(unit))
                ? onNode(`systemctl disable --now ${strangersUnits.join(" ")}`)
                : `end it for good where it is started (${list(strangersUnits)}): look on the node with 'ss -Hltnp "sport = :443"' and 'crictl ps'`,
          },
  ),
  ofNode(
    {
      code: "API_SILENT_ON_PRIMARY",
      area: "API",
      severity: "error",
      title: "the API answers on the primary address, from the node",
      after: forwarder,
    },
    ({ apiOnPrimary }, facts) =>
      answersOn(
        `${facts.outputs.primaryPrivateIp}:443`,
        apiOnPrimary,
        facts,
        onNode("systemctl restart kubelet.service"),
      ),
  ),
  ofNode(
    {
      code: "API_SILENT_ON_LOOPBACK",
      area: "API",
      severity: "error",
      title: "the API answers on 127.0.0.1:443, where the node's own components ask it",
      after: [...forwarder, "API_SILENT_ON_PRIMARY"],
    },
    ({ apiOnLoopback }, facts) =>
      answersOn(
        "127.0.0.1:443",
        apiOnLoopback,
        facts,
        "look on the node with 'nft list ruleset' what drops packets to 127.0.0.1:443, and in the API server's manifest whether --bind-address leaves it out",
      ),
  ),
  ofReach(
    {
      code: "API_UNREACHABLE",
      area: "API",
      severity: "error",
      title: "the API answers from here, on its public address or through kOps' load balancer",
      after: [
        "INSTANCE_GONE",
        "INSTANCE_STOPPED",
        "API_ADDRESS_LOST",
        "SUBNET_PRIVATE",
        "API_SILENT_ON_PRIMARY",
        ...forwarder,
      ],
    },
    (facts): Verdict | Unknown | undefined => {
      const { reach, outputs, aws } = facts;
      if (aws.apiBalancer && !isUnknown(aws.apiBalancer)) return throughBalancer(aws.apiBalancer.publicIps, facts);
      const instead = behindItsOwnBalancer(facts);
      if (instead) return instead;
      if (!reach.api) return { because: "the API has no public address" };
      const names = reach.api.names.join(", ");
      return certificateIsApis(names, facts)
        ? undefined
        : {
            observed: reach.api.error || `the certificate of ${names}`,
            expected: `the API server's certificate on ${outputs.apiPublicIp}:443`,
            fix: "look whether apiAllowedCidrs, a security group or a firewall on the way leaves out this machine",
          };
    },
  ),
  ofNode(
    {
      code: "API_CERTIFICATE_ENDS",
      area: "certificate",
      severity: "warning",
      title: "the API's certificate is valid for weeks",
      after: ["API_SILENT_ON_LOOPBACK", "API_SILENT_ON_PRIMARY", ...forwarder],
    },
    ({ apiCertificateEnd }): Verdict | Unknown | undefined => {
      if (apiCertificateEnd === "") return { because: "the API shows no certificate" };
      const days = daysUntil(apiCertificateEnd);
      return days >= fewDays
        ? undefined
        : {
            observed: `it ends in ${days} days, on ${apiCertificateEnd}`,
            expected: `at least ${fewDays} days; kOps issues a new one at every boot of the node`,
            fix: "replace the node at a quiet time, with 'kops rolling-update cluster --cloudonly --instance-group-roles control-plane --force --yes'",
          };
    },
  ),
];
