import assert from "node:assert/strict";
import type { Connection } from "../../components/aws/connection";
import {
  secondaryPrivateIpProvider as provider,
  type SecondaryPrivateIpInputs,
  type SecondaryPrivateIpState,
} from "../../components/secondaryPrivateIp";
import type { Account, Endpoint, NetworkInterface } from "../support/account";
import { onEndpoint } from "../support/endpoint";

/** The address in the account's subnet that the tests ask for. */
const wanted = "172.20.45.99";
const primary = "172.20.45.37";
const stack = "kops-secondary-ingress/prod";
const operator = "arn:aws:iam::123456789012:user/operator";

describe("SecondaryPrivateIp", function () {
  const at = onEndpoint();

  const endpoint = (): Endpoint => at().endpoint;
  const account = (): Account => endpoint().account;
  const made = (action: string): number => at().calls.filter((call) => call.action === action).length;
  /** The node's interface as the account has it now. */
  const eni = (): NetworkInterface => {
    const [found] = account().networkInterfaces;
    assert.ok(found);
    return found;
  };
  const addresses = (): string[] => eni().privateIps.map(({ privateIpAddress }) => privateIpAddress);
  const inputs = (requestedIp?: string, change: Partial<SecondaryPrivateIpInputs> = {}): SecondaryPrivateIpInputs => ({
    networkInterfaceId: eni().networkInterfaceId,
    ...(requestedIp ? { requestedIp } : {}),
    interfaceNamed: false,
    elasticIps: 1,
    stack,
    connection: {},
    caller: operator,
    ...change,
  });
  const create = async (
    requestedIp?: string,
    change: Partial<SecondaryPrivateIpInputs> = {},
  ): Promise<{ id: string; outs: SecondaryPrivateIpState }> => {
    const { id, outs } = await provider.create(inputs(requestedIp, change));
    assert.ok(outs);
    return { id, outs };
  };
  const refresh = async (id: string, state: SecondaryPrivateIpState): Promise<SecondaryPrivateIpState | undefined> => {
    const read = await provider.read?.(id, state);
    return read?.id === id ? read.props : undefined;
  };
  /** Ties an Elastic IP to an address of the node, as somebody, or as this stack. */
  const tieElasticIp = (privateIpAddress: string, tags: Record<string, string> = {}): void => {
    account().addresses.push({
      allocationId: "eipalloc-0123456789abcdef0",
      publicIp: "203.0.113.99",
      networkBorderGroup: "eu-central-1",
      publicIpv4Pool: "amazon",
      association: {
        associationId: "eipassoc-0123456789abcdef0",
        networkInterfaceId: eni().networkInterfaceId,
        privateIpAddress,
      },
      tags,
    });
  };
  const isForeign = /found 203\.0\.113\.99 \(eipalloc-0123456789abcdef0\).*not this stack's/;

  describe("create", () => {
    it("takes an address that AWS chooses, and delete gives it back", async () => {
      const { id, outs } = await create();
      assert.deepEqual(addresses(), [primary, outs.privateIpAddress]);
      assert.equal(id, `${eni().networkInterfaceId}_${outs.privateIpAddress}`);
      assert.deepEqual([outs.adopted, outs.assigned], [false, true]);
      await provider.delete?.(id, outs);
      assert.deepEqual(addresses(), [primary]);
    });

    it("takes the address that is asked for", async () => {
      assert.equal((await create(wanted)).outs.privateIpAddress, wanted);
    });

    it("adopts an address that is there already, and delete leaves it there", async () => {
      eni().privateIps.push({ privateIpAddress: wanted, primary: false });
      const { id, outs } = await create(wanted);
      assert.equal(outs.adopted, true);
      assert.equal(made("AssignPrivateIpAddresses"), 0);
      await provider.delete?.(id, outs);
      assert.ok(addresses().includes(wanted));
    });

    it("refuses an address that carries somebody's Elastic IP, and touches nothing", async () => {
      eni().privateIps.push({ privateIpAddress: wanted, primary: false });
      tieElasticIp(wanted);
      await assert.rejects(create(wanted), isForeign);
      assert.ok(at().calls.every(({ action }) => /^(Describe|Get)/.test(action)));
    });

    for (const [how, requested] of [
      ["where any will do", undefined],
      ["where it is asked for by name", wanted],
    ] as const)
      it(`takes the one that a replaced node has taken to itself with the stack's Elastic IP, and delete gives it back: ${how}`, async () => {
        eni().privateIps.push({ privateIpAddress: wanted, primary: false });
        tieElasticIp(wanted, { "kops-secondary-ingress:stack": stack });
        const { id, outs } = await create(requested);
        assert.deepEqual([outs.privateIpAddress, outs.adopted], [wanted, false]);
        assert.equal(made("AssignPrivateIpAddresses"), 0);
        await provider.delete?.(id, outs);
        assert.deepEqual(addresses(), [primary]);
      });

    it("leaves one with somebody's Elastic IP alone where any will do", async () => {
      eni().privateIps.push({ privateIpAddress: wanted, primary: false });
      tieElasticIp(wanted);
      assert.notEqual((await create()).outs.privateIpAddress, wanted);
    });

    it("says which interface is missing", async () => {
      await assert.rejects(
        create(undefined, { networkInterfaceId: "eni-0123456789abcdef0" }),
        /expected the network interface eni-0123456789abcdef0, found none/,
      );
    });

    it("names the interface that has the address", async () => {
      const other = account().networkInterfaces[1];
      assert.ok(other);
      other.subnetId = eni().subnetId;
      other.privateIps.push({ privateIpAddress: wanted, primary: false });
      await assert.rejects(create(wanted), new RegExp(`found ${wanted}, which is on ${other.networkInterfaceId}`));
    });
  });

  describe("throttling and lost answers", () => {
    it("rides out throttling of every call, and assigns once", async () => {
      for (const action of ["DescribeNetworkInterfaces", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"])
        at().faults.push({ action, kind: "throttled", times: 3 });
      const { id, outs } = await create();
      assert.equal(addresses().length, 2);
      await provider.delete?.(id, outs);
      assert.deepEqual(addresses(), [primary]);
    });

    for (const requested of [undefined, wanted]) {
      it(`${requested ?? "an address that AWS chooses"}: an answer that was lost does not become a second address`, async () => {
        at().faults.push({ action: "AssignPrivateIpAddresses", kind: "lost", times: 1 });
        const { outs } = await create(requested);
        assert.deepEqual(addresses(), [primary, outs.privateIpAddress]);
        assert.deepEqual([outs.adopted, made("AssignPrivateIpAddresses")], [false, 1]);
      });
    }

    it("a call that never arrived is made again", async () => {
      at().faults.push({ action: "AssignPrivateIpAddresses", kind: "dropped", times: 1 });
      const { outs } = await create();
      assert.deepEqual(addresses(), [primary, outs.privateIpAddress]);
    });

    it("the lost answer of a removal is no error", async () => {
      const { id, outs } = await create(wanted);
      at().faults.push({ action: "UnassignPrivateIpAddresses", kind: "lost", times: 1 });
      await provider.delete?.(id, outs);
      assert.deepEqual(addresses(), [primary]);
    });

    it("a refusal is not tried again", async () => {
      at().faults.push({ action: "AssignPrivateIpAddresses", kind: "unauthorized", times: 100 });
      await assert.rejects(create(), /not authorized/);
      assert.equal(made("AssignPrivateIpAddresses"), 1);
    });
  });

  it("of two that race for the same address one wins, and the other gets a clear error", async () => {
    // Both have looked at the interface before either asks for the address.
    at().faults.push({ action: "AssignPrivateIpAddresses", kind: "slow", milliseconds: 500, times: 1 });
    const stacks = [stack, "kops-secondary-ingress/another"];
    const results = await Promise.allSettled(stacks.map((name) => create(wanted, { stack: name })));
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.outs] : []));
    const lost = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    assert.deepEqual(
      won.map(({ adopted }) => adopted),
      [false],
    );
    assert.equal(lost.length, 1);
    assert.match(lost[0] ?? "", /found 172\.20\.45\.99, which somebody else has assigned at this moment/);
    assert.deepEqual(addresses(), [primary, wanted]);
  });

  describe("an address taken away by hand", () => {
    it("is seen by a refresh, and given back by the next update", async () => {
      const { id, outs } = await create();
      assert.equal((await refresh(id, outs))?.assigned, true);
      eni().privateIps.pop();
      const seen = await refresh(id, outs);
      assert.equal(seen?.assigned, false);
      assert.deepEqual((await provider.diff?.(id, seen, inputs()))?.changes, true);
      const updated = await provider.update?.(id, seen, inputs());
      assert.deepEqual(addresses(), [primary, outs.privateIpAddress]);
      assert.deepEqual([updated?.outs?.assigned, updated?.outs?.adopted], [true, false]);
    });

    it("is no obstacle to removal", async () => {
      const { id, outs } = await create(wanted);
      eni().privateIps.pop();
      await assert.doesNotReject(Promise.resolve(provider.delete?.(id, outs)));
    });

    const steal = (): void => {
      const other = account().networkInterfaces[1];
      const address = eni().privateIps.pop();
      assert.ok(other && address);
      other.subnetId = eni().subnetId;
      other.privateIps.push(address);
    };

    it("and given to another interface is gone: AWS chooses another", async () => {
      const { id, outs } = await create();
      steal();
      assert.equal(await refresh(id, outs), undefined);
    });

    it("and given to another interface is not taken back, where it was asked for by name", async () => {
      const { id, outs } = await create(wanted);
      steal();
      const seen = await refresh(id, outs);
      assert.ok(seen);
      await assert.rejects(Promise.resolve(provider.update?.(id, seen, inputs(wanted))), /which is on eni-/);
    });

    it("with its whole interface is what the next interface's replaces, and no obstacle to removal", async () => {
      const { id, outs } = await create();
      account().networkInterfaces.shift();
      const seen = await refresh(id, outs);
      assert.ok(seen);
      assert.equal(seen.assigned, false);
      await assert.doesNotReject(Promise.resolve(provider.delete?.(id, seen)));
    });
  });

  describe("somebody's Elastic IP that is tied to the address later", () => {
    it("is seen by a refresh, and the next update refuses before the stack's own is tied again", async () => {
      const { id, outs } = await create();
      tieElasticIp(outs.privateIpAddress);
      const seen = await refresh(id, outs);
      assert.ok(seen);
      assert.match(seen.foreign ?? "", isForeign);
      assert.deepEqual([seen.assigned, (await provider.diff?.(id, seen, inputs()))?.changes], [true, true]);
      await assert.rejects(Promise.resolve(provider.update?.(id, seen, inputs())), isForeign);
    });

    it("and has left is forgotten, by a refresh or by the update", async () => {
      const { id, outs } = await create();
      tieElasticIp(outs.privateIpAddress);
      const seen = await refresh(id, outs);
      assert.ok(seen);
      account().addresses.pop();
      const updated = await provider.update?.(id, seen, inputs());
      assert.ok(updated?.outs && !("foreign" in updated.outs));
      const again = await refresh(id, seen);
      assert.ok(again && !("foreign" in again));
      assert.equal((await provider.diff?.(id, again, inputs()))?.changes, false);
    });

    it("does not concern the stack's own", async () => {
      const { id, outs } = await create();
      tieElasticIp(outs.privateIpAddress, { "kops-secondary-ingress:stack": stack });
      const seen = await refresh(id, outs);
      assert.ok(seen && !("foreign" in seen));
    });
  });

  it("does not take somebody's Elastic IP away with the address", async () => {
    const { id, outs } = await create(wanted);
    tieElasticIp(wanted);
    await assert.rejects(Promise.resolve(provider.delete?.(id, outs)), isForeign);
    assert.ok(addresses().includes(wanted));
  });

  it("cannot be imported by id alone, and says what to do", () => {
    assert.throws(() => provider.read?.("eni-1_10.0.0.1"), /adopt the address with secondaryPrivateIp/);
  });

  describe("diff", () => {
    const diff = async (change: Partial<SecondaryPrivateIpState>, before: Partial<SecondaryPrivateIpState> = {}) => {
      const { id, outs } = await create();
      const result = await provider.diff?.(id, { ...outs, ...before }, { ...outs, ...change });
      return { changes: result?.changes, replaces: result?.replaces };
    };
    const same = { changes: false, replaces: [] };
    const inPlace = { changes: true, replaces: [] };

    it("finds nothing in nothing, nor in who calls", async () => {
      assert.deepEqual(await diff({}), same);
      assert.deepEqual(await diff({ caller: "arn:aws:iam::123456789012:user/another", elasticIps: 2 }), same);
    });

    it("takes the address that AWS chose for the one that is asked for now", async () => {
      const { id, outs } = await create();
      const result = await provider.diff?.(id, outs, { ...outs, requestedIp: outs.privateIpAddress });
      assert.equal(result?.changes, false);
    });

    it("replaces for another address or another interface, the old one first", async () => {
      assert.deepEqual(await diff({ requestedIp: wanted }), { changes: true, replaces: ["requestedIp"] });
      assert.deepEqual(await diff({ networkInterfaceId: "eni-2" }), {
        changes: true,
        replaces: ["networkInterfaceId"],
      });
      const { id, outs } = await create();
      assert.equal((await provider.diff?.(id, outs, outs))?.deleteBeforeReplace, true);
    });

    it("remembers another set-up of the provider, and another name of the stack, in place", async () => {
      assert.deepEqual(await diff({ connection: { profile: "work" } }), inPlace);
      assert.deepEqual(await diff({ stack: "kops-secondary-ingress/live" }), inPlace);
      assert.deepEqual(await diff({}, { assigned: false }), inPlace);
      assert.deepEqual(
        await diff({ connection: { region: "a", profile: "b" } }, { connection: { profile: "b", region: "a" } }),
        same,
      );
    });
  });

  describe("as whom it calls", () => {
    const another = "arn:aws:iam::123456789012:user/another";
    const elsewhere = "arn:aws:iam::210987654321:user/operator";

    it("refuses to be another user than the aws provider, and names both", async () => {
      await assert.rejects(
        create(undefined, { caller: another }),
        new RegExp(`as ${another}.*found ${operator}.*aws:profile`),
      );
      assert.deepEqual(addresses(), [primary]);
    });

    it("lets a colleague read and remove, and refuses another account", async () => {
      const { id, outs } = await create();
      await assert.doesNotReject(Promise.resolve(provider.read?.(id, { ...outs, caller: another })));
      await assert.rejects(Promise.resolve(provider.read?.(id, { ...outs, caller: elsewhere })), /210987654321/);
      await assert.rejects(Promise.resolve(provider.delete?.(id, { ...outs, caller: elsewhere })), /210987654321/);
      await assert.doesNotReject(Promise.resolve(provider.delete?.(id, { ...outs, caller: another })));
    });

    it("assumes the provider's role, with the same endpoint and region", async () => {
      const connection: Connection = {
        region: "eu-central-1",
        endpoints: { ec2: endpoint().url, sts: endpoint().url },
        assumeRoles: [{ roleArn: "arn:aws:iam::123456789012:role/Deployer", sessionName: "ci-42" }],
      };
      Reflect.deleteProperty(process.env, "AWS_ENDPOINT_URL");
      Reflect.deleteProperty(process.env, "AWS_REGION");
      const caller = "arn:aws:sts::123456789012:assumed-role/Deployer";
      const { outs } = await create(undefined, { connection, caller });
      assert.deepEqual(addresses(), [primary, outs.privateIpAddress]);
      const assign = at().calls.find(({ action }) => action === "AssignPrivateIpAddresses");
      assert.match(assign?.principal ?? "", /^ASIA/);
    });
  });

  describe("check", () => {
    const faults = async (
      news: SecondaryPrivateIpInputs,
      olds: Partial<SecondaryPrivateIpInputs> = {},
    ): Promise<string> => {
      const { failures = [] } = (await provider.check?.(olds as SecondaryPrivateIpInputs, news)) ?? {};
      return failures.map(({ reason }) => reason).join("\n");
    };

    it("finds nothing wrong with the lab's node, and asks nothing about what is made already", async () => {
      assert.equal(await faults(inputs()), "");
      const asked = at().calls.length;
      assert.equal(await faults(inputs(), inputs()), "");
      assert.equal(at().calls.length, asked);
    });

    it("waits for an interface that is not known yet", async () => {
      assert.equal(await faults(inputs(undefined, { networkInterfaceId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" })), "");
      assert.equal(at().calls.length, 0);
    });

    it("asks nothing about an address that is not known yet, which needs room like any other", async () => {
      assert.equal(await faults(inputs("04da6b54-80e4-46f7-96ec-b56ff0331ba9")), "");
      const actions = at().calls.map(({ parameters }) => JSON.stringify(parameters));
      assert.ok(actions.length > 0);
      assert.ok(!actions.some((call) => call.includes("04da6b54")));
    });

    it("reports what AWS would refuse", async () => {
      const [instance] = account().instances;
      assert.ok(instance);
      instance.instanceType = "t3.micro";
      eni().privateIps.push({ privateIpAddress: wanted, primary: false });
      assert.match(await faults(inputs()), /found 2 of the 2 that a t3\.micro may have/);
    });

    const neighbour = (): NetworkInterface => {
      const other = account().networkInterfaces[1];
      assert.ok(other);
      other.subnetId = eni().subnetId;
      other.privateIps.push({ privateIpAddress: wanted, primary: false });
      return other;
    };
    const onlyLooked = (): void => assert.ok(at().calls.every(({ action }) => /^(Describe|Get)/.test(action)));

    for (const [when, olds] of [
      ["at first", () => ({})],
      ["instead of the one in place", () => inputs()],
      ["instead of another", () => inputs("172.20.45.98")],
    ] as const) {
      it(`refuses an address that another interface has, ${when}`, async () => {
        const other = neighbour();
        assert.match(
          await faults(inputs(wanted), olds()),
          new RegExp(`found ${wanted}, which is on ${other.networkInterfaceId}`),
        );
        onlyLooked();
      });

      it(`refuses an address that carries somebody's Elastic IP, ${when}`, async () => {
        eni().privateIps.push({ privateIpAddress: wanted, primary: false });
        tieElasticIp(wanted);
        assert.match(await faults(inputs(wanted), olds()), isForeign);
        onlyLooked();
      });
    }

    it("takes an address that is free, that the interface has, or that the interface before gives back", async () => {
      assert.equal(await faults(inputs(wanted), inputs()), "");
      const former = neighbour().networkInterfaceId;
      assert.equal(await faults(inputs(wanted), inputs(wanted, { networkInterfaceId: former })), "");
      eni().privateIps.push({ privateIpAddress: "172.20.45.98", primary: false });
      assert.equal(await faults(inputs("172.20.45.98"), inputs()), "");
    });

    it("asks no room on the interface for an address that takes the place of another", async () => {
      const [instance] = account().instances;
      assert.ok(instance);
      instance.instanceType = "t3.micro";
      eni().privateIps.push({ privateIpAddress: "172.20.45.98", primary: false });
      assert.equal(await faults(inputs(wanted), inputs()), "");
    });

    it("asks for the quota where the API is to have an Elastic IP as well", async () => {
      for (const last of "12345") {
        tieElasticIp(primary);
        Object.assign(account().addresses.at(-1) ?? {}, { allocationId: `eipalloc-${last}`, association: undefined });
      }
      assert.equal(await faults(inputs(), inputs()), "");
      assert.match(await faults(inputs(undefined, { elasticIps: 2 }), inputs()), /1 more Elastic IP .* found 5 of 5/);
    });

    it("refuses another caller before anything else", async () => {
      await assert.rejects(faults(inputs(undefined, { caller: "arn:aws:iam::1:user/x" })), /expected to call AWS as/);
    });
  });
});
