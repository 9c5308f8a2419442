/** The names that belong to a cluster's API: kOps makes their records, and nothing of this program ever does. Pure. */

/** @param domain in any form that DNS knows: upper case, with a trailing dot */
export function isApiName(domain: string, clusterName: string): boolean {
  const name = domain.toLowerCase().replace(/\.$/, "");
  const cluster = clusterName.toLowerCase().replace(/\.$/, "");
  return [`api.${cluster}`, `api.internal.${cluster}`].some((api) => name === api || name.endsWith(`.${api}`));
}

/** What is wrong with such a name, for people. */
export const apiNameProblem = (domain: string): string =>
  `expected a name of an application, found '${domain}', which belongs to the cluster's API and to kOps`;
