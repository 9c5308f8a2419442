/** Mode load-balancer: in front of a real node, in place of the other modes and back, by an operator with the printed policy. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseOutputs, type StackOutputs } from "../../outputs/stackOutputs";
import type { Account } from "../../lab/aws/account";
import { balancerPolicy } from "../../lab/cloud/policy";
import { set } from "../../lab/campaigns/interleavings/events";
import { nameServer, type Operator, startOperator } from "../../lab/campaigns/diagnoses/operator";
import { probeApi, probeApp } from "../../lab/proof/probes";
import type { KeptLab } from "../../lab/keptLab";
import { tellCloud } from "../../lab/network/cloudEvents";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labDomain } from "../../lab/cloud/labAccount";
import { keyPair } from "../../lab/node/certificates";
import { labPaths, repositoryRoot } from "../../lab/paths";
import { controlPlane } from "../../lab/network/machines";
import { stackOutputs } from "../../lab/proof/outputs";
import { waitForTarget } from "../../lab/proof/targets";
import type { Prober } from "../../lab/proof/prober";
import { accountSnapshot, difference, nodeSnapshot } from "../../lab/proof/snapshot";
import { balancedUrls, devUrls, prodUrls } from "../../lab/proof/urls";
import { documentedCommands } from "../support/documented";
import { installDnsPrograms, needsProgram, needsRoot } from "../support/needs";
import { operatorPolicyTests } from "../support/operatorPolicy";

const cli = `${process.execPath} ${join(repositoryRoot, "operator/cli/main.cjs")}`;

describe("mode load-balancer", function () {
  let kept: KeptLab;
  let operator: Operator;
  let atFirst: { account: readonly string[]; node: readonly string[] };

  const account = (): Account => JSON.parse(readFileSync(labPaths.account, "utf8")) as Account;
  const up = async (...more: string[]): Promise<void> => {
    const { status, stdout, stderr } = await kept.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", ...more);
    assert.equal(status, 0, `${stdout}${stderr}`);
  };
  const outputsOf = async (stack: string): Promise<StackOutputs> =>
    parseOutputs(await operator.shell(`pulumi stack output --json --stack ${stack}`));
  /** What clients do not get of what the mode promises that the stack is in. */
  const failing = async (): Promise<string[]> => {
    const outputs = await stackOutputs("prod");
    const { mode } = outputs as unknown as { mode: "node-port" | "dual-ip" | "load-balancer" };
    const look = { "node-port": devUrls, "dual-ip": prodUrls, "load-balancer": balancedUrls }[mode];
    return (await look(outputs)).filter(({ ok }) => !ok).map(({ id }) => id);
  };

  /** Of the applications' rows, those that hold. */
  const answering = async (outputs: StackOutputs): Promise<string[]> =>
    (await prodUrls(outputs)).filter(({ ok, id }) => ok && id.startsWith("app-")).map(({ id }) => id);

  before(async function () {
    needsRoot(this);
    await installDnsPrograms();
    needsProgram(this, "named");
    kept = await keepPreparedLab("empty");
    operator = await startOperator(kept);
    await set(["route53ZoneId"], undefined);
    atFirst = { account: await accountSnapshot(), node: await nodeSnapshot() };
  });
  after(async () => {
    if (operator as Operator | undefined) await operator.stop();
    if (kept as KeptLab | undefined) await lab.down();
  });

  /** The account without what AWS chooses anew each time: ids, addresses and times. */
  const comparable = async (): Promise<readonly string[]> =>
    (await accountSnapshot())
      .map((fact) =>
        fact
          .replaceAll(/\b(eipalloc|eipassoc|eni|eni-attach|sg|sgr|subnet)-[0-9a-f]{8,17}\b/g, "$1-*")
          .replaceAll(/(\/|ingress-https-|ingress-http-|ingress-|com-)[0-9a-f]{7,26}(?=["/])/g, "$1*")
          .replaceAll(/(203\.0\.113|172\.20\.\d+)\.\d+/g, "$1.*")
          .replaceAll(/"(macAddress|createdTime|launchTime)":"[^"]*"/g, '"$1":"*"')
          // A set: two resources attach at the same time.
          .replace(/(?<="targetGroupArns":)\[[^\]]*\]/, (arns) =>
            JSON.stringify((JSON.parse(arns) as string[]).sort()),
          ),
      )
      .sort();
  const arrivals = new Map<string, { account: readonly string[]; node: readonly string[] }>();
  /** Each time the stack comes to a mode, account and node are as they were the first time. */
  const leavesNothingBehind = async (mode: string): Promise<void> => {
    const node = await nodeSnapshot();
    // The secondary address and the statistics password are others each time, and so is what the files hold of them.
    const installed = node.map((fact) =>
      fact.replace(/^(file .*) [0-9a-f]{16}$/, "$1").replaceAll(/172\.20\.\d+\.\d+/g, "*"),
    );
    const now = { account: await comparable(), node: mode === "dual-ip" ? installed : node };
    const before = arrivals.get(mode) ?? (mode === "dual-ip" ? now : { ...now, node: atFirst.node });
    arrivals.set(mode, before);
    assert.deepEqual(difference(before.account, now.account), [], `the account in mode ${mode}`);
    assert.deepEqual(difference(before.node, now.node), [], `the node in mode ${mode}`);
  };

  // Each of the six ways from one mode to another.
  for (const [from, to] of [
    ["nothing", "node-port"],
    ["node-port", "dual-ip"],
    ["dual-ip", "load-balancer"],
    ["load-balancer", "node-port"],
    ["node-port", "load-balancer"],
    ["load-balancer", "dual-ip"],
    ["dual-ip", "node-port"],
  ] as const)
    it(`${from} → ${to}: one up, the API answers throughout`, async () => {
      await set(["mode"], to);
      const prober = await probeApi();
      await up();
      const { sent, failed, failures } = await prober.stop();
      assert.equal(failed, 0, failures.join("; "));
      assert.ok(sent > 20);
      assert.deepEqual(await failing(), []);
      if (to === "load-balancer") await up("--refresh", "--expect-no-changes");
      const { loadBalancers = [], addresses } = account();
      assert.equal(loadBalancers.length, to === "load-balancer" ? 1 : 0);
      assert.equal(addresses.length, to === "node-port" ? 0 : 1);
      await leavesNothingBehind(to);
    });

  it("the balancer's address stays through other NodePorts, tags, zones and back", async () => {
    await set(["mode"], "load-balancer");
    await up();
    const { ingressPublicIp } = await stackOutputs("prod");
    await set(["crossZone"], false);
    await set(["tags"], { team: "web" });
    await set(["proxyProtocol"], true);
    await set(["httpNodePort"], 30081);
    await up();
    const { loadBalancers = [], targetGroups = [], listeners = [] } = account();
    assert.equal(loadBalancers[0]?.attributes["load_balancing.cross_zone.enabled"], "false");
    assert.deepEqual(targetGroups.map(({ port }) => port).sort(), [30081, 30443]);
    for (const { attributes } of targetGroups) assert.equal(attributes["proxy_protocol_v2.enabled"], "true");
    for (const { tags } of [...loadBalancers, ...targetGroups, ...listeners]) assert.equal(tags["team"], "web");
    for (const key of ["crossZone", "tags", "proxyProtocol", "httpNodePort"]) await set([key], undefined);
    await up();
    assert.equal((await stackOutputs("prod")).ingressPublicIp, ingressPublicIp);
    assert.deepEqual(await failing(), []);
  });

  it("a zone that comes is added to the balancer and answers, one that goes takes its address along", async () => {
    const { ingressPublicIp } = await stackOutputs("prod");
    const arn = account().loadBalancers?.[0]?.arn;
    await set(["appDomains"], [labDomain]);
    await tellCloud("spread", { zones: 2 });
    const app = await probeApp(ingressPublicIp);
    await up();
    const { failed, failures } = await app.stop();
    assert.equal(failed, 0, failures.join("; "));
    assert.equal(account().loadBalancers?.[0]?.arn, arn, "the same balancer");
    const grown = await outputsOf("prod");
    const [all = []] = grown.dns.records.map(({ values }) => values);
    assert.equal(all.length, 2);
    for (const address of all)
      assert.deepEqual(await answering({ ...grown, ingressPublicIp: address }), ["app-https", "app-http"], address);
    await tellCloud("spread", { zones: 1 });
    await up();
    const after = await outputsOf("prod");
    assert.deepEqual([after.ingressPublicIp, after.dns.records[0]?.values], [ingressPublicIp, [ingressPublicIp]]);
    assert.deepEqual(await failing(), []);
  });

  it("the doctor knows the mode", async () => {
    const { ingressPublicIp } = await stackOutputs("prod");
    await operator.nsupdate(`update add ${labDomain}. 60 A ${ingressPublicIp}`);
    assert.deepEqual((await operator.doctor("prod")).report.findings, []);
    await operator.kept.node("systemctl stop ingress.service");
    await waitForTarget(controlPlane, "unhealthy");
    const codes = (await operator.doctor("prod")).report.findings.map(({ code }) => code);
    await operator.kept.node("systemctl start ingress.service");
    assert.deepEqual(codes, ["NO_TARGET_HEALTHY"]);
  });

  const page = "docs/load-balancer.md";
  /** The stacks by the page's names for them. */
  const leadNames = (containing: string, stacks: Record<string, string>, from: string, to: string): Mocha.Test =>
    it(`the documented commands lead the names from ${from} to ${to}, and nobody fails`, async () => {
      const before = await outputsOf(from);
      const api = await probeApi();
      const old = await probeApp(before.ingressPublicIp);
      let next: Prober | undefined;
      for (const command of documentedCommands(page, containing, stacks)) {
        if (command.startsWith("pulumi destroy")) assert.equal((await old.stop()).failed, 0);
        await operator.shell(
          command
            .replace(/^pulumi (up|destroy)/, "$& --skip-preview")
            .replace("npx secondary-ingress", cli)
            .replace(
              "--zone-id <zone>",
              `--server ${nameServer} --zone example.com --ca ${keyPair("web-authority").certificate}`,
            )
            .replace(/^sleep \d+$/, "sleep 1"),
        );
        if (command.startsWith("pulumi up")) next = await probeApp((await outputsOf(to)).ingressPublicIp);
      }
      assert.ok(next);
      const counts = [await next.stop(), await api.stop()];
      assert.deepEqual(
        counts.map(({ failed }) => failed),
        [0, 0],
      );
      const { ingressPublicIp } = await outputsOf(to);
      assert.notEqual(ingressPublicIp, before.ingressPublicIp);
      assert.equal((await operator.shell(`dig +short @${nameServer} ${labDomain}`)).trim(), ingressPublicIp);
    });

  const stack = "prod-single";
  const inPlace = { "load-balancer": "EipAssociation::ingress-ingress", "dual-ip": "LoadBalancer::ingress'" };
  const moveAddress = (mode: keyof typeof inPlace): Mocha.Test =>
    it(`the documented commands lead to mode ${mode} at the same address, and the API answers throughout`, async () => {
      await tellCloud("balancers", { seconds: 20 });
      const before = await outputsOf(stack);
      const api = await probeApi();
      const app = await probeApp(before.ingressPublicIp);
      for (const command of documentedCommands(page, inPlace[mode], { prod: stack }))
        await operator.shell(command.replace(/^pulumi (up|destroy)/, "$& --skip-preview"));
      await tellCloud("balancers", { seconds: 0 });
      const [{ failed: missed }, { failed }] = [await app.stop(), await api.stop()];
      assert.equal(failed, 0, "the API");
      assert.ok(missed > 0, "the applications are down meanwhile, as the page says");
      const after = await outputsOf(stack);
      assert.deepEqual([after.mode, after.ingressPublicIp], [mode, before.ingressPublicIp]);
      assert.deepEqual(await answering(after), ["app-https", "app-http"]);
      await operator.shell(`pulumi up --yes --skip-preview --expect-no-changes --stack ${stack}`);
    });

  leadNames("stack init prod-single", { "prod-grown": "prod", "prod-single": stack }, "prod", stack);
  moveAddress("load-balancer");
  moveAddress("dual-ip");
  it("an address in use stays where it is, and one that is free already can be taken back", async () => {
    const before = await outputsOf(stack);
    const [keep = "", mode = "", preview = "", free = "", up = ""] = documentedCommands(
      page,
      inPlace["load-balancer"],
      { prod: stack },
    );
    await operator.shell(keep);
    await operator.shell(mode);
    await operator.shell(preview);
    await assert.rejects(operator.shell(up.replace("up", "up --skip-preview")), /ResourceInUse/);
    assert.deepEqual(await answering(before), ["app-https", "app-http"], "the node goes on serving");
    await operator.shell(free.replace("destroy", "destroy --skip-preview"));
    assert.deepEqual(await answering(before), [], "nobody answers at the address");
    await operator.shell(mode.replace("load-balancer", "dual-ip"));
    await operator.shell(up.replace("up", "up --skip-preview"));
    assert.deepEqual(await outputsOf(stack), before);
    assert.deepEqual(await answering(before), ["app-https", "app-http"]);
  });
  leadNames("stack init prod-grown", { prod: stack, "prod-grown": `${stack}-grown` }, stack, `${stack}-grown`);

  it("a node that kOps replaces is behind the balancer by itself, at the same address", async () => {
    const before = await outputsOf("prod-single-grown");
    await lab.replaceNode();
    for (let tries = 0; (await answering(before)).length < 2; tries++) {
      assert.ok(tries < 400, "nobody answers");
      await sleep(500);
    }
    await operator.shell("pulumi up --refresh --yes --skip-preview --stack prod-single-grown");
    assert.equal((await outputsOf("prod-single-grown")).ingressPublicIp, before.ingressPublicIp);
  });

  it("destroy leaves nothing", async () => {
    await operator.shell("pulumi destroy --yes --skip-preview --stack prod-single-grown");
    const { loadBalancers, targetGroups, listeners, addresses, autoScalingGroups = [] } = account();
    assert.deepEqual(
      { loadBalancers, targetGroups, listeners, addresses },
      { loadBalancers: [], targetGroups: [], listeners: [], addresses: [] },
    );
    assert.deepEqual(
      autoScalingGroups.flatMap(({ targetGroupArns }) => targetGroupArns),
      [],
    );
    const changes = difference(atFirst.account, await accountSnapshot()).filter(
      (change) => !/^[+-] (instances|networkInterfaces|loadBalancers|targetGroups|listeners|subnets) /.test(change),
    );
    assert.deepEqual(changes, []);
  });

  operatorPolicyTests({ ...balancerPolicy, route53ZoneId: undefined });
});
