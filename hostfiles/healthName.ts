/** The name by which the applications are asked whether they answer: an ingress controller may answer to named SNI alone. */

/** What a client may ask for: any label stands for the wildcard of `*.apps.example.com`. */
export const askable = (domain: string): string => domain.replace(/^\*(?=\.)/, "secondary-ingress-check");

/** @returns a name to ask for, if possible one that is no wildcard; `""` without domains */
export const healthName = (domains: readonly string[]): string =>
  askable(domains.find((domain) => !domain.startsWith("*")) ?? domains[0] ?? "");
