/** What kOps 1.36.2, the newest release, installs: channels/stable, and `LatestEtcd36Version` in pkg/model/components/etcd.go. */
export const kubernetesVersion = "v1.36.3";
export const etcdVersion = "v3.6.12";
/** Its default CNI: pkg/model/components/cilium.go, line 42. */
export const ciliumVersion = "v1.18.6";
