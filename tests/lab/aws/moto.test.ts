/** moto, asked what the lab's endpoint is asked: where the two differ, docs/aws-endpoint.md says so. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import {
  secondaryPrivateIpProvider as provider,
  type SecondaryPrivateIpInputs,
} from "../../../components/secondaryPrivateIp";
import { repositoryRoot } from "../../../lab/paths";
import { type Moto, seedMoto, startMoto } from "../../support/moto";
import { freePort } from "../../support/sshServer";

const page = readFileSync(join(repositoryRoot, "docs/aws-endpoint.md"), "utf8");
const primary = "172.20.45.37";
const wanted = "172.20.45.99";

describe("moto in the place of the lab's AWS", function () {
  const environment = { ...process.env };
  let moto: Moto;
  let client: EC2Client;
  let eni: string;

  beforeEach(async () => {
    moto = await startMoto(await freePort());
    const keys = { accessKeyId: "AKIATEST", secretAccessKey: "test" };
    client = new EC2Client({ endpoint: moto.url, region: "eu-central-1", credentials: keys, maxAttempts: 1 });
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: "eu-central-1",
    });
    eni = (await seedMoto(client, primary)).networkInterfaceId;
  });
  afterEach(() => {
    moto.stop();
    for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, environment);
  });

  const addresses = async (): Promise<(string | undefined)[]> => {
    const { NetworkInterfaces } = await client.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [eni] }),
    );
    return NetworkInterfaces?.[0]?.PrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress) ?? [];
  };
  const assign = (how: { PrivateIpAddresses?: string[]; SecondaryPrivateIpAddressCount?: number; DryRun?: boolean }) =>
    client.send(new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: eni, ...how }));

  for (const requestedIp of [undefined, wanted]) {
    it(`the secondary address, ${requestedIp ?? "chosen by AWS"}: its whole life`, async () => {
      const inputs: SecondaryPrivateIpInputs = {
        networkInterfaceId: eni,
        ...(requestedIp ? { requestedIp } : {}),
        interfaceNamed: false,
        elasticIps: 1,
        stack: "kops-secondary-ingress/prod",
        connection: {},
        caller: "arn:aws:sts::123456789012:user/moto",
      };
      const { failures } = (await provider.check?.({} as SecondaryPrivateIpInputs, inputs)) ?? {};
      assert.deepEqual(failures, []);
      const { id, outs } = await provider.create(inputs);
      assert.ok(outs);
      assert.deepEqual(await addresses(), [primary, outs.privateIpAddress]);
      assert.equal((await provider.read?.(id, outs))?.props?.assigned, true);
      assert.equal((await provider.diff?.(id, outs, inputs))?.changes, false);
      await provider.delete?.(id, outs);
      assert.deepEqual(await addresses(), [primary]);
    });
  }

  /** What moto does where AWS does otherwise: the call and moto's way, as the page has them. */
  const differences: Record<string, { says: string; shown(): Promise<boolean> }> = {
    "AssignPrivateIpAddresses: the answer": {
      says: "lists all addresses, the primary first",
      shown: async () => (await assign({ PrivateIpAddresses: [wanted] })).AssignedPrivateIpAddresses?.length === 2,
    },
    "AssignPrivateIpAddresses outside the subnet": {
      says: "assigned",
      shown: async () => {
        await assign({ PrivateIpAddresses: ["10.0.0.1"] });
        return (await addresses()).includes("10.0.0.1");
      },
    },
    "AssignPrivateIpAddresses, a reserved address": {
      says: "assigned",
      shown: async () => {
        await assign({ PrivateIpAddresses: ["172.20.32.1"] });
        return (await addresses()).includes("172.20.32.1");
      },
    },
    "AssignPrivateIpAddresses, 20 on a t3.medium": {
      says: "assigned",
      shown: async () => {
        await assign({ SecondaryPrivateIpAddressCount: 20 });
        return (await addresses()).length === 21;
      },
    },
    "AssignPrivateIpAddresses with DryRun": {
      says: "assigned",
      shown: async () => {
        await assign({ SecondaryPrivateIpAddressCount: 1, DryRun: true });
        return (await addresses()).length === 2;
      },
    },
    "AssociateAddress with a secondary address": {
      says: "tied to the primary address",
      shown: async () => {
        await assign({ PrivateIpAddresses: [wanted] });
        const { AllocationId } = await client.send(new AllocateAddressCommand({ Domain: "vpc" }));
        const place = { AllocationId, NetworkInterfaceId: eni, PrivateIpAddress: wanted };
        await client.send(new AssociateAddressCommand(place));
        const { Addresses } = await client.send(new DescribeAddressesCommand({}));
        return Addresses?.[0]?.PrivateIpAddress === primary;
      },
    },
    "ReleaseAddress while associated": {
      says: "released",
      shown: async () => {
        const { AllocationId } = await client.send(new AllocateAddressCommand({ Domain: "vpc" }));
        await client.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: eni }));
        await client.send(new ReleaseAddressCommand({ AllocationId }));
        return (await client.send(new DescribeAddressesCommand({}))).Addresses?.length === 0;
      },
    },
    "AllocateAddress, the sixth": {
      says: "allocated",
      shown: async () => {
        for (let count = 0; count < 6; count++) await client.send(new AllocateAddressCommand({ Domain: "vpc" }));
        return (await client.send(new DescribeAddressesCommand({}))).Addresses?.length === 6;
      },
    },
    "DescribeNetworkInterfaces by addresses.private-ip-address": {
      says: "finds no secondary address",
      shown: async () => {
        await assign({ PrivateIpAddresses: [wanted] });
        const Filters = [{ Name: "addresses.private-ip-address", Values: [wanted] }];
        const { NetworkInterfaces } = await client.send(new DescribeNetworkInterfacesCommand({ Filters }));
        return NetworkInterfaces?.length === 0;
      },
    },
    "DescribeNetworkInterfaces by attachment.device-index": {
      says: "an error without AWS's form",
      shown: async () => {
        const Filters = [{ Name: "attachment.device-index", Values: ["0"] }];
        return client.send(new DescribeNetworkInterfacesCommand({ Filters })).then(
          () => false,
          (error: unknown) => /Deserialization error/.test(String(error)),
        );
      },
    },
  };
  for (const [call, { says, shown }] of Object.entries(differences)) {
    it(`${call}: ${says}, as the page says`, async () => {
      assert.ok(await shown());
      assert.ok(new RegExp(`^\\| ${call} +\\| ${says} +\\|`, "m").test(page), call);
    });
  }
});
