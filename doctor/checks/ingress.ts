/** The applications: the ingress controller, and what clients get. */
import type { Check, Facts } from "../check";
import type { TlsAnswer } from "../collect/reach";
import { lookAtIngress, ofNode, ofReach, onNode, published, up } from "./define";

/** Days: certificates of 90 days are renewed 30 days before their end. */
const fewDays = 20;
const lastDays = 3;

const toTheNode = ["INSTANCE_GONE", "INSTANCE_STOPPED"];
const wayIn = [
  ...toTheNode,
  ...["SECONDARY_UNASSIGNED", "ELASTIC_IP_GONE", "ELASTIC_IP_UNASSOCIATED", "ADDRESS_MISSING", "NODE_NOT_OURS"],
  ...["BALANCER_GONE", "NO_TARGET_HEALTHY"],
  ...["HAPROXY_STOPPED", "HAPROXY_CONFIG_INVALID"],
];
const httpsWay = [...wayIn, "HTTPS_CLOSED", "NAT_RULES_MISSING", "HTTPS_LISTENER_MISSING", "NODE_PORT_HTTPS_SILENT"];
const httpWay = [...wayIn, "HTTP_CLOSED", "HTTP_LISTENER_MISSING", "NODE_PORT_HTTP_SILENT"];
const answered = [...httpsWay, "INGRESS_UNREACHABLE", "INGRESS_IS_API"];

const isApi = ({ names }: TlsAnswer, { outputs }: Facts): boolean =>
  names.includes(`api.internal.${outputs.clusterName}`);
const place = ({ outputs }: Facts): string => `${outputs.ingressPublicIp}:${outputs.ingressPort}`;
/** The first name whose answer is not as it should be. */
const firstWhere = ({ reach }: Facts, bad: (answer: TlsAnswer) => boolean) =>
  reach.ingress.find(({ answer }) => bad(answer));

export const ingressChecks: readonly Check[] = [
  ofNode(
    {
      code: "NODE_PORT_HTTPS_SILENT",
      area: "ingress",
      severity: "error",
      title: "the ingress controller answers on its HTTPS NodePort",
    },
    ({ nodePortHttps }) =>
      nodePortHttps > 0
        ? undefined
        : {
            observed: "no answer on the HTTPS NodePort, from the node",
            expected: "any HTTP status",
            fix: lookAtIngress,
          },
  ),
  ofNode(
    {
      code: "NODE_PORT_HTTP_SILENT",
      area: "ingress",
      severity: "error",
      title: "the ingress controller answers on its HTTP NodePort",
    },
    ({ nodePortHttp }) =>
      nodePortHttp > 0
        ? undefined
        : {
            observed: "no answer on the HTTP NodePort, from the node",
            expected: "any HTTP status",
            fix: lookAtIngress,
          },
  ),
  ofReach(
    {
      code: "INGRESS_IS_API",
      area: "ingress",
      severity: "error",
      title: "the applications' address does not show the API",
      after: httpsWay,
      modes: published,
    },
    (facts) =>
      firstWhere(facts, (answer) => isApi(answer, facts))
        ? {
            observed: `the API server answers on ${place(facts)}`,
            expected: "the ingress controller",
            fix: onNode("nft -f /etc/secondary-ingress/nat.nft"),
          }
        : undefined,
  ),
  ofReach(
    {
      code: "INGRESS_UNREACHABLE",
      area: "ingress",
      severity: "error",
      title: "the applications answer over HTTPS, from here",
      after: httpsWay,
    },
    (facts) => {
      const found = firstWhere(facts, ({ error }) => error !== "");
      return (
        found && {
          observed: `${found.name || place(facts)}: ${found.answer.error}`,
          expected: `TLS on ${place(facts)}`,
          fix: `look whether allowedCidrs or a firewall on the way leaves out this machine; else ${up(facts)}`,
        }
      );
    },
  ),
  ofReach(
    {
      code: "INGRESS_HTTP_UNREACHABLE",
      area: "ingress",
      severity: "error",
      title: "the applications answer over HTTP, from here",
      after: httpWay,
    },
    (facts) => {
      const { status, error } = facts.reach.http;
      return status > 0
        ? undefined
        : {
            observed: error,
            expected: `any HTTP status on ${facts.outputs.ingressPublicIp}:${facts.outputs.ingressHttpPort}`,
            fix: `look whether allowedCidrs or a firewall on the way leaves out this machine; else ${up(facts)}`,
          };
    },
  ),
  ofReach(
    {
      code: "CERTIFICATE_UNTRUSTED",
      area: "certificate",
      severity: "error",
      title: "clients accept the applications' certificates for their names",
      after: [...answered, "CERTIFICATE_EXPIRED"],
    },
    (facts) => {
      const found = firstWhere(facts, ({ distrust }) => distrust !== "");
      if (!found?.name) return found && { because: "no appDomains: there is no name to ask for" };
      return {
        observed: `${found.name}: ${found.answer.distrust} (for ${found.answer.names.join(", ") || "nobody"})`,
        expected: `a certificate for ${found.name} by an authority that clients trust (--ca for your own)`,
        fix: "kubectl get certificates,ingresses -A",
      };
    },
  ),
  ofReach(
    {
      code: "CERTIFICATE_EXPIRED",
      area: "certificate",
      severity: "error",
      title: `the applications' certificates are valid for more than ${lastDays} days`,
      after: answered,
    },
    (facts) => {
      const found = firstWhere(facts, ({ daysLeft }) => daysLeft < lastDays);
      return (
        found && {
          observed: `${found.name || place(facts)}: ${found.answer.daysLeft} days left`,
          expected: `at least ${lastDays}`,
          fix: "kubectl get certificates,certificaterequests,challenges -A",
        }
      );
    },
  ),
  ofReach(
    {
      code: "CERTIFICATE_ENDS",
      area: "certificate",
      severity: "warning",
      title: `the applications' certificates are valid for more than ${fewDays} days`,
      after: [...answered, "CERTIFICATE_EXPIRED"],
    },
    (facts) => {
      const found = firstWhere(facts, ({ daysLeft }) => daysLeft < fewDays);
      return (
        found && {
          observed: `${found.name || place(facts)}: ${found.answer.daysLeft} days left`,
          expected: `at least ${fewDays}: it should have been renewed by now`,
          fix: "kubectl get certificates,certificaterequests,challenges -A",
        }
      );
    },
  ),
];
