/** Of the lab's control plane. */
export const kubernetesVersion = "v1.35.3";
export const etcdVersion = "v3.6.5";
