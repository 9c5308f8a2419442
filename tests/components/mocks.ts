/** The engine's part under mocks: what was registered, and the answers of AWS. */
import * as pulumi from "@pulumi/pulumi";
import { filterBy } from "../support/account";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

export interface World {
  clusterName: string;
  /** Ids of running instances with kOps' tags. */
  running: string[];
  /** Ids of instances in other states. */
  others: string[];
  subnet: string;
  publicIp: string;
  /** Of the Elastic IP that the public address is; "" for one that AWS gave at launch. */
  allocationId: string;
  /** What AWS gives where an Elastic IP is asked for, by the resource's name. */
  elasticIps: Readonly<Record<string, string>>;
  /** Elastic IPs with the program's own tags. */
  ownAllocations: string[];
  privateIp: string;
  vpcId: string;
  /** Of the node's interface. */
  tags: Record<string, string>;
  securityGroups: string[];
  /** What the preflight prints. */
  preflight: string;
  /** Name of the hosted zone. */
  zone: string;
  privateZone: boolean;
  /** Rules that a security group may have; 0 where it may not be asked. */
  rulesQuota: number;
  /** Name of a resource that takes its time. */
  slow: string;
  /** Auto Scaling groups by the role in kOps' tags, and the zone of each. */
  workers: Record<string, string>;
  controlPlanes: Record<string, string>;
  subnets: Record<string, Subnet>;
  /** The value of tag Name of the security groups that kOps has made. */
  kopsGroups: string[];
  /** Interfaces by the one group that each has, of those that kOps has made; undefined where AWS does not say. */
  interfacesOf: Record<string, string[]> | undefined;
}

export interface Subnet {
  zone: string;
  tags: Record<string, string>;
}

const ofCluster = { KubernetesCluster: "k8s.example.com" };

/** As kOps tags them, its own and those that it shares with others. */
export const subnetOf = (zone: string, { shared = false, isPublic = true } = {}): Subnet => ({
  zone,
  tags: {
    ...(shared ? {} : ofCluster),
    "kubernetes.io/cluster/k8s.example.com": shared ? "shared" : "owned",
    [`kubernetes.io/role/${isPublic ? "elb" : "internal-elb"}`]: "1",
  },
});

export const elasticIps: World["elasticIps"] = {
  "ingress-ingress": "203.0.113.10",
  "ingress-api": "203.0.113.11",
  "ingress-balancer-eu-central-1a": "203.0.113.12",
  "ingress-balancer-eu-central-1b": "203.0.113.13",
};

export const world = (change: Partial<World> = {}): World => ({
  clusterName: "k8s.example.com",
  running: ["i-0a1b2c3d4e5f60001"],
  others: [],
  subnet: "172.20.32.0/19",
  publicIp: "198.51.100.37",
  allocationId: "",
  elasticIps,
  ownAllocations: [],
  privateIp: "172.20.45.37",
  vpcId: "vpc-1",
  tags: {},
  securityGroups: ["sg-masters"],
  preflight: JSON.stringify({ facts: { network: "netplan", podCidrs: [] } }),
  zone: "example.com",
  privateZone: false,
  rulesQuota: 0,
  slow: "",
  workers: {},
  controlPlanes: { "control-plane-eu-central-1a.masters.k8s.example.com": "eu-central-1a" },
  subnets: {
    "subnet-a": subnetOf("eu-central-1a"),
    "subnet-b": subnetOf("eu-central-1b"),
    "subnet-b2": subnetOf("eu-central-1b"),
    "subnet-private": subnetOf("eu-central-1a", { isPublic: false }),
    "subnet-of-another": { zone: "eu-central-1a", tags: { "kubernetes.io/role/elb": "1" } },
  },
  kopsGroups: ["nodes.k8s.example.com", "masters.k8s.example.com"],
  interfacesOf: {},
  ...change,
});

/** Everything registered and called since the mocks were set. */
export interface Recording {
  resources: Registered[];
  calls: string[];
}

type Filters = { name: string; values: string[] }[];

/** What fits the filters of a call. */
const fitting = <Item extends { tags: Record<string, string> }>(
  items: Item[],
  inputs: Record<string, unknown>,
): Item[] =>
  filterBy(
    items,
    ((inputs["filters"] ?? []) as Filters).map(({ name, values }) => ({ Name: name, Value: values })),
    {},
  );

export async function record(answers: World): Promise<Recording> {
  const recording: Recording = { resources: [], calls: [] };
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, id }) => {
        // Whatever does not wait for it is recorded before it.
        if (name === answers.slow) await new Promise((resolve) => setTimeout(resolve, 300));
        recording.resources.push({ type, name, inputs: inputs as Record<string, unknown> });
        const made: Record<string, Record<string, unknown>> = {
          "aws:ec2/eip:Eip": { publicIp: answers.elasticIps[name], allocationId: `eipalloc-${name}` },
          "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp": {
            privateIpAddress: "172.20.45.38",
            elasticIpFound: true,
          },
          "pulumi-nodejs:dynamic/kops-secondary-ingress:ExistingElasticIp": { publicIp: "203.0.113.77" },
          "pulumi-nodejs:dynamic/kops-secondary-ingress:SeenApi": {
            certificate: "CN=kubernetes-master of CN=kubernetes-ca",
          },
          "random:index/randomPassword:RandomPassword": { result: "correct-horse-battery-staple" },
        };
        if (name.endsWith("-preflight")) made[type] = { stdout: answers.preflight };
        return { id: id || `${name}-id`, state: { ...inputs, ...made[type] } };
      },
      call: ({ token, inputs }) => {
        recording.calls.push(token);
        switch (token) {
          case "aws:ec2/getInstances:getInstances":
            return {
              ids: (inputs["instanceStateNames"] as string[]).includes("running") ? answers.running : answers.others,
            };
          case "aws:ec2/getNetworkInterface:getNetworkInterface":
            return {
              id: "eni-0123456789abcdef0",
              attachments: [{ instanceId: "i-0a1b2c3d4e5f60001" }],
              associations: answers.publicIp
                ? [{ publicIp: answers.publicIp, allocationId: answers.allocationId, associationId: "eipassoc-1" }]
                : [],
              privateIp: answers.privateIp,
              subnetId: "subnet-1",
              vpcId: answers.vpcId,
              tags: answers.tags,
              securityGroups: answers.securityGroups,
            };
          case "aws:route53/getZone:getZone":
            return { name: answers.zone, privateZone: answers.privateZone };
          case "aws:servicequotas/getServiceQuota:getServiceQuota":
            if (answers.rulesQuota === 0) throw new Error("AccessDeniedException");
            return { value: answers.rulesQuota };
          case "aws:ec2/getEips:getEips":
            return { allocationIds: answers.ownAllocations };
          case "aws:index/getCallerIdentity:getCallerIdentity":
            return { arn: "arn:aws:sts::123456789012:assumed-role/Operator/monday" };
          case "aws:ec2/getSubnet:getSubnet":
            return {
              cidrBlock: answers.subnet,
              id: inputs["id"] as string,
              availabilityZone: answers.subnets[inputs["id"] as string]?.zone,
            };
          case "aws:ec2/getSubnets:getSubnets": {
            const all = Object.entries(answers.subnets).map(([id, { tags }]) => ({ id, tags }));
            return { ids: fitting(all, inputs).map(({ id }) => id) };
          }
          case "aws:ec2/getSecurityGroup:getSecurityGroup": {
            const all = answers.kopsGroups.map((Name) => ({ tags: { ...ofCluster, Name } }));
            const [found, another] = fitting(all, inputs);
            if (!found || another) throw new Error("no matching EC2 Security Group found");
            return { id: found.tags.Name };
          }
          case "aws:ec2/getSecurityGroups:getSecurityGroups": {
            if (!answers.interfacesOf) throw new Error("UnauthorizedOperation");
            const KubernetesCluster = answers.clusterName;
            const all = answers.kopsGroups.map((Name) => ({ tags: { KubernetesCluster, Name } }));
            return { ids: fitting(all, inputs).map(({ tags }) => tags.Name) };
          }
          case "aws:ec2/getNetworkInterfaces:getNetworkInterfaces":
            return {
              ids: (inputs["filters"] as Filters).flatMap(({ values }) =>
                values.flatMap((group) => answers.interfacesOf?.[group] ?? []),
              ),
            };
          case "aws:autoscaling/getAmiIds:getAmiIds": {
            const all = (role: string, groups: Record<string, string>) =>
              Object.keys(groups).map((name) => ({ name, tags: { ...ofCluster, [`k8s.io/role/${role}`]: "1" } }));
            const groups = [...all("node", answers.workers), ...all("control-plane", answers.controlPlanes)];
            return { names: fitting(groups, inputs).map(({ name }) => name) };
          }
          case "aws:autoscaling/getGroup:getGroup":
            return {
              availabilityZones: [{ ...answers.workers, ...answers.controlPlanes }[inputs["name"] as string]],
            };
          default:
            throw new Error(`no mock for ${token}`);
        }
      },
    },
    "kops-secondary-ingress",
    "prod",
    false,
  );
  return recording;
}

export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}
