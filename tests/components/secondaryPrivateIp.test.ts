import assert from "node:assert/strict";
import {
  secondaryPrivateIpProvider as provider,
  type SecondaryPrivateIpState,
} from "../../components/secondaryPrivateIp";
import type { Account, NetworkInterface } from "../../lab/aws/account";
import { startEndpoint } from "../../lab/aws/endpoint";
import { labAccount } from "../../lab/labAccount";

/** The address in the account's subnet that the tests ask for. */
const wanted = "172.20.45.99";

describe("SecondaryPrivateIp", function () {
  this.timeout(30_000);
  const environment = { ...process.env };
  let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
  let account: Account;
  let calls: string[];

  beforeEach(async () => {
    calls = [];
    endpoint = await startEndpoint({
      account: labAccount(),
      host: "127.0.0.1",
      port: 0,
      onCall: ({ action }) => calls.push(action),
    });
    account = endpoint.account;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_ACCESS_KEY_ID: "AKIATEST",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "eu-central-1",
    });
  });
  afterEach(async () => {
    await endpoint.close();
    for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, environment);
  });

  /** The node's interface as the account has it now. */
  const eni = (): NetworkInterface => {
    const [found] = endpoint.account.networkInterfaces;
    assert.ok(found);
    return found;
  };
  const addresses = (): string[] => eni().privateIps.map(({ privateIpAddress }) => privateIpAddress);
  const inputs = (requestedIp?: string) => ({
    networkInterfaceId: eni().networkInterfaceId,
    ...(requestedIp ? { requestedIp } : {}),
  });
  const create = async (requestedIp?: string): Promise<{ id: string; outs: SecondaryPrivateIpState }> => {
    const { id, outs } = await provider.create(inputs(requestedIp));
    assert.ok(outs);
    return { id, outs };
  };

  it("takes an address that AWS chooses, and gives it back", async () => {
    const { id, outs } = await create();
    assert.deepEqual(addresses(), ["172.20.45.37", outs.privateIpAddress]);
    assert.equal(outs.adopted, false);
    await provider.delete?.(id, outs);
    assert.deepEqual(addresses(), ["172.20.45.37"]);
  });

  it("takes the address that is asked for", async () => {
    assert.equal((await create(wanted)).outs.privateIpAddress, wanted);
  });

  it("adopts an address that is there already, and leaves it there", async () => {
    eni().privateIps.push({ privateIpAddress: wanted, primary: false });
    const { id, outs } = await create(wanted);
    assert.equal(outs.adopted, true);
    assert.ok(!calls.includes("AssignPrivateIpAddresses"));
    await provider.delete?.(id, outs);
    assert.ok(addresses().includes(wanted));
  });

  it("refuses an address that carries somebody's Elastic IP, and touches nothing", async () => {
    eni().privateIps.push({ privateIpAddress: wanted, primary: false });
    account.addresses.push({
      allocationId: "eipalloc-0123456789abcdef0",
      publicIp: "203.0.113.99",
      networkBorderGroup: "eu-central-1",
      publicIpv4Pool: "amazon",
      association: {
        associationId: "eipassoc-0123456789abcdef0",
        networkInterfaceId: eni().networkInterfaceId,
        privateIpAddress: wanted,
      },
      tags: {},
    });
    await assert.rejects(create(wanted), /found 203\.0\.113\.99 \(eipalloc-0123456789abcdef0\).*not this stack's/);
    assert.ok(calls.every((action) => action.startsWith("Describe")));
  });

  it("says which interface is missing", async () => {
    await assert.rejects(
      Promise.resolve(provider.create({ networkInterfaceId: "eni-0123456789abcdef0" })),
      /expected the network interface eni-0123456789abcdef0/,
    );
  });

  it("is seen as gone once the address is taken away by hand", async () => {
    const { id, outs } = await create(wanted);
    assert.equal((await provider.read?.(id, outs))?.id, id);
    eni().privateIps.pop();
    assert.equal((await provider.read?.(id, outs))?.id, "");
    await assert.doesNotReject(Promise.resolve(provider.delete?.(id, outs)));
  });

  it("is replaced by another address or on another interface, and by nothing else", async () => {
    const { id, outs } = await create();
    const diff = async (change: Partial<SecondaryPrivateIpState>): Promise<string[]> =>
      (await provider.diff?.(id, outs, { ...outs, ...change }))?.replaces ?? [];
    assert.deepEqual(await diff({}), []);
    assert.deepEqual(await diff({ requestedIp: outs.privateIpAddress }), []);
    assert.deepEqual(await diff({ requestedIp: wanted }), ["requestedIp"]);
    assert.deepEqual(await diff({ networkInterfaceId: "eni-2" }), ["networkInterfaceId"]);
  });
});
