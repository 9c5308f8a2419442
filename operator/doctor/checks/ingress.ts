/** The applications: the ingress controller, and what clients get. */
import type { Check, Facts, Verdict } from "../check";
import type { Asked, TlsAnswer } from "../collect/reach";
import type { NodeFacts } from "../collect/node";
import { dualIp, lookAtIngress, ofNode, ofReach, onNode, set, up } from "./define";
import type { Unknown } from "../unknown";

/** Days: certificates of 90 days are renewed 30 days before their end. */
const fewDays = 20;
const lastDays = 3;

const toTheNode = ["INSTANCE_GONE", "INSTANCE_STOPPED"];
const wayIn = [
  ...toTheNode,
  ...[
    "SUBNET_PRIVATE",
    "SECONDARY_UNASSIGNED",
    "ELASTIC_IP_GONE",
    "ELASTIC_IP_UNASSOCIATED",
    "ADDRESS_MISSING",
    "NODE_NOT_OURS",
  ],
  ...["BALANCER_GONE", "NO_TARGET_HEALTHY"],
  ...["PAUSED", "HAPROXY_STOPPED", "HAPROXY_CONFIG_INVALID"],
];
const httpsWay = [...wayIn, "HTTPS_CLOSED", "NAT_RULES_MISSING", "HTTPS_LISTENER_MISSING", "NODE_PORT_HTTPS_SILENT"];
const httpWay = [...wayIn, "HTTP_CLOSED", "HTTP_LISTENER_MISSING", "NODE_PORT_HTTP_SILENT"];
const answered = [...httpsWay, "INGRESS_UNREACHABLE", "INGRESS_IS_API"];

const isApi = ({ names }: TlsAnswer, { outputs }: Facts): boolean =>
  names.includes(`api.internal.${outputs.clusterName}`);
const place = ({ name, address }: Pick<Asked, "name" | "address">, { outputs }: Facts): string =>
  `${name ? `${name} on ` : ""}${address}:${outputs.ingressPort}`;

/** What is wrong with the first answer that is not as it should be; where nobody answers, nothing can be said of it. */
function firstAnswer(
  facts: Facts,
  judge: (asked: Asked) => Verdict | Unknown | undefined,
): Verdict | Unknown | undefined {
  const answers = facts.reach.ingress.filter(({ answer }) => answer.error === "");
  if (answers.length === 0) return { because: "nobody answers over HTTPS" };
  for (const asked of answers) {
    const verdict = judge(asked);
    if (verdict) return verdict;
  }
  return undefined;
}

const lookOnTheWay = (facts: Facts): string =>
  `look whether allowedCidrs or a firewall on the way leaves out this machine; if not, run: ${up(facts)}`;

/** Somebody is there, and does not know the name. */
const lookAtNames =
  "look with 'kubectl get ingresses,gateways,certificates -A' whether the ingress controller has the name and a certificate for it";

/** Days left of the certificates. */
const lasts =
  (days: number, expected: string) =>
  (facts: Facts): Verdict | Unknown | undefined =>
    firstAnswer(facts, (asked) =>
      asked.answer.daysLeft >= days
        ? undefined
        : {
            observed: `${place(asked, facts)}: ${asked.answer.daysLeft} days left`,
            expected,
            fix: "look with 'kubectl get certificates,certificaterequests,challenges -A' why it was not renewed",
          },
    );

/** Who is there and does not answer is there for another setting. */
function silent(port: "HTTPS" | "HTTP", instead: NodeFacts["nodePortHttpsInstead"], facts: Facts): Verdict {
  const expected = port === "HTTPS" ? "any HTTP status, or a TLS alert" : "any HTTP status";
  const answers = `an answer on the ${port} NodePort only`;
  const then = (setting: string, value: string): string => `${set(facts, setting, value)} && ${up(facts)}`;
  switch (instead) {
    case "plain":
      return {
        observed: "an answer without TLS on the HTTPS NodePort, from the node",
        expected,
        fix: `${lookAtIngress} which NodePort is for HTTPS, and run: ${then("httpsNodePort", "<port>")}`,
      };
    case "proxied":
      return { observed: `${answers} with the PROXY protocol`, expected, fix: then("proxyProtocol", "true") };
    case "unproxied":
      return { observed: `${answers} without the PROXY protocol`, expected, fix: then("proxyProtocol", "false") };
    default:
      return { observed: `no answer on the ${port} NodePort, from the node`, expected, fix: lookAtIngress };
  }
}

export const ingressChecks: readonly Check[] = [
  ofNode(
    {
      code: "NODE_PORT_HTTPS_SILENT",
      area: "ingress",
      severity: "error",
      title: "the ingress controller answers on its HTTPS NodePort",
    },
    ({ nodePortHttps, nodePortHttpsInstead }, facts) =>
      nodePortHttps > 0 ? undefined : silent("HTTPS", nodePortHttpsInstead, facts),
  ),
  ofNode(
    {
      code: "NODE_PORT_HTTP_SILENT",
      area: "ingress",
      severity: "error",
      title: "the ingress controller answers on its HTTP NodePort",
      after: ["NODE_PORT_HTTPS_SILENT"],
    },
    ({ nodePortHttp, nodePortHttpInstead }, facts) =>
      nodePortHttp > 0 ? undefined : silent("HTTP", nodePortHttpInstead, facts),
  ),
  ofReach(
    {
      code: "INGRESS_IS_API",
      area: "ingress",
      severity: "error",
      title: "the applications' address does not show the API",
      after: httpsWay,
      modes: dualIp,
    },
    (facts) =>
      firstAnswer(facts, (asked) =>
        isApi(asked.answer, facts)
          ? {
              observed: `the API server answers for ${place(asked, facts)}`,
              expected: "the ingress controller",
              fix: onNode("nft -f /etc/secondary-ingress/nat.nft"),
            }
          : undefined,
      ),
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
      // Without a name to ask for, an ingress controller may refuse whoever asks.
      const found = facts.reach.ingress.find(({ name, answer }) => answer.error !== "" && (name || !answer.refused));
      return (
        found && {
          observed: `${place(found, facts)}: ${found.answer.error}`,
          expected: "a TLS handshake",
          fix: found.answer.refused ? lookAtNames : lookOnTheWay(facts),
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
      const found = facts.reach.http.find(({ status }) => status === 0);
      return (
        found && {
          observed: `${found.address}:${facts.outputs.ingressHttpPort}: ${found.error}`,
          expected: "any HTTP status",
          fix: lookOnTheWay(facts),
        }
      );
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
    (facts) =>
      firstAnswer(facts, (asked) => {
        const { distrust, names } = asked.answer;
        if (distrust === "") return undefined;
        if (!asked.name) return { because: "no appDomains: there is no name to ask for" };
        return {
          observed: `${place(asked, facts)}: ${distrust} (for ${names.join(", ") || "nobody"})`,
          expected: `a certificate for ${asked.name} by an authority that clients trust (--ca for your own)`,
          fix: "look with 'kubectl get certificates,ingresses -A' which certificate the ingress controller has for the name",
        };
      }),
  ),
  ofReach(
    {
      code: "CERTIFICATE_EXPIRED",
      area: "certificate",
      severity: "error",
      title: `the applications' certificates are valid for more than ${lastDays} days`,
      after: answered,
    },
    lasts(lastDays, `at least ${lastDays} days`),
  ),
  ofReach(
    {
      code: "CERTIFICATE_ENDS",
      area: "certificate",
      severity: "warning",
      title: `the applications' certificates are valid for more than ${fewDays} days`,
      after: [...answered, "CERTIFICATE_EXPIRED"],
    },
    lasts(fewDays, `at least ${fewDays} days: it should have been renewed by now`),
  ),
];
