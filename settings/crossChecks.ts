/** Faults between settings that are each valid alone. */
import { apiNameProblem, isApiName } from "./apiNames";
import { IngressMode } from "./choices";
import { defaults } from "./defaults";
import type { Path } from "./faults";
import { howToScan } from "./hostKey";
import { lockOutProblem } from "./lockOut";
import type { Settings } from "./schema";

/** A fault before it has a command that sets an example at its path. */
export interface Problem {
  path: Path;
  problem: string;
  /** To set instead of the example. */
  value?: number | string;
}

/** Settings of which some may be missing, because their own checks refused them. */
type Known = Partial<Settings>;

function domainProblems({ clusterName, appDomains = [], route53ZoneId }: Known): Problem[] {
  const ofTheApi = appDomains.flatMap((domain, index) =>
    clusterName !== undefined && isApiName(domain, clusterName)
      ? [{ path: ["appDomains", index], problem: apiNameProblem(domain) }]
      : [],
  );
  const noneForZone =
    route53ZoneId !== undefined && appDomains.length === 0
      ? [{ path: ["appDomains"], problem: "expected the names to write into route53ZoneId, found none" }]
      : [];
  return [...ofTheApi, ...noneForZone];
}

const portProblems = ({ httpsNodePort, httpNodePort }: Known): Problem[] =>
  httpsNodePort !== undefined && httpsNodePort === httpNodePort
    ? [
        {
          path: ["httpNodePort"],
          problem: `expected another port than httpsNodePort, found ${httpNodePort} for both`,
          value: httpsNodePort === defaults.httpNodePort ? defaults.httpsNodePort : defaults.httpNodePort,
        },
      ]
    : [];

const sshProblems = ({ mode, ssh }: Known): Problem[] =>
  mode === IngressMode.DualIp && ssh === undefined
    ? [
        {
          path: ["ssh", "user"],
          problem: "expected the login on the node, found nothing; mode dual-ip installs files there over SSH",
        },
        { path: ["ssh", "hostKey"], problem: `expected the node's SSH host key, found nothing; ${howToScan}` },
      ]
    : [];

function lockOutProblems({ mode, ssh, apiAllowedCidrs = [], forceApiAllowedCidrs }: Known): Problem[] {
  if (mode !== IngressMode.DualIp) return [];
  const proxied = ssh?.proxy !== undefined;
  const problem = lockOutProblem({ apiAllowedCidrs, proxied, forced: forceApiAllowedCidrs === true });
  return problem === undefined ? [] : [{ path: ["forceApiAllowedCidrs"], problem, value: "true" }];
}

const everyone = "0.0.0.0/0";

/** Route 53's health checkers call from the internet. */
function healthCheckProblems({ mode, healthChecks, allowedCidrs, apiAllowedCidrs = [] }: Known): Problem[] {
  if (healthChecks !== true) return [];
  const path = ["healthChecks"];
  const why = {
    [IngressMode.NodePort]: "which makes nothing that costs money",
    [IngressMode.DualIp]: undefined,
    [IngressMode.LoadBalancer]: "whose balancer checks its nodes itself",
  }[mode ?? IngressMode.DualIp];
  const closed = [
    ...(allowedCidrs?.includes(everyone) === false ? ["allowedCidrs"] : []),
    ...(apiAllowedCidrs.length > 0 && !apiAllowedCidrs.includes(everyone) ? ["apiAllowedCidrs"] : []),
  ];
  return [
    ...(why === undefined ? [] : [{ path, problem: `expected false in mode ${mode}, ${why}, found true` }]),
    ...closed.map((key) => ({
      path,
      problem: `expected ${key} to let in ${everyone}, for Route 53 checks from the internet, found narrower ranges`,
    })),
  ];
}

/** The balancer keeps an address that the stack itself has allocated. */
const keptAddressProblems = ({ mode, keepAddress, allocationId }: Known): Problem[] =>
  mode === IngressMode.LoadBalancer && keepAddress === true && allocationId !== undefined
    ? [
        {
          path: ["keepAddress"],
          problem: `expected false with allocationId, found true: ${allocationId} is not the stack's to keep, and the balancer has addresses of its own`,
        },
      ]
    : [];

export const crossCheck = (known: Known): Problem[] =>
  [domainProblems, portProblems, sshProblems, lockOutProblems, healthCheckProblems, keptAddressProblems].flatMap(
    (problems) => problems(known),
  );
