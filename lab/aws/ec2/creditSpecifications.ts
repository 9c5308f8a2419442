/** CPU credit option of burstable instances. */
import { z } from "zod";
import type { Instance } from "../account";
import { notFound } from "../errors";
import { filterBy } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2List, withIds } from "./ec2Action";
import { isBurstable } from "./instanceTypes";

/**
 * The default is `unlimited` for t3 and t4g; a type that is not burstable is `standard`
 * (https://github.com/k1LoW/awspec/pull/404).
 */
const cpuCredits = ({ instanceType }: Instance): string => (isBurstable(instanceType) ? "unlimited" : "standard");

/** Without instance IDs, AWS returns only instances with `unlimited`. */
export const describeInstanceCreditSpecifications = ec2List({ InstanceId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.instances,
    request.InstanceId,
    ({ instanceId }) => instanceId,
    (id) => notFound("instance", id),
  );
  const found = filterBy(named, request.Filter, { "instance-id": ({ instanceId }) => instanceId }).filter(
    (instance) => request.InstanceId.length > 0 || cpuCredits(instance) === "unlimited",
  );
  const { items, nextToken } = page(found, request);
  return {
    instanceCreditSpecificationSet: items.map((instance) => ({
      instanceId: instance.instanceId,
      cpuCredits: cpuCredits(instance),
    })),
    nextToken,
  };
});
