/** Every policy of the pack. Importing it starts nothing. */
import type { Policies } from "@pulumi/policy";
import { apiOpenToEveryone, apiPortsClosed } from "./apiExposure";
import { hostKeyRequired } from "./hostKey";
import { ingressAddressProtected } from "./protectedAddress";
import { statisticsOnLoopback } from "./statistics";
import { shortTtl } from "./ttl";

export const policies = [
  hostKeyRequired,
  statisticsOnLoopback,
  apiPortsClosed,
  shortTtl,
  apiOpenToEveryone,
  ingressAddressProtected,
] satisfies Policies;
