/** A cut-over to another address takes as long as resolvers keep the old one. */
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { ofType, types } from "./resources";

/** Seconds. */
const longest = 300;

export const shortTtl: ResourceValidationPolicy = {
  name: "dns-ttl-short",
  description: `DNS records live ${longest} seconds at the most.`,
  enforcementLevel: "mandatory",
  validateResource: ofType(types.record, ({ props }, report) => {
    const { ttl } = props as { ttl?: number };
    if (ttl !== undefined && ttl > longest) {
      report(`expected a TTL of ${longest} s or less, found ${ttl}: set dnsTtl`);
    }
  }),
};
