/** The role of a kOps control plane, and the credentials that identify its instances to the endpoint. */
import { createHash } from "node:crypto";
import type { Account, Instance } from "./account";

export interface InstanceProfile {
  instance: Instance;
  /** `masters.k8s.example.com` (kops pkg/model/iam.go). */
  role: string;
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
}

export function profileOf(instance: Instance): InstanceProfile {
  const made = (what: string): string =>
    createHash("sha256").update(`${what} of ${instance.instanceId}`).digest("base64");
  return {
    instance,
    role: `masters.${instance.tags["KubernetesCluster"] ?? ""}`,
    accessKeyId: `ASIA${instance.instanceId.slice(-16).toUpperCase()}`,
    secretAccessKey: made("secret").slice(0, 40),
    token: made("token"),
  };
}

/** The instance that owns an access key; undefined if none does. */
export function profileByKey(account: Account, accessKeyId: string): InstanceProfile | undefined {
  return account.instances.map(profileOf).find((profile) => profile.accessKeyId === accessKeyId);
}
