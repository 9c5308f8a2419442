/** A released Elastic IP is somebody else's: every client and every DNS record that knows it then leads there. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { ofType, types } from "./resources";

/**
 * Advisory: a protected address also blocks the stack's own `destroy`, which promises to give everything back. Raise it to mandatory
 * (docs/policy.md) where the address is in records that others keep.
 */
export const ingressAddressProtected: ResourceValidationPolicy = {
  name: "ingress-address-protected",
  description: "The applications' Elastic IP cannot be deleted by accident.",
  enforcementLevel: "advisory",
  validateResource: ofType(types.eip, ({ name, opts }, report) => {
    if (!/-(ingress$|balancer-)/.test(name) || opts.protect) return;
    report(
      `expected '${name}' to be protected, found that a destroy or a replacement releases it. ` +
        "In a program of your own, give SecondaryIngressIp the option { protect: true }.",
    );
  }),
};
