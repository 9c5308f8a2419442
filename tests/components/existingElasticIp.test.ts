/** The user's Elastic IP on the secondary address: neither taken from anywhere nor untied where the user tied it, whatever the stack does. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  existingElasticIpProvider,
  type ExistingElasticIpInputs,
  type ExistingElasticIpState,
} from "../../components/existingElasticIp";
import {
  secondaryPrivateIpProvider,
  type SecondaryPrivateIpInputs,
  type SecondaryPrivateIpState,
} from "../../components/secondaryPrivateIp";
import { type Account, labCluster, type NetworkInterface } from "../support/account";
import { onEndpoint } from "../support/endpoint";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";
import { repositoryRoot } from "../support/paths";

const stack = "kops-secondary-ingress/prod";
const caller = "arn:aws:iam::123456789012:user/operator";
const stackTag = { "kops-secondary-ingress:stack": stack };
const primary = "172.20.45.37";
const wanted = "172.20.45.99";
const other = "172.20.45.98";
const usersId = "eipalloc-0123456789abcdef0";
const usersIp = "203.0.113.99";
const usersAssociation = "eipassoc-0123456789abcdef0";

const eniOf = (account: Account): NetworkInterface => {
  const [eni] = account.networkInterfaces;
  assert.ok(eni);
  return eni;
};

/** An Elastic IP that the user has, tied to an address of the node if one is given; the private address is put there. */
function give(account: Account, privateIpAddress?: string, more: { id?: string; tags?: Record<string, string> } = {}) {
  const { networkInterfaceId, privateIps } = eniOf(account);
  if (privateIpAddress !== undefined && !privateIps.some((each) => each.privateIpAddress === privateIpAddress))
    privateIps.push({ privateIpAddress, primary: false });
  const allocationId = more.id ?? usersId;
  account.addresses.push({
    allocationId,
    publicIp: allocationId === usersId ? usersIp : "203.0.113.98",
    networkBorderGroup: "eu-central-1",
    publicIpv4Pool: "amazon",
    ...(privateIpAddress === undefined
      ? {}
      : {
          association: { associationId: allocationId.replace("alloc", "assoc"), networkInterfaceId, privateIpAddress },
        }),
    tags: more.tags ?? {},
  });
}

const addressOf = (account: Account, id = usersId) => account.addresses.find(({ allocationId }) => allocationId === id);

/** Moves the user's Elastic IP to an interface of somebody else's. */
function moveAway(account: Account): string {
  const [, theirs] = account.networkInterfaces;
  const address = addressOf(account);
  assert.ok(theirs && address);
  const { networkInterfaceId } = theirs;
  theirs.privateIps.push({ privateIpAddress: "172.20.45.200", primary: false });
  address.association = {
    associationId: "eipassoc-0eeeeeeeeeeeeeeee",
    networkInterfaceId,
    privateIpAddress: "172.20.45.200",
  };
  return networkInterfaceId;
}

/** Calls that change addresses, by name. */
const changing = /^(Associate|Disassociate|Release|Allocate|Assign|Unassign)/;

describe("ExistingElasticIp", () => {
  const at = onEndpoint();
  const account = (): Account => at().endpoint.account;
  const changes = (): string[] => at().calls.flatMap(({ action }) => (changing.test(action) ? [action] : []));

  const secondaryInputs = (change: Partial<SecondaryPrivateIpInputs> = {}): SecondaryPrivateIpInputs => ({
    networkInterfaceId: eniOf(account()).networkInterfaceId,
    interfaceNamed: false,
    elasticIps: 1,
    allocationId: usersId,
    stack,
    connection: {},
    caller,
    ...change,
  });
  const faults = async (
    news: SecondaryPrivateIpInputs,
    olds: Partial<SecondaryPrivateIpInputs> = {},
  ): Promise<string> => {
    const result = await secondaryPrivateIpProvider.check?.(olds as SecondaryPrivateIpInputs, news);
    assert.deepEqual(changes(), []);
    return (result?.failures ?? []).map(({ reason }) => reason).join("\n");
  };
  const secondary = async (change: Partial<SecondaryPrivateIpInputs> = {}): Promise<SecondaryPrivateIpState> => {
    const { outs } = await secondaryPrivateIpProvider.create(secondaryInputs(change));
    assert.ok(outs);
    return outs;
  };
  /** What the component makes of the secondary address. */
  const tieInputs = ({
    networkInterfaceId,
    privateIpAddress,
    elasticIpFound = false,
  }: SecondaryPrivateIpState): ExistingElasticIpInputs => ({
    ...{ networkInterfaceId, privateIpAddress, found: elasticIpFound, allocationId: usersId },
    ...{ stack, connection: {}, caller },
  });
  const tied = async (inputs: ExistingElasticIpInputs): Promise<ExistingElasticIpState> => {
    const { outs } = await existingElasticIpProvider.create(inputs);
    assert.ok(outs);
    return outs;
  };
  const untied = (state: ExistingElasticIpState) => existingElasticIpProvider.delete?.("id", state);
  const gone = (state: SecondaryPrivateIpState) => secondaryPrivateIpProvider.delete?.("id", state);
  const refresh = async (state: ExistingElasticIpState): Promise<ExistingElasticIpState> => {
    const read = await existingElasticIpProvider.read?.("id", state);
    assert.ok(read?.props && read.id === "id");
    return read.props;
  };
  const refreshSecondary = async (state: SecondaryPrivateIpState): Promise<SecondaryPrivateIpState> => {
    const read = await secondaryPrivateIpProvider.read?.("id", state);
    assert.ok(read?.props && read.id === "id");
    return read.props;
  };

  for (const [how, requestedIp] of [
    ["by name", wanted],
    ["by its Elastic IP alone", undefined],
  ] as const)
    it(`on the address by hand stays there, before, between and after, with the address found ${how}`, async () => {
      give(account(), wanted);
      const asked = requestedIp === undefined ? {} : { requestedIp };
      assert.equal(await faults(secondaryInputs(asked)), "");
      const place = await secondary(asked);
      assert.deepEqual([place.privateIpAddress, place.adopted, place.elasticIpFound], [wanted, true, true]);
      const state = await tied(tieInputs(place));
      assert.deepEqual([state.publicIp, state.associationId], [usersIp, usersAssociation]);
      assert.equal((await existingElasticIpProvider.diff?.("id", state, tieInputs(place)))?.changes, false);
      assert.deepEqual(await refresh(state), state);
      const again = await existingElasticIpProvider.update?.("id", state, tieInputs(place));
      assert.deepEqual(again?.outs, state);
      await untied(state);
      await gone(place);
      assert.equal(addressOf(account())?.association?.associationId, usersAssociation);
      assert.ok(eniOf(account()).privateIps.some(({ privateIpAddress }) => privateIpAddress === wanted));
      assert.deepEqual(changes(), []);
    });

  it("tied to nothing is tied by the stack, never taken, and untied when the stack goes", async () => {
    give(account());
    assert.equal(await faults(secondaryInputs()), "");
    const place = await secondary();
    assert.equal(place.elasticIpFound, false);
    const state = await tied(tieInputs(place));
    const { association } = addressOf(account()) ?? {};
    assert.deepEqual(
      [association?.privateIpAddress, association?.associationId],
      [place.privateIpAddress, state.associationId],
    );
    const tie = at().calls.find(({ action }) => action === "AssociateAddress");
    assert.equal(tie?.parameters["AllowReassociation"], "false");
    await untied(state);
    await gone(place);
    assert.equal(addressOf(account())?.association, undefined);
    assert.equal(eniOf(account()).privateIps.length, 1);
    assert.deepEqual(changes(), [
      ...["AssignPrivateIpAddresses", "AssociateAddress", "DisassociateAddress", "UnassignPrivateIpAddresses"],
    ]);
  });

  describe("is refused before anything is made", () => {
    const refused = async (says: RegExp, change: Partial<SecondaryPrivateIpInputs> = {}): Promise<void> => {
      assert.match(await faults(secondaryInputs(change)), says);
      await assert.rejects(secondary(change), says);
      assert.deepEqual(changes(), []);
    };

    it("in another account or Region", () =>
      refused(
        /expected eipalloc-0123456789abcdef0 in the account and the Region.*found no such Elastic IP.*config rm allocationId/,
      ));

    it("of another network border group than the node's zone", async () => {
      give(account());
      for (const subnet of account().subnets) subnet.availabilityZone = "eu-central-1-ham-1a";
      await refused(
        /expected an Elastic IP of the network border group eu-central-1-ham-1, .* is in eu-central-1-ham-1a, found eipalloc-\w+ \([\d.]+\) of eu-central-1: .*--network-border-group eu-central-1-ham-1/,
      );
      for (const address of account().addresses) address.networkBorderGroup = "eu-central-1-ham-1";
      assert.equal(await faults(secondaryInputs()), "");
    });

    it("of an Outpost's own network, which no client of the internet reaches", async () => {
      give(account());
      const [address] = account().addresses;
      assert.ok(address);
      address.customerOwnedIp = "10.9.8.7";
      await refused(
        /expected a public address, .*found eipalloc-\w+ \(10\.9\.8\.7\), an address of an Outpost's own network/,
      );
    });

    it("is not, from a pool of the user's own", async () => {
      give(account());
      const [address] = account().addresses;
      assert.ok(address);
      address.publicIpv4Pool = "ipv4pool-ec2-0123456789abcdef0";
      assert.equal(await faults(secondaryInputs()), "");
    });

    it("on somebody else's interface, which it names", async () => {
      give(account());
      const theirs = moveAway(account());
      await refused(
        new RegExp(
          `tied to nothing, or to a secondary address of eni-.*found it on 172\\.20\\.45\\.200 of ${theirs}.*disassociate-address --association-id eipassoc-0e+`,
        ),
      );
    });

    it("on the node's primary address, which is the API's", async () => {
      give(account(), primary);
      await refused(
        /found it on 172\.20\.45\.37 of eni-.*the node's primary address, which is the API's: leave it there/,
      );
    });

    it("on another secondary address of the node than the one that is asked for, which may be one that the stack gives up", async () => {
      give(account(), other);
      assert.equal(await faults(secondaryInputs({ requestedIp: wanted })), "");
      await assert.rejects(
        secondary({ requestedIp: wanted }),
        /tied to nothing, or to 172\.20\.45\.99 .*found it on 172\.20\.45\.98 .*config set secondaryPrivateIp 172\.20\.45\.98/,
      );
      assert.deepEqual(changes(), []);
    });

    it("made by a stack, which would release it", async () => {
      give(account(), undefined, { tags: stackTag });
      await refused(
        /expected an Elastic IP of your own, found .* which stack kops-secondary-ingress\/prod made and releases/,
      );
    });

    it("where a third one is on the address, whose message says how to use that", async () => {
      give(account());
      give(account(), wanted, { id: "eipalloc-0fedcba9876543210" });
      await refused(
        /not this stack's.*if it is yours and DNS points at it: pulumi config set allocationId eipalloc-0fedcba9876543210/,
        {
          requestedIp: wanted,
        },
      );
    });
  });

  it("that moved between the look and the tie is not taken", async () => {
    give(account());
    const place = await secondary();
    moveAway(account());
    await assert.rejects(tied(tieInputs(place)), /found it on 172\.20\.45\.200/);
    assert.ok(!changes().includes("AssociateAddress"));
  });

  it("that was tied by a run which then died is still the stack's to untie", async () => {
    give(account());
    const place = await secondary();
    await tied(tieInputs(place));
    const state = await tied(tieInputs(place));
    assert.equal(changes().filter((action) => action === "AssociateAddress").length, 1);
    await untied(state);
    assert.equal(addressOf(account())?.association, undefined);
  });

  for (const action of ["AssociateAddress", "DisassociateAddress"])
    it(`is where it should be although the answer of ${action} was lost`, async () => {
      give(account());
      const place = await secondary();
      // AWS may refuse the call that the SDK then makes again.
      at().faults.push({ action, kind: "lost", times: 1 }, { action, kind: "unauthorized", times: 1 });
      const state = await tied(tieInputs(place));
      assert.equal(addressOf(account())?.association?.associationId, state.associationId);
      await untied(state);
      assert.equal(addressOf(account())?.association, undefined);
    });

  describe("changed by hand", () => {
    for (const by of ["hand", "stack"] as const)
      it(`and untied is seen by a refresh, tied again by the next update, and left as it was before: by ${by}`, async () => {
        give(account(), by === "hand" ? wanted : undefined);
        const place = await secondary();
        const state = await tied(tieInputs(place));
        delete addressOf(account())?.association;
        assert.equal((await refreshSecondary(place)).foreign, undefined);
        const seen = await refresh(state);
        assert.equal(seen.associationId, "");
        const diff = await existingElasticIpProvider.diff?.("id", seen, tieInputs(place));
        assert.deepEqual([diff?.changes, diff?.replaces], [true, []]);
        const { outs } = (await existingElasticIpProvider.update?.("id", seen, tieInputs(place))) ?? {};
        assert.ok(outs);
        assert.equal(addressOf(account())?.association?.privateIpAddress, place.privateIpAddress);
        await untied(outs);
        assert.equal(addressOf(account())?.association !== undefined, by === "hand");
      });

    for (const [how, change, says] of [
      ["tied elsewhere", () => void moveAway(account()), /found it on 172\.20\.45\.200/],
      ["released", () => void (account().addresses = []), /found no such Elastic IP/],
    ] as const)
      it(`and ${how} is seen by a refresh; the next update refuses first of all, and removal is no obstacle`, async () => {
        give(account());
        const place = await secondary();
        const state = await tied(tieInputs(place));
        change();
        const seen = await refreshSecondary(place);
        assert.match(seen.foreign ?? "", says);
        assert.equal((await secondaryPrivateIpProvider.diff?.("id", seen, secondaryInputs()))?.changes, true);
        await assert.rejects(Promise.resolve(secondaryPrivateIpProvider.update?.("id", seen, secondaryInputs())), says);
        const before = changes().length;
        await untied(await refresh(state));
        await untied(state);
        assert.deepEqual(changes().slice(before), []);
        await gone(seen);
      });
  });

  it("on an address that the stack would give back stays with it", async () => {
    give(account());
    const place = await secondary();
    await tied(tieInputs(place));
    await gone(place);
    assert.ok(!changes().includes("UnassignPrivateIpAddresses"));
    assert.equal(addressOf(account())?.association?.privateIpAddress, place.privateIpAddress);
  });

  it("that a replaced node has taken to itself is the stack's to untie, with the address", async () => {
    give(account(), wanted);
    Object.assign(eniOf(account()).tags, stackTag);
    const place = await secondary({ requestedIp: wanted });
    assert.deepEqual([place.adopted, place.elasticIpFound], [false, false]);
    await untied(await tied(tieInputs(place)));
    await gone(place);
    assert.equal(eniOf(account()).privateIps.length, 1);
    assert.ok(addressOf(account()) !== undefined);
  });

  it("follows what the address's own record says of who tied it", async () => {
    give(account());
    const place = await secondary();
    const state = await tied(tieInputs(place));
    const found = { ...tieInputs(place), found: true };
    assert.equal((await existingElasticIpProvider.diff?.("id", state, found))?.changes, true);
    const { outs } = (await existingElasticIpProvider.update?.("id", state, found)) ?? {};
    assert.ok(outs);
    await untied(outs);
    assert.equal(addressOf(account())?.association?.associationId, state.associationId);
  });

  it("needs no room in the account's quota, except the API's", async () => {
    give(account());
    for (const last of "1234") give(account(), undefined, { id: `eipalloc-${last}` });
    assert.equal(await faults(secondaryInputs()), "");
    assert.match(await faults(secondaryInputs({ elasticIps: 2 })), /1 more Elastic IP .* found 5 of 5/);
    assert.match(
      await faults(secondaryInputs({ allocationId: undefined } as never), secondaryInputs()),
      /1 more Elastic IP /,
    );
  });

  it("waits for an id that is not known yet", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.equal(await faults(secondaryInputs({ allocationId: unknown })), "");
    const place = await secondary({ allocationId: undefined } as never);
    const diff = await secondaryPrivateIpProvider.diff?.("id", place, secondaryInputs({ allocationId: unknown }));
    assert.equal(diff?.changes, true);
  });

  it("does nothing as somebody else", async () => {
    give(account());
    const place = await secondary();
    const stranger = "arn:aws:iam::210987654321:user/operator";
    await assert.rejects(tied({ ...tieInputs(place), caller: stranger }), /expected to call AWS as/);
    const state = await tied(tieInputs(place));
    for (const work of [untied, refresh])
      await assert.rejects(Promise.resolve(work({ ...state, caller: stranger })), /210987654321/);
  });

  it("cannot be imported by id alone, and says what to do", () => {
    assert.throws(() => existingElasticIpProvider.read?.("eipalloc-1"), /name the Elastic IP with allocationId/);
  });

  describe("in a stack, by the real engine", () => {
    let engine: LoopbackEngine;
    let serial = 0;
    let name: string;
    before(async function () {
      engine = await needsEngine(this);
    });
    after(() => engine?.stop());
    beforeEach(async () => {
      name = `address-${(serial += 1)}`;
      await engine.addStack(name);
      const now = engine.endpoint.account;
      eniOf(now).privateIps.splice(1);
      now.addresses = [];
      engine.calls.splice(0);
    });

    /** The addresses of mode dual-ip, without what connects to the node. */
    const program = (args: string): Promise<void> =>
      writeFile(
        join(engine.project, "index.ts"),
        `
        import * as pulumi from "@pulumi/pulumi";
        const load = (path: string) => require(${JSON.stringify(`${repositoryRoot}/components/`)} + path);
        const { ingressAddress, secondaryAddress } = load("ingressAddress");
        const args = load("defaults").withDefaults({ mode: "dual-ip", clusterName: "${labCluster}", ${args} });
        class Named extends pulumi.ComponentResource { constructor() { super("test:index:Named", "named"); } }
        const node = pulumi.output(load("node").findNode({ clusterName: args.clusterName }, {}));
        const connection = pulumi.output({ region: "eu-central-1" });
        const inputs = { name: "ingress", args, node, connection, options: {} };
        const secondary = secondaryAddress(inputs, new Named());
        export const { publicIp, allocationId } = ingressAddress(inputs, secondary, [secondary]).address;
        export const privateIp = secondary.privateIpAddress;\n`,
      );
    const pulumi = (command: string, ...more: string[]): Promise<string> =>
      engine.pulumi([command, "--stack", name, ...more]);
    const up = async (): Promise<Record<string, string>> => {
      await pulumi("up", "--yes", "--skip-preview");
      return JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, string>;
    };
    const destroy = (): Promise<string> => pulumi("destroy", "--yes", "--skip-preview");
    const cloud = (): Account => engine.endpoint.account;
    const done = (): string[] => engine.calls.flatMap(({ action }) => (changing.test(action) ? [action] : []));
    const users = `allocationId: "${usersId}"`;

    it("stays as it was tied by hand, through up, up again, refresh and destroy", async () => {
      give(cloud(), wanted);
      await program(users);
      await pulumi("preview");
      assert.deepEqual(await up(), { publicIp: usersIp, allocationId: usersId, privateIp: wanted });
      await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
      await pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
      await destroy();
      assert.equal(addressOf(cloud())?.association?.associationId, usersAssociation);
      assert.deepEqual(done(), []);
    });

    it("is exchanged for the stack's own and back without the private address, and never released", async () => {
      give(cloud());
      await program("");
      const own = await up();
      await program(users);
      const theirs = await up();
      assert.deepEqual(theirs, { publicIp: usersIp, allocationId: usersId, privateIp: own["privateIp"] });
      assert.equal(addressOf(cloud(), own["allocationId"]), undefined, "the stack's own is released");
      await pulumi("preview", "--expect-no-changes");
      await program("");
      const back = await up();
      assert.equal(back["privateIp"], own["privateIp"]);
      assert.equal(addressOf(cloud(), back["allocationId"])?.association?.privateIpAddress, own["privateIp"]);
      assert.ok(addressOf(cloud()) !== undefined && addressOf(cloud())?.association === undefined);
      await pulumi("preview", "--expect-no-changes");
      await destroy();
      assert.deepEqual(
        cloud().addresses.map(({ allocationId }) => allocationId),
        [usersId],
      );
      assert.equal(done().filter((action) => action === "AssignPrivateIpAddresses").length, 1);
    });

    it("moves to another private address with it, untied first", async () => {
      give(cloud());
      await program(`${users}, secondaryPrivateIp: "${other}"`);
      await up();
      await program(`${users}, secondaryPrivateIp: "${wanted}"`);
      engine.calls.splice(0);
      assert.deepEqual(await up(), { publicIp: usersIp, allocationId: usersId, privateIp: wanted });
      assert.deepEqual(done(), [
        ...["DisassociateAddress", "UnassignPrivateIpAddresses", "AssignPrivateIpAddresses", "AssociateAddress"],
      ]);
      await destroy();
      assert.equal(eniOf(cloud()).privateIps.length, 1);
    });

    it("that was tied by hand is not given up without a word", async () => {
      give(cloud(), wanted);
      give(cloud(), undefined, { id: "eipalloc-0fedcba9876543210" });
      await program(users);
      await up();
      for (const args of ["", `allocationId: "eipalloc-0fedcba9876543210"`]) {
        await program(args);
        await assert.rejects(pulumi("preview"), /config set allocationId eipalloc-0123456789abcdef0/);
      }
      await program(`${users}, secondaryPrivateIp: "${other}"`);
      await assert.rejects(pulumi("preview"), /config set secondaryPrivateIp 172\.20\.45\.99/);
      await program(`allocationId: "eipalloc-0fedcba9876543210"`);
      assert.deepEqual(done(), []);
      // By the user's own hand it may.
      delete addressOf(cloud())?.association;
      const { privateIp, allocationId } = await up();
      assert.deepEqual([privateIp, allocationId], [wanted, "eipalloc-0fedcba9876543210"]);
      await destroy();
    });

    it("on somebody else's interface is refused in the preview, and nothing is made", async () => {
      give(cloud());
      moveAway(cloud());
      await program(users);
      for (const command of [() => pulumi("preview"), () => up()])
        await assert.rejects(command(), /allocationId: expected .* found it on 172\.20\.45\.200/);
      assert.deepEqual(done(), []);
      await destroy();
    });

    it("is tied by the next up where a run has failed before that", async () => {
      give(cloud());
      await program(users);
      engine.faults.push({ action: "AssociateAddress", kind: "unauthorized", times: 1 });
      await assert.rejects(up(), /not authorized/);
      assert.equal(addressOf(cloud())?.association, undefined);
      const { privateIp } = await up();
      assert.equal(addressOf(cloud())?.association?.privateIpAddress, privateIp);
      await destroy();
      assert.equal(addressOf(cloud())?.association, undefined);
    });
  });
});
