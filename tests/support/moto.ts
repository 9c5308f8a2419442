/** moto, an independent model of AWS, with what `kops create cluster` leaves behind for one node. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as ec2 from "@aws-sdk/client-ec2";
import { labCluster } from "../../lab/cloud/labAccount";
import { vpc } from "../../lab/network/addresses";
import { pythonTool } from "../../lab/build/pythonTool";

export interface Moto {
  url: string;
  stop(): void;
}

/**
 * Starts moto.
 * @param inside the command line that runs a program in the place where its clients are
 */
export async function startMoto(port: number, inside: (command: string[]) => string[] = (same) => same): Promise<Moto> {
  const tool = await pythonTool("moto", ["moto[server,ec2,route53]==5.2.5"]);
  const [program = "", ...args] = inside([
    ...["env", ...Object.entries(tool.env).map(([name, value]) => `${name}=${value}`)],
    ...tool.command("moto.server"),
    ...["-H", "127.0.0.1", "-p", `${port}`],
  ]);
  const child = spawn(program, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const [curl = "", ...how] = inside(["curl", "-sf", "-o", "/dev/null", `${url}/moto-api/`]);
  for (let tries = 0; tries < 3000; tries++) {
    const asked = spawn(curl, how);
    if ((await new Promise((resolve) => asked.on("close", resolve))) === 0) return { url, stop: () => child.kill() };
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  child.kill();
  throw new Error("moto did not start");
}

/** A node with kOps' tags, as moto models it. */
export async function seedMoto(
  client: ec2.EC2Client,
  primaryPrivateIp: string,
): Promise<{ instanceId: string; networkInterfaceId: string }> {
  const tags = [
    { Key: "KubernetesCluster", Value: labCluster },
    { Key: "k8s.io/role/control-plane", Value: "1" },
  ];
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: vpc.cidr }));
  const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: vpc.subnet }));
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}));
  const { InternetGatewayId } = InternetGateway ?? {};
  await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: Vpc?.VpcId }));
  const ofVpc = { Filters: [{ Name: "vpc-id", Values: [Vpc?.VpcId ?? ""] }] };
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand(ofVpc));
  await client.send(
    new ec2.CreateRouteCommand({
      RouteTableId: RouteTables?.[0]?.RouteTableId,
      DestinationCidrBlock: "0.0.0.0/0",
      GatewayId: InternetGatewayId,
    }),
  );
  const { Images } = await client.send(new ec2.DescribeImagesCommand({}));
  const { Instances } = await client.send(
    new ec2.RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      InstanceType: "t3.medium",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnet?.SubnetId,
      PrivateIpAddress: primaryPrivateIp,
      TagSpecifications: [{ ResourceType: "instance", Tags: tags }],
    }),
  );
  const [instance] = Instances ?? [];
  const networkInterfaceId = instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "";
  await client.send(new ec2.CreateTagsCommand({ Resources: [networkInterfaceId], Tags: tags }));
  return { instanceId: instance?.InstanceId ?? "", networkInterfaceId };
}
