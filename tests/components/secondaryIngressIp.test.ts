import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  ApiForwarder,
  IngressMode,
  OnDestroy,
  outputsOf,
  PrimaryAddress,
  SecondaryIngressIp,
  type SecondaryIngressIpArgs,
} from "../../components";
import { findBalanced } from "../../components/balancedNodes";
import { findPlaces } from "../../components/balancerPlaces";
import { withDefaults } from "../../components/defaults";
import { knownInputs } from "../../components/hostInputs";
import { findNode } from "../../components/node";
import { withRoom } from "../../components/nodePort";
import { onEndpoint, withEndpoint } from "../support/endpoint";
import { elasticIps, record, type Recording, subnetOf, valueOf, type World, world } from "./mocks";

const clusterName = "k8s.example.com";
const dev: SecondaryIngressIpArgs = { mode: IngressMode.NodePort, clusterName };
const prod: SecondaryIngressIpArgs = {
  mode: IngressMode.DualIp,
  clusterName,
  appDomains: ["app.example.com"],
  ssh: { user: "ubuntu", hostKey: "ssh-ed25519 AAAA" },
  sshPrivateKey: "the-private-key",
};

async function make(
  args: SecondaryIngressIpArgs,
  answers: World = world(),
): Promise<{ recording: Recording; component: SecondaryIngressIp }> {
  const recording = await record(answers);
  const component = new SecondaryIngressIp("ingress", args);
  await valueOf(component.ready);
  await valueOf(component.dns);
  return { recording, component };
}

const children = ({ resources }: Recording): string[] => resources.map(({ type, name }) => `${type} ${name}`).sort();

const component = "kops-secondary-ingress:index:SecondaryIngressIp ingress";
const attachment =
  "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment ingress-ingress";
const group = "aws:ec2/securityGroup:SecurityGroup ingress-ingress";
const rule = (port: number, cidr = "0.0.0.0/0"): string =>
  `aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule ingress-ingress-${port}-from-${cidr}`;
// prettier-ignore
const steps = [
  "preflight", "installer", "packages", "haproxy-password", "haproxy-settings", "haproxy-unit", "nat-rules", "nat-unit", "address",
  "api-switch", "api-forward-rules", "api-forward-program", "forwarder-unit", "api-switch-unit", "api-switch-path",
  "unused", "guard", "guard-unit", "check", "check-unit", "check-timer",
];
const commands = steps.map((step) => `command:remote:Command ingress-${step}`);
const prodChildren = [
  ...[component, attachment, group, rule(443), rule(80), ...commands],
  "aws:ec2/eip:Eip ingress-ingress",
  "aws:ec2/eipAssociation:EipAssociation ingress-ingress",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:ConfirmedChange ingress-confirmed",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:NodeHostKey ingress-host-key",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:SeenApi ingress-seen-api",
  "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp ingress-secondary",
  "random:index/randomPassword:RandomPassword ingress-stats",
].sort();

/** Text of a value, also where it is wrapped as a secret. */
const text = (value: unknown): string => JSON.stringify(value);
const secretSignature = "4dabf18193072939515e22adb298388d";

describe("SecondaryIngressIp", function () {
  for (const domain of [`api.${clusterName}`, `x.api.internal.${clusterName}`, `API.${clusterName}.`])
    it(`refuses ${domain} as an application's name in every mode, before anything is made`, async () => {
      const recording = await record(world());
      for (const args of [dev, prod])
        assert.throws(
          () => new SecondaryIngressIp("ingress", { ...args, appDomains: [domain] }),
          /appDomains: expected a name of an application, found '.*', which belongs to the cluster's API/,
        );
      assert.deepEqual(recording, { resources: [], calls: [] });
    });

  it("refuses a mode that JavaScript lets through, before anything is made", async () => {
    const recording = await record(world());
    for (const mode of ["both", undefined, "toString"])
      assert.throws(
        () => new SecondaryIngressIp("ingress", { ...dev, mode: mode as unknown as IngressMode }),
        (error: unknown) =>
          pulumi.RunError.isInstance(error) &&
          /mode: expected one of node-port, dual-ip, load-balancer, found .*IngressMode/.test(error.message),
      );
    assert.deepEqual(recording, { resources: [], calls: [] });
  });

  it("takes outputs for plain values: the same children with the same inputs", async () => {
    const later = <T>(value: T): pulumi.Output<pulumi.Unwrap<T>> =>
      pulumi.output(new Promise<T>((resolve) => setTimeout(resolve, 20, value)));
    const plain = {
      ...{
        ...prod,
        networkInterfaceId: "eni-0123456789abcdef0",
        secondaryPrivateIp: "172.20.45.38",
        allocationId: "eipalloc-0123456789abcdef0",
        healthChecks: true,
      },
      ...{ allowedCidrs: ["192.0.2.0/24", "10.0.0.0/8"], route53ZoneId: "Z1", dnsTtl: 30, overwriteRecords: true },
      ...{ apiLocalPort: 6443, proxyProtocol: true, reinstall: "2", tags: { team: "platform" } },
      ssh: { host: "node.example.com", port: 2222, user: "ubuntu", hostKey: "ssh-ed25519 AAAA" },
    };
    const ssh = Object.fromEntries(Object.entries(plain.ssh).map(([key, value]) => [key, later(value)]));
    const composed = {
      ...plain,
      ...{ networkInterfaceId: later(plain.networkInterfaceId), secondaryPrivateIp: later(plain.secondaryPrivateIp) },
      allocationId: later(plain.allocationId),
      ...{ allowedCidrs: later(plain.allowedCidrs), route53ZoneId: later("Z1"), dnsTtl: later(30) },
      ...{
        overwriteRecords: later(true),
        apiLocalPort: later(6443),
        proxyProtocol: later(true),
        reinstall: later("2"),
      },
      ...{ tags: { team: later("platform") }, ssh: ssh as unknown as typeof plain.ssh },
    };
    const seen = async (args: SecondaryIngressIpArgs): Promise<unknown[]> =>
      (await make(args)).recording.resources
        .map(({ type, name, inputs }) => ({ id: `${type} ${name}`, inputs: { ...inputs, __provider: undefined } }))
        .sort((one, other) => (one.id < other.id ? -1 : 1));
    const expected = await seen(plain);
    assert.ok(expected.length > prodChildren.length);
    assert.deepEqual(await seen(composed), expected);
    assert.deepEqual(await seen({ ...composed, allowedCidrs: ["192.0.2.0/24", later("10.0.0.0/8")] }), expected);
  });

  it("takes wildcards and internationalized names, each once, and keeps the spelling of the others", async () => {
    const appDomains = ["*.apps.example.com", "App.example.com", "bücher.example.com", "app.example.com."];
    const { recording, component } = await make({ ...prod, appDomains, route53ZoneId: "Z1" });
    const names = recording.resources
      .filter(({ type }) => type === "aws:route53/record:Record")
      .map(({ name }) => name);
    assert.deepEqual(names.sort(), [
      "ingress-*.apps.example.com",
      "ingress-App.example.com",
      "ingress-xn--bcher-kva.example.com",
    ]);
    assert.deepEqual((await valueOf(component.ingressUrls)).toSorted(), [
      "https://App.example.com",
      "https://secondary-ingress-check.apps.example.com",
      "https://xn--bcher-kva.example.com",
    ]);
    assert.deepEqual(
      (await valueOf(component.dns)).records.map(({ name }) => name),
      ["*.apps.example.com.", "app.example.com.", "xn--bcher-kva.example.com."],
    );
  });

  it("filters the API by a list that the program makes, unless that is empty", () =>
    withEndpoint(async ({ account }) => {
      const answers = world({ vpcId: account.vpcs[0]?.vpcId ?? "" });
      const { recording } = await make({ ...prod, apiAllowedCidrs: pulumi.output(["192.0.2.0/24"]) }, answers);
      assert.ok(children(recording).includes("command:remote:Command ingress-api-filter"));
      const known = knownInputs(
        {
          ...{ name: "ingress", args: withDefaults({ ...prod, apiAllowedCidrs: pulumi.output([]) }), options: {} },
          ...{ node: pulumi.output(findNode({ clusterName }, {})), connection: pulumi.output({}) },
        },
        pulumi.output(""),
      );
      await assert.rejects(
        (known.apiAllowedCidrs as unknown as { promise(): Promise<unknown> }).promise(),
        /apiAllowedCidrs: expected at least one range in a list that the program makes, found none/,
      );
    }));

  it("refuses a list for the API that the node cannot compare with the operator's address", async () => {
    const proxy = { host: "bastion", user: "ubuntu", hostKey: "ssh-ed25519 BBBB" };
    const ssh = { user: "ubuntu", hostKey: "ssh-ed25519 AAAA", proxy };
    await record(world());
    const known = knownInputs(
      {
        ...{ name: "ingress", args: withDefaults({ ...prod, ssh, apiAllowedCidrs: ["192.0.2.0/24"] }), options: {} },
        ...{ node: pulumi.output(findNode({ clusterName }, {})), connection: pulumi.output({}) },
      },
      pulumi.output(""),
    );
    await assert.rejects(
      (known.apiAllowedCidrs as unknown as { promise(): Promise<unknown> }).promise(),
      /forceApiAllowedCidrs: expected true with apiAllowedCidrs and ssh\.proxy, found false: .* Nothing was changed\./,
    );
  });

  describe("mode node-port", () => {
    it("makes a security group with its rules, and nothing else", async () => {
      const { recording } = await make(dev);
      assert.deepEqual(children(recording), [component, attachment, group, rule(30443), rule(30080)].sort());
    });

    it("asks AWS for the instance and its interface only", async () => {
      const { recording } = await make(dev);
      assert.deepEqual(recording.calls, [
        "aws:ec2/getInstances:getInstances",
        "aws:ec2/getNetworkInterface:getNetworkInterface",
      ]);
    });

    it("leaves the node's addresses alone, whatever the settings of the other modes say", async () => {
      const { recording } = await make(
        { ...dev, secondaryPrivateIp: "10.0.0.9", primaryAddress: PrimaryAddress.ElasticIp, route53ZoneId: "Z1" },
        world({ allocationId: "eipalloc-somebodys" }),
      );
      assert.deepEqual(recording.calls, [
        "aws:ec2/getInstances:getInstances",
        "aws:ec2/getNetworkInterface:getNetworkInterface",
      ]);
    });

    it("refuses an interface that has as many groups as AWS allows, unless its own is among them", () =>
      withEndpoint(async ({ account }) => {
        const securityGroupIds = ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5"];
        const of = async (stack: string): Promise<string[]> => {
          const [eni] = account.networkInterfaces;
          assert.ok(eni);
          const tags = { "kops-secondary-ingress:stack": stack };
          account.securityGroups = securityGroupIds.map((groupId) => ({
            ...{ groupId, groupName: groupId, description: "x", vpcId: eni.vpcId },
            tags: groupId === "sg-5" ? tags : {},
          }));
          await record(world());
          return (await withRoom({ ...(await findNode({ clusterName }, {})), securityGroupIds }, {})).securityGroupIds;
        };
        await assert.rejects(
          of("kops-secondary-ingress/another"),
          /one more security group on eni-\w+, found 5 of 5: detach one.*Nothing was changed/,
        );
        assert.deepEqual(await of("kops-secondary-ingress/prod"), securityGroupIds);
      }));

    it("has every output, empty where the mode has no value", async () => {
      const { component } = await make(dev);
      const outputs = await valueOf(pulumi.output(outputsOf(component)));
      assert.deepEqual(outputs, {
        mode: "node-port",
        ready: true,
        clusterName,
        instanceId: "i-0a1b2c3d4e5f60001",
        networkInterfaceId: "eni-0123456789abcdef0",
        primaryPrivateIp: "172.20.45.37",
        apiPublicIp: "198.51.100.37",
        secondaryPrivateIp: "",
        ingressPublicIp: "198.51.100.37",
        ingressPort: 30443,
        ingressHttpPort: 30080,
        ingressUrls: ["https://198.51.100.37:30443"],
        allocationId: "",
        securityGroupId: "ingress-ingress-id",
        statsPassword: "",
        dns: { schemaVersion: 1, ready: true, records: [] },
      });
    });

    it("opens the NodePorts once to a range that comes again", async () => {
      const later = (range: string): pulumi.Output<string> =>
        pulumi.output(new Promise<string>((resolve) => setTimeout(resolve, 20, range)));
      const expected = ["10.0.0.0/8", "192.0.2.7/32"].flatMap((cidr) => [rule(30443, cidr), rule(30080, cidr)]).sort();
      for (const allowedCidrs of [
        ["10.0.0.0/8", "192.0.2.7", "10.0.0.0/8", "192.0.2.7/32"],
        ["10.0.0.0/8", later("10.0.0.0/8"), later("192.0.2.7"), later("192.0.2.7/32")],
      ]) {
        const { recording } = await make({ ...dev, allowedCidrs });
        assert.deepEqual(
          children(recording).filter((child) => child.includes("Rule")),
          expected,
        );
      }
    });

    it("opens the NodePorts to each range", async () => {
      const { recording } = await make({ ...dev, allowedCidrs: ["10.0.0.0/8", "192.0.2.0/24"], httpsNodePort: 31443 });
      const rules = children(recording).filter((child) => child.includes("Rule"));
      const expected = ["10.0.0.0/8", "192.0.2.0/24"].flatMap((cidr) => [rule(31443, cidr), rule(30080, cidr)]);
      assert.deepEqual(rules, expected.sort());
    });
  });

  describe("mode load-balancer", () => {
    const aws = onEndpoint();
    const grown: SecondaryIngressIpArgs = {
      mode: IngressMode.LoadBalancer,
      clusterName,
      appDomains: ["app.example.com"],
    };
    const nodes = { "nodes-a.k8s.example.com": "eu-central-1a", "nodes-b.k8s.example.com": "eu-central-1b" };
    const rules = (direction: "Ingress" | "Egress", ...names: string[]): string[] =>
      names.map((name) => `aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule ingress-${name}`);
    const balancerChildren = (groups: Record<string, string>): string[] =>
      [
        component,
        "aws:ec2/securityGroup:SecurityGroup ingress-balancer",
        ...rules("Ingress", "balancer-443-from-0.0.0.0/0", "balancer-80-from-0.0.0.0/0"),
        ...rules("Ingress", "nodes-30443-from-balancer", "nodes-30080-from-balancer"),
        ...rules("Egress", "balancer-to-30443", "balancer-to-30080"),
        ...[...new Set(Object.values(groups))].map((zone) => `aws:ec2/eip:Eip ingress-balancer-${zone}`),
        "aws:lb/loadBalancer:LoadBalancer ingress",
        ...["https", "http"].flatMap((protocol) => [
          `aws:lb/targetGroup:TargetGroup ingress-${protocol}`,
          `aws:lb/listener:Listener ingress-${protocol}`,
          ...Object.keys(groups).map((each) => `aws:autoscaling/attachment:Attachment ingress-${protocol}-${each}`),
        ]),
      ].sort();
    const inputsOf = ({ resources }: Recording, name: string): Record<string, unknown> =>
      resources.find((each) => `${each.type.split(":").pop()} ${each.name}` === name)?.inputs ?? {};

    it("makes exactly its children, and nothing on a node", async () => {
      const { recording } = await make(grown, world({ workers: nodes }));
      assert.deepEqual(children(recording), balancerChildren(nodes));
    });

    it("takes the control plane where there are no workers, by its own group", async () => {
      const { recording } = await make(grown);
      assert.deepEqual(children(recording), balancerChildren(world().controlPlanes));
      const rule = inputsOf(recording, "SecurityGroupIngressRule ingress-nodes-30443-from-balancer");
      assert.equal(rule["securityGroupId"], `masters.${clusterName}`);
    });

    it("has an address in one public subnet of each zone with nodes, and leads from each to all", async () => {
      const { recording } = await make(grown, world({ workers: nodes }));
      const balancer = inputsOf(recording, "LoadBalancer ingress");
      assert.deepEqual(balancer["subnetMappings"], [
        { subnetId: "subnet-a", allocationId: "eipalloc-ingress-balancer-eu-central-1a" },
        { subnetId: "subnet-b", allocationId: "eipalloc-ingress-balancer-eu-central-1b" },
      ]);
      assert.deepEqual(
        [balancer["loadBalancerType"], balancer["internal"], balancer["enableCrossZoneLoadBalancing"]],
        ["network", false, true],
      );
      const own = await make({ ...grown, crossZone: false }, world({ workers: nodes }));
      assert.equal(inputsOf(own.recording, "LoadBalancer ingress")["enableCrossZoneLoadBalancing"], false);
    });

    it("has mode dual-ip's own address, the first of its outputs, where it is asked to keep it", async () => {
      const kept = await make({ ...grown, keepAddress: true }, world({ workers: nodes }));
      assert.equal(await valueOf(kept.component.ingressPublicIp), elasticIps["ingress-ingress"]);
      assert.deepEqual(inputsOf(kept.recording, "LoadBalancer ingress")["subnetMappings"], [
        { subnetId: "subnet-a", allocationId: "eipalloc-ingress-ingress" },
        { subnetId: "subnet-b", allocationId: "eipalloc-ingress-balancer-eu-central-1b" },
      ]);
      const single = inputsOf((await make(prod)).recording, "Eip ingress-ingress");
      const tags = { ...(single["tags"] as object), "kops-secondary-ingress:subnet": "subnet-a" };
      assert.deepEqual(
        inputsOf(kept.recording, "Eip ingress-ingress"),
        { ...single, tags },
        "the same resource with the same inputs, but for a tag",
      );
    });

    it("leads 443 and 80 to the NodePorts, with PROXY protocol where it is asked for", async () => {
      const { recording } = await make({ ...grown, httpsNodePort: 31443, proxyProtocol: true });
      const [https, http] = ["https", "http"].map((protocol) => ({
        targets: inputsOf(recording, `TargetGroup ingress-${protocol}`),
        listener: inputsOf(recording, `Listener ingress-${protocol}`),
      }));
      assert.deepEqual([https?.listener["port"], https?.targets["port"]], [443, 31443]);
      assert.deepEqual([http?.listener["port"], http?.targets["port"]], [80, 30080]);
      assert.deepEqual([https?.targets["proxyProtocolV2"], http?.targets["proxyProtocolV2"]], [true, true]);
    });

    it("gives nodes that leave the time that kOps gives them, and ends what is open then", async () => {
      const { recording } = await make(grown);
      const { deregistrationDelay, connectionTermination } = inputsOf(recording, "TargetGroup ingress-https");
      assert.deepEqual([deregistrationDelay, connectionTermination], [30, true]);
    });

    it("takes subnets that the cluster shares with others", async () => {
      const subnets = { "subnet-shared": subnetOf("eu-central-1a", { shared: true }) };
      const { recording } = await make(grown, world({ subnets }));
      assert.deepEqual(inputsOf(recording, "LoadBalancer ingress")["subnetMappings"], [
        { subnetId: "subnet-shared", allocationId: "eipalloc-ingress-balancer-eu-central-1a" },
      ]);
    });

    it("knows of several control-plane nodes the first", async () => {
      const { component } = await make(grown, world({ running: ["i-0a1b2c3d4e5f60001", "i-0a1b2c3d4e5f60000"] }));
      assert.equal(await valueOf(component.apiPublicIp), "198.51.100.37");
    });

    it("has the same outputs, and every address among the records", async () => {
      const { component } = await make(grown, world({ workers: nodes }));
      const outputs = await valueOf(pulumi.output(outputsOf(component)));
      assert.deepEqual(outputs, {
        mode: "load-balancer",
        ready: true,
        clusterName,
        instanceId: "i-0a1b2c3d4e5f60001",
        networkInterfaceId: "eni-0123456789abcdef0",
        primaryPrivateIp: "172.20.45.37",
        apiPublicIp: "198.51.100.37",
        secondaryPrivateIp: "",
        ingressPublicIp: "203.0.113.12",
        ingressPort: 443,
        ingressHttpPort: 80,
        ingressUrls: ["https://app.example.com"],
        allocationId: "eipalloc-ingress-balancer-eu-central-1a",
        securityGroupId: "ingress-balancer-id",
        statsPassword: "",
        dns: {
          schemaVersion: 1,
          ready: true,
          records: [{ name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.12", "203.0.113.13"] }],
        },
      });
    });

    it("writes the records itself where it is asked to", async () => {
      const { recording } = await make({ ...grown, route53ZoneId: "Z0123456789ABC" }, world({ workers: nodes }));
      const record = inputsOf(recording, "Record ingress-app.example.com");
      assert.deepEqual(record["records"], ["203.0.113.12", "203.0.113.13"]);
    });

    for (const [what, change, says] of [
      [
        "no Auto Scaling group",
        { controlPlanes: {} },
        /expected Auto Scaling groups tagged KubernetesCluster=k8s\.example\.com, found none/,
      ],
      [
        "a zone with nodes and no public subnet",
        {
          workers: nodes,
          subnets: {
            "subnet-a": subnetOf("eu-central-1a"),
            "subnet-b": subnetOf("eu-central-1b", { isPublic: false }),
          },
        },
        /expected a public subnet.*found none in eu-central-1b: /,
      ],
      [
        "no security group of kOps' own",
        { kopsGroups: ["web"] as string[] },
        /expected one security group masters\.k8s\.example\.com.*securityGroupOverride/,
      ],
    ] as const)
      it(`ends with ${what}, before anything is made`, async () => {
        await record(world(change));
        await assert.rejects(findBalanced(clusterName, {}), says);
      });

    it("asks for the account's quota of Elastic IPs, before anything is made", async () => {
      const { account } = aws().endpoint;
      for (let number = 0; number < 4; number++)
        account.addresses.push({
          ...{ allocationId: `eipalloc-0${number}`, publicIp: `192.0.2.${number}`, tags: {} },
          ...{ networkBorderGroup: "eu-central-1", publicIpv4Pool: "amazon" },
        });
      const args = {
        ...{
          zones: [
            { zone: "a", subnetIds: ["subnet-a"] },
            { zone: "b", subnetIds: ["subnet-b"] },
          ],
          keepAddress: false,
        },
        ...{ owners: ["p/prod"], nameOf: (purpose: string) => `p-prod-${purpose}` },
      };
      await assert.rejects(
        findPlaces({}, args),
        /expected 2 more Elastic IPs within the account's quota, found 4 of 5 in use.*Nothing was changed/,
      );
      const [ours] = account.addresses;
      assert.ok(ours);
      ours.tags = { Name: "p-prod-balancer-a", "kops-secondary-ingress:stack": "p/prod" };
      assert.equal((await findPlaces({}, args)).length, 2, "an address that is there already counts once");
    });
  });

  describe("mode dual-ip", () => {
    it("finds its group on a node that may bring it, where the provider's attachment would refuse that", async () => {
      const tags = { "kops-secondary-ingress:stack": "kops-secondary-ingress/prod" };
      const { recording } = await make(prod, world({ tags }));
      const membership = "pulumi-nodejs:dynamic/kops-secondary-ingress:SecurityGroupMembership ingress-ingress";
      assert.deepEqual(
        children(recording),
        prodChildren.map((child) => (child === attachment ? membership : child)).sort(),
      );
    });

    it("makes exactly its children", async () => {
      const { recording } = await make(prod);
      assert.deepEqual(children(recording), prodChildren);
    });

    it("runs the steps on the node one after another, in their order", async () => {
      // One of them takes its time: a step that does not wait for it is recorded before it.
      for (const slow of ["preflight", "installer", "haproxy-settings", "guard"]) {
        const { recording } = await make(prod, world({ slow: `ingress-${slow}` }));
        const remote = recording.resources.filter(({ type }) => type === "command:remote:Command");
        assert.deepEqual(
          remote.map(({ name }) => name),
          steps.map((step) => `ingress-${step}`),
        );
      }
    });

    it("names the change in every armed step, and in its confirmation", async () => {
      const named = async (args: SecondaryIngressIpArgs): Promise<Record<string, string | undefined>> => {
        const { resources } = (await make(args)).recording;
        return Object.fromEntries(
          resources.map(({ name, inputs }) => [
            name,
            / --armed (\w+)/.exec(String(inputs["create"] ?? inputs["command"]))?.[1],
          ]),
        );
      };
      const first = await named(prod);
      const armed = Object.keys(first).filter((name) => first[name] !== undefined);
      assert.deepEqual(
        armed.map((name) => name.replace("ingress-", "")),
        ["seen-api", ...steps.slice(steps.indexOf("address"), steps.indexOf("guard")), "confirmed"],
      );
      assert.equal(first["ingress-seen-api"], "all");
      const changes = (all: typeof first): (string | undefined)[] => [
        ...new Set(armed.slice(1).map((name) => all[name])),
      ];
      assert.equal(changes(first).length, 1);
      assert.deepEqual(changes(await named({ ...prod, httpNodePort: 30081 })), changes(first));
      assert.notDeepEqual(changes(await named({ ...prod, apiLocalPort: 6443 })), changes(first));
    });

    it("has the same outputs as node-port", async () => {
      const { component } = await make(prod);
      const outputs = await valueOf(pulumi.output(outputsOf(component)));
      assert.deepEqual(
        { ...outputs, statsPassword: typeof outputs.statsPassword },
        {
          mode: "dual-ip",
          ready: true,
          clusterName,
          instanceId: "i-0a1b2c3d4e5f60001",
          networkInterfaceId: "eni-0123456789abcdef0",
          primaryPrivateIp: "172.20.45.37",
          apiPublicIp: "198.51.100.37",
          secondaryPrivateIp: "172.20.45.38",
          ingressPublicIp: "203.0.113.10",
          ingressPort: 443,
          ingressHttpPort: 80,
          ingressUrls: ["https://app.example.com"],
          allocationId: "eipalloc-ingress-ingress",
          securityGroupId: "ingress-ingress-id",
          statsPassword: "string",
          dns: {
            schemaVersion: 1,
            ready: true,
            records: [{ name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] }],
          },
        },
      );
    });

    it("gives its address for a URL where there is no domain", async () => {
      const { component } = await make({ ...prod, appDomains: [] });
      assert.deepEqual(await valueOf(component.ingressUrls), ["https://203.0.113.10"]);
    });

    it("keeps the private key and the password secret, and shows everything else in a diff", async () => {
      const { recording } = await make(prod);
      const remote = recording.resources.filter(({ type }) => type === "command:remote:Command");
      assert.equal(remote.length, steps.length);
      for (const { name, inputs } of remote) {
        const key = text((inputs["connection"] as Record<string, unknown>)["privateKey"] ?? inputs["connection"]);
        assert.ok(key.includes("the-private-key"), name);
        assert.ok(
          key.includes(secretSignature) || text(inputs["connection"]).includes(secretSignature),
          `${name}: the key is secret`,
        );
        assert.equal(
          text(inputs["stdin"]).includes(secretSignature),
          name === "ingress-haproxy-password",
          `${name}: stdin`,
        );
        assert.equal(inputs["addPreviousOutputInEnv"], false);
        assert.ok(!("triggers" in inputs) && !("environment" in inputs), name);
      }
    });

    // The SDK itself adds the limits of dialling.
    it("builds the connection of known fields only", async () => {
      const { recording } = await make(prod);
      const [command] = recording.resources.filter(({ name }) => name === "ingress-preflight");
      const connection = command?.inputs["connection"] as Record<string, unknown>;
      const fields = connection[secretSignature] ? (connection["value"] as Record<string, unknown>) : connection;
      assert.deepEqual(Object.keys(fields).sort(), [
        "dialErrorLimit",
        "host",
        "hostKey",
        "perDialTimeout",
        "port",
        "privateKey",
        "user",
      ]);
      assert.equal(fields["host"], "198.51.100.37");
    });

    it("has the API answer this machine after a change as before, unless its list is forced where no proxy is", () =>
      withEndpoint(async ({ account }) => {
        const vpcId = account.vpcs[0]?.vpcId ?? "";
        const proxy = { host: "bastion.example.com", user: "jump", hostKey: "ssh-ed25519 BBBB" };
        const list = { apiAllowedCidrs: ["192.0.2.0/24"], forceApiAllowedCidrs: true };
        const expected = async (change: Partial<SecondaryIngressIpArgs>): Promise<unknown> => {
          const { recording } = await make({ ...prod, ...change }, world({ vpcId }));
          return recording.resources.find(({ name }) => name === "ingress-confirmed")?.inputs["certificate"];
        };
        const seen = "CN=kubernetes-master of CN=kubernetes-ca";
        assert.equal(await expected({}), seen);
        assert.equal(await expected(list), "");
        assert.equal(await expected({ ...list, ssh: { user: "ubuntu", hostKey: "ssh-ed25519 AAAA", proxy } }), seen);
      }));

    it("leaves the operator's machine and session out of the state", async () => {
      const proxy = { host: "bastion.example.com", user: "jump", hostKey: "ssh-ed25519 BBBB" };
      const onMachine = async (word: string): Promise<Recording["resources"]> => {
        const before = { ...process.env };
        const names = [
          "SSH_AUTH_SOCK",
          "HOME",
          "USER",
          "LOGNAME",
          "HOSTNAME",
          "TMPDIR",
          "LANG",
          "SSH_CLIENT",
          "PULUMI_HOME",
        ];
        Object.assign(process.env, Object.fromEntries(names.map((name) => [name, `/of/${word}`])));
        try {
          const ssh = { user: "ubuntu", hostKey: "ssh-ed25519 AAAA", proxy };
          return (await make({ ...prod, ssh, sshPrivateKey: undefined })).recording.resources;
        } finally {
          for (const name of names) Reflect.deleteProperty(process.env, name);
          Object.assign(process.env, before);
        }
      };
      const first = await onMachine("first-machine");
      assert.ok(!text(first).includes("first-machine"));
      assert.deepEqual(await onMachine("second-machine"), first);
    });

    it("installs sockets instead of a program for socket-proxyd", async () => {
      const { recording } = await make({ ...prod, apiForwarder: ApiForwarder.SocketProxyd });
      const names = recording.resources.map(({ name }) => name);
      assert.ok(names.includes("ingress-forwarder-socket"));
      assert.ok(!names.includes("ingress-api-forward-program"));
    });

    it("gives the primary address an Elastic IP when asked", async () => {
      const { recording } = await make({ ...prod, primaryAddress: PrimaryAddress.ElasticIp });
      assert.deepEqual(
        children(recording).filter((child) => !prodChildren.includes(child)),
        ["aws:ec2/eip:Eip ingress-api", "aws:ec2/eipAssociation:EipAssociation ingress-api"],
      );
    });

    it("writes one record for each domain when given a zone", async () => {
      const { recording } = await make({
        ...prod,
        route53ZoneId: "Z0123456789ABC",
        appDomains: ["a.example.com", "b.example.com"],
      });
      assert.deepEqual(
        children(recording).filter((child) => !prodChildren.includes(child)),
        [
          "aws:route53/record:Record ingress-a.example.com",
          "aws:route53/record:Record ingress-b.example.com",
          "pulumi-nodejs:dynamic/kops-secondary-ingress:RecordNames ingress-records",
        ],
      );
    });

    it("makes nothing in AWS or on the node before the names are its own", async () => {
      const { recording } = await make(
        { ...prod, route53ZoneId: "Z0123456789ABC", appDomains: ["B.example.com.", "a.example.com"] },
        world({ slow: "ingress-records" }),
      );
      const types = recording.resources.map(({ type }) => type);
      const before = types.slice(0, types.indexOf("pulumi-nodejs:dynamic/kops-secondary-ingress:RecordNames"));
      assert.deepEqual(
        before.filter((type) => /^(?:aws|command|pulumi-nodejs):/.test(type)),
        [],
      );
      const names = recording.resources.find(({ name }) => name === "ingress-records")?.inputs["names"];
      assert.deepEqual(names, ["a.example.com.", "b.example.com."]);
    });

    it("filters who reaches the API only when asked, with the VPC and the node's own pods always in the list", () =>
      withEndpoint(async ({ account }) => {
        const [vpc] = account.vpcs;
        assert.ok(vpc);
        const report = { facts: { network: "networkd", podCidrs: ["10.244.0.0/16"] } };
        const { recording } = await make(
          { ...prod, apiAllowedCidrs: ["192.0.2.0/24"] },
          world({ vpcId: vpc.vpcId, preflight: JSON.stringify(report) }),
        );
        assert.deepEqual(
          children(recording).filter((child) => !prodChildren.includes(child)),
          ["command:remote:Command ingress-api-filter"],
        );
        const stdin = (step: string): unknown =>
          recording.resources.find(({ name }) => name === `ingress-${step}`)?.inputs["stdin"];
        for (const range of ["192.0.2.0/24", vpc.cidrBlock, "100.64.0.0/10", "10.244.0.0/16"]) {
          assert.ok(text(stdin("api-filter")).includes(range), range);
          assert.ok(text(stdin("haproxy-settings")).includes(range), range);
        }
        assert.match(text(stdin("address")), /^"\[Match\]/, "the address's file is what the node's network is made of");
      }));

    it("ties its Elastic IP to the address once the node is its own", async () => {
      const { recording } = await make(prod, world({ slow: "ingress-installer" }));
      const order = recording.resources.map(({ type, name }) => `${type} ${name}`);
      const place = (resource: string): number => order.indexOf(resource);
      assert.ok(
        place("command:remote:Command ingress-installer") <
          place("aws:ec2/eipAssociation:EipAssociation ingress-ingress"),
      );
    });

    describe("with the user's Elastic IP", () => {
      const allocationId = "eipalloc-0123456789abcdef0";
      const existing = "pulumi-nodejs:dynamic/kops-secondary-ingress:ExistingElasticIp ingress-ingress";

      it("makes exactly the same children, with that one in the place of an Elastic IP of its own", async () => {
        const { recording } = await make({ ...prod, allocationId });
        const own = prodChildren.filter((child) => child.startsWith("aws:ec2/eip"));
        assert.equal(own.length, 2);
        assert.deepEqual(
          children(recording),
          [...prodChildren.filter((child) => !own.includes(child)), existing].sort(),
        );
      });

      it("still gives the primary address one of its own when asked", async () => {
        const { recording } = await make({ ...prod, allocationId, primaryAddress: PrimaryAddress.ElasticIp });
        assert.deepEqual(
          children(recording).filter((child) => child.startsWith("aws:ec2/eip")),
          ["aws:ec2/eip:Eip ingress-api", "aws:ec2/eipAssociation:EipAssociation ingress-api"],
        );
      });

      it("names it to what makes sure of the address and to what ties it, and never tags it", async () => {
        const { recording } = await make({ ...prod, allocationId: pulumi.output(allocationId) });
        const inputsOf = (child: string): Record<string, unknown> =>
          recording.resources.find(({ type, name }) => `${type} ${name}` === child)?.inputs ?? {};
        const { networkInterfaceId, privateIpAddress, found, stack, tags, ...more } = inputsOf(existing);
        assert.deepEqual(
          [more["allocationId"], networkInterfaceId, privateIpAddress, found, stack, tags],
          [allocationId, "eni-0123456789abcdef0", "172.20.45.38", true, "kops-secondary-ingress/prod", undefined],
        );
        const secondary = "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp ingress-secondary";
        assert.equal(inputsOf(secondary)["allocationId"], allocationId);
      });

      it("ties it once the node is the stack's", async () => {
        const { recording } = await make({ ...prod, allocationId }, world({ slow: "ingress-installer" }));
        const order = recording.resources.map(({ type, name }) => `${type} ${name}`);
        assert.ok(order.indexOf("command:remote:Command ingress-installer") < order.indexOf(existing));
      });

      it("has its address in the outputs, the records and the health checks", async () => {
        const { component, recording } = await make({
          ...prod,
          allocationId,
          route53ZoneId: "Z0123456789ABC",
          healthChecks: true,
        });
        const { ingressPublicIp, ingressUrls, dns, ...outputs } = await valueOf(pulumi.output(outputsOf(component)));
        assert.deepEqual(
          [ingressPublicIp, outputs.allocationId, ingressUrls, dns.records[0]?.values],
          ["203.0.113.77", allocationId, ["https://app.example.com"], ["203.0.113.77"]],
        );
        const inputs = recording.resources.map((each) => each.inputs);
        assert.ok(inputs.some(({ records }) => text(records) === '["203.0.113.77"]'));
        assert.ok(inputs.some(({ ipAddress }) => ipAddress === "203.0.113.77"));
      });
    });

    it("does not take over anybody's record unless told to", async () => {
      const zone = { ...prod, route53ZoneId: "Z0123456789ABC" };
      const overwrites = async (args: SecondaryIngressIpArgs): Promise<unknown> =>
        (await make(args)).recording.resources.find(({ type }) => type === "aws:route53/record:Record")?.inputs[
          "allowOverwrite"
        ];
      assert.equal(await overwrites(zone), undefined);
      assert.equal(await overwrites({ ...zone, overwriteRecords: true }), true);
    });

    it("checks both addresses from the internet when asked, with every default of AWS written out", async () => {
      const { recording } = await make({ ...prod, healthChecks: true });
      const checks = recording.resources.filter(({ type }) => type === "aws:route53/healthCheck:HealthCheck");
      assert.deepEqual(
        checks
          .map(({ name, inputs: { tags, ...inputs } }) => ({ name, tagged: tags !== undefined, inputs }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
        [
          ["ingress-api", "198.51.100.37"],
          ["ingress-ingress", "203.0.113.10"],
        ].map(([name, ipAddress]) => ({
          name,
          tagged: true,
          inputs: { type: "TCP", ipAddress, port: 443, requestInterval: 30, failureThreshold: 3 },
        })),
      );
    });

    it("tells the secondary address what the stack needs, and as whom the aws provider calls", async () => {
      const { recording } = await make({ ...prod, primaryAddress: PrimaryAddress.ElasticIp });
      const secondary = recording.resources.find(({ name }) => name === "ingress-secondary");
      const { networkInterfaceId, elasticIps, interfaceNamed, stack, caller } = secondary?.inputs ?? {};
      assert.deepEqual(
        { networkInterfaceId, elasticIps, interfaceNamed, stack, caller },
        {
          networkInterfaceId: "eni-0123456789abcdef0",
          elasticIps: 2,
          interfaceNamed: false,
          stack: "kops-secondary-ingress/prod",
          caller: "arn:aws:sts::123456789012:assumed-role/Operator/monday".replace("/monday", ""),
        },
      );
    });

    it("connects to the primary's Elastic IP once it has one, after a look at the address of before", async () => {
      const { recording } = await make({ ...prod, primaryAddress: PrimaryAddress.ElasticIp });
      const host = (step: string): unknown => {
        const connection = recording.resources.find(({ name }) => name === `ingress-${step}`)?.inputs["connection"];
        const fields = connection as Record<string, unknown>;
        return (fields[secretSignature] ? (fields["value"] as Record<string, unknown>) : fields)["host"];
      };
      assert.deepEqual([host("preflight"), host("installer")], ["198.51.100.37", elasticIps["ingress-api"]]);
    });

    it("says in front of whom the host key is compared: the node, or the proxy before it", async () => {
      const seen = async (args: SecondaryIngressIpArgs): Promise<unknown[]> => {
        const { recording } = await make(args);
        const { host, port, hostKey, setting } =
          recording.resources.find(({ name }) => name === "ingress-host-key")?.inputs ?? {};
        return [host, port, hostKey, setting];
      };
      assert.deepEqual(await seen(prod), ["198.51.100.37", 22, "ssh-ed25519 AAAA", "ssh.hostKey"]);
      const proxy = { host: "bastion.example.com", port: 2222, user: "jump", hostKey: "ssh-ed25519 BBBB" };
      const behind = { ...prod, ssh: { user: "ubuntu", hostKey: "ssh-ed25519 AAAA", proxy } };
      assert.deepEqual(await seen(behind), ["bastion.example.com", 2222, "ssh-ed25519 BBBB", "ssh.proxy.hostKey"]);
    });

    it("takes the node over from the stack's former name", async () => {
      const { recording } = await make({ ...prod, formerStack: "kops-secondary-ingress/old" });
      const installer = recording.resources.find(({ name }) => name === "ingress-installer");
      assert.match(text(installer?.inputs["create"]), /--former-owner kops-secondary-ingress\/old/);
    });

    it("puts the user's tags beside its own, everywhere", async () => {
      const tagged = {
        ...prod,
        healthChecks: true,
        primaryAddress: PrimaryAddress.ElasticIp,
        tags: { team: "platform" },
      };
      const { recording } = await make(tagged);
      const all = recording.resources.flatMap(({ inputs }) =>
        inputs["tags"] ? [inputs["tags"] as Record<string, string>] : [],
      );
      assert.equal(all.length, 7);
      for (const tags of all) {
        assert.deepEqual(Object.keys(tags).sort(), [
          "Name",
          "kops-secondary-ingress:cluster",
          "kops-secondary-ingress:stack",
          "managed-by",
          "team",
        ]);
        assert.equal(tags["team"], "platform");
      }
    });

    it("keeps the same children with onDestroy retain", async () => {
      const { recording } = await make({ ...prod, onDestroy: OnDestroy.Retain });
      assert.deepEqual(children(recording), prodChildren);
    });

    it("carries none of kOps' own tags", async () => {
      const { recording } = await make({ ...prod, primaryAddress: PrimaryAddress.ElasticIp });
      const tagged = recording.resources.filter(({ inputs }) => inputs["tags"] !== undefined);
      assert.equal(tagged.length, 5);
      for (const { name, inputs } of tagged) {
        const tags = inputs["tags"] as Record<string, string>;
        assert.ok(tags["Name"]?.startsWith("kops-secondary-ingress-prod-k8s.example.com-"), name);
        assert.equal(tags["managed-by"], "kops-secondary-ingress");
        assert.ok(
          Object.keys(tags).every((key) => !/^KubernetesCluster$|^kubernetes\.io\/|^k8s\.io\//.test(key)),
          name,
        );
      }
    });
  });
});
