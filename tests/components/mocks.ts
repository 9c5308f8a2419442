/** The engine's part under mocks: what was registered, and the answers of AWS. */
import * as pulumi from "@pulumi/pulumi";

export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

export interface World {
  /** Ids of running instances with kOps' tags. */
  running: string[];
  /** Ids of instances in other states. */
  others: string[];
  subnet: string;
  publicIp: string;
  /** Of the Elastic IP that the public address is; "" for one that AWS gave at launch. */
  allocationId: string;
  /** What AWS gives where an Elastic IP is asked for. */
  elasticIp: string;
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
  /** Name of a resource that takes its time. */
  slow: string;
  /** Auto Scaling groups by the role in kOps' tags, and the zone of each. */
  workers: Record<string, string>;
  controlPlanes: Record<string, string>;
  /** Public subnets, and the zone of each. */
  publicSubnets: Record<string, string>;
}

export const world = (change: Partial<World> = {}): World => ({
  running: ["i-0a1b2c3d4e5f60001"],
  others: [],
  subnet: "172.20.32.0/19",
  publicIp: "198.51.100.37",
  allocationId: "",
  elasticIp: "203.0.113.10",
  ownAllocations: [],
  privateIp: "172.20.45.37",
  vpcId: "vpc-1",
  tags: {},
  securityGroups: ["sg-masters"],
  preflight: "",
  zone: "example.com",
  slow: "",
  workers: {},
  controlPlanes: { "control-plane-eu-central-1a.masters.k8s.example.com": "eu-central-1a" },
  publicSubnets: { "subnet-a": "eu-central-1a", "subnet-b": "eu-central-1b", "subnet-b2": "eu-central-1b" },
  ...change,
});

/** Everything registered and called since the mocks were set. */
export interface Recording {
  resources: Registered[];
  calls: string[];
}

export async function record(answers: World): Promise<Recording> {
  const recording: Recording = { resources: [], calls: [] };
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, id }) => {
        // Whatever does not wait for it is recorded before it.
        if (name === answers.slow) await new Promise((resolve) => setTimeout(resolve, 300));
        recording.resources.push({ type, name, inputs: inputs as Record<string, unknown> });
        const made: Record<string, Record<string, unknown>> = {
          "aws:ec2/eip:Eip": { publicIp: answers.elasticIp, allocationId: `eipalloc-${name}` },
          "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp": { privateIpAddress: "172.20.45.38" },
          "random:index/randomPassword:RandomPassword": { result: "correct-horse-battery-staple" },
        };
        if (name.endsWith("-preflight")) made[type] = { stdout: answers.preflight };
        return { id: id ?? `${name}-id`, state: { ...inputs, ...made[type] } };
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
            return { name: answers.zone };
          case "aws:ec2/getEips:getEips":
            return { allocationIds: answers.ownAllocations };
          case "aws:index/getCallerIdentity:getCallerIdentity":
            return { arn: "arn:aws:sts::123456789012:assumed-role/Operator/monday" };
          case "aws:ec2/getSubnet:getSubnet":
            return {
              cidrBlock: answers.subnet,
              id: inputs["id"] as string,
              availabilityZone: answers.publicSubnets[inputs["id"] as string],
            };
          case "aws:ec2/getSubnets:getSubnets":
            return { ids: Object.keys(answers.publicSubnets) };
          case "aws:ec2/getSecurityGroup:getSecurityGroup":
            return { id: (inputs["filters"] as { values: string[] }[])[1]?.values[0] };
          case "aws:autoscaling/getAmiIds:getAmiIds":
            return {
              names: Object.keys(
                JSON.stringify(inputs["filters"]).includes("role/node") ? answers.workers : answers.controlPlanes,
              ),
            };
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
