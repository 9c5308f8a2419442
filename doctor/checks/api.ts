/** The API: the first law. */
import type { Check, Facts, Unknown, Verdict } from "../check";
import { list, ofNode, ofReach, onNode } from "./define";

/** Days: kOps renews at every boot; below, somebody must look why it did not. */
const fewDays = 20;

const certificateIsApis = (names: string, { outputs }: Facts): boolean =>
  names.includes(`api.internal.${outputs.clusterName}`);

const startApi = onNode("systemctl restart kubelet.service");

const answersOn = (place: string, names: string, facts: Facts): Verdict | undefined =>
  certificateIsApis(names, facts)
    ? undefined
    : {
        observed: names === "none" || names === "" ? `nothing answers on ${place}` : `${names} on ${place}`,
        expected: `the API server's certificate, for api.internal.${facts.outputs.clusterName}`,
        fix: startApi,
      };

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
    ({ strangersOn443 }) =>
      strangersOn443.length === 0
        ? undefined
        : {
            observed: `${list(strangersOn443)} on port 443`,
            expected: "kube-apiserver alone: whoever binds 443 first keeps it out after a reboot; disable it for good",
            fix: onNode(
              `systemctl stop "$(ps -o unit= -p "$(ss -Hltnp 'sport = :443' | grep -v kube-apiserver | grep -o 'pid=[0-9]*' | head -n1 | cut -d= -f2)")"`,
            ),
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
    ({ apiOnPrimary }, facts) => answersOn(`${facts.outputs.primaryPrivateIp}:443`, apiOnPrimary, facts),
  ),
  ofNode(
    {
      code: "API_SILENT_ON_LOOPBACK",
      area: "API",
      severity: "error",
      title: "the API answers on 127.0.0.1:443, where the node's own components ask it",
      after: [...forwarder, "API_SILENT_ON_PRIMARY"],
    },
    ({ apiOnLoopback }, facts) => answersOn("127.0.0.1:443", apiOnLoopback, facts),
  ),
  ofReach(
    {
      code: "API_UNREACHABLE",
      area: "API",
      severity: "error",
      title: "the API answers on its public address, from here",
      after: ["INSTANCE_GONE", "INSTANCE_STOPPED", "API_ADDRESS_LOST", "API_SILENT_ON_PRIMARY", ...forwarder],
    },
    (facts): Verdict | Unknown | undefined => {
      const { reach, outputs } = facts;
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
            fix: "kops rolling-update cluster --cloudonly --instance-group-roles control-plane --force --yes",
          };
    },
  ),
];
