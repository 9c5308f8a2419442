/**
 * Names of the fields of kOps' API kops.k8s.io/v1alpha2 that manifests may have where our pieces go: kubernetes/kops v1.35.0, commit
 * 226d1534dc695ef7e7cff7a6527091ff337b77e4, pkg/apis/kops/v1alpha2/cluster.go and instancegroup.go. kOps' own types are asked where
 * Go can build them: tests/operator/kops/pieces.test.ts.
 */
// prettier-ignore
export const kopsFields = {
  ClusterSpec: [
    "channel", "addons", "configBase", "cloudProvider", "gossipConfig", "containerRuntime", "kubernetesVersion", "subnets",
    "project", "masterPublicName", "masterInternalName", "networkCIDR", "additionalNetworkCIDRs", "networkID", "topology",
    "secretStore", "keyStore", "configStore", "dnsZone", "dnsControllerGossipConfig", "additionalSans", "clusterDNSDomain",
    "serviceClusterIPRange", "podCIDR", "nonMasqueradeCIDR", "sshAccess", "nodePortAccess", "egressProxy", "sshKeyName",
    "kubernetesApiAccess", "isolateMasters", "updatePolicy", "externalPolicies", "additionalPolicies", "fileAssets",
    "etcdClusters", "docker", "containerd", "kubeDNS", "kubeAPIServer", "kubeControllerManager", "cloudControllerManager",
    "kubeScheduler", "kubeProxy", "kubelet", "masterKubelet", "cloudConfig", "externalDns", "ntp", "packages",
    "nodeTerminationHandler", "nodeProblemDetector", "metricsServer", "certManager", "awsLoadBalancerController",
    "networking", "api", "authentication", "authorization", "nodeAuthorization", "cloudLabels", "hooks", "assets", "iam",
    "encryptionConfig", "DisableSubnetTags", "target", "useHostCertificates", "sysctlParameters", "rollingUpdate",
    "clusterAutoscaler", "warmPool", "serviceAccountIssuerDiscovery", "snapshotController", "karpenter",
    "podIdentityWebhook",
  ],
  InstanceGroupSpec: [
    "manager", "role", "image", "minSize", "maxSize", "autoscale", "autoscalePriority", "machineType", "rootVolumeSize",
    "rootVolumeType", "rootVolumeIops", "rootVolumeThroughput", "rootVolumeOptimization", "rootVolumeDeleteOnTermination",
    "rootVolumeEncryption", "rootVolumeEncryptionKey", "volumes", "volumeMounts", "subnets", "zones", "hooks", "maxPrice",
    "spotDurationInMinutes", "cpuCredits", "associatePublicIp", "additionalSecurityGroups", "cloudLabels", "nodeLabels",
    "fileAssets", "tenancy", "kubelet", "taints", "mixedInstancesPolicy", "capacityRebalance", "additionalUserData",
    "suspendProcesses", "externalLoadBalancers", "detailedInstanceMonitoring", "iam", "securityGroupOverride",
    "instanceProtection", "sysctlParameters", "rollingUpdate", "instanceInterruptionBehavior", "compressUserData",
    "instanceMetadata", "updatePolicy", "warmPool", "containerd", "packages", "guestAccelerators", "maxInstanceLifetime",
    "gcpProvisioningModel",
  ],
  FileAssetSpec: [
    "name", "path", "roles", "content", "isBase64", "mode",
  ],
  HookSpec: [
    "name", "disabled", "roles", "requires", "before", "execContainer", "manifest", "useRawManifest",
  ],
} as const satisfies Record<string, readonly string[]>;
