/** The alert rules and the dashboard, by a real Prometheus with real exporters: faults are made, alerts fire and end. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { labDomain } from "../../lab/labAccount";
import { namespaces, node } from "../../lab/network/addresses";
import { keyPair } from "../../lab/node/certificates";
import { inInternet } from "../../lab/operator";
import { labPaths, repositoryRoot } from "../../lab/paths";
import { run } from "../../lab/process";
import { stackOutputs } from "../../lab/proof/outputs";
import { installPrometheus, needsProgram, needsRoot } from "../support/needs";

const textFiles = "/var/lib/prometheus/node-exporter";
const read = async <T>(name: string): Promise<T> =>
  parse(await readFile(join(repositoryRoot, "monitoring", name), "utf8")) as T;

interface Prometheus {
  rule_files: string[];
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  global?: object;
}
interface Rules {
  groups: { interval?: string; rules: { alert: string; for?: string }[] }[];
}
interface Blackbox {
  modules: { secondary_ingress_app: { http: { tls_config?: object } } };
}

describe("monitoring", function () {
  this.timeout(5 * 60_000);
  let kept: KeptLab;
  let directory: string;
  const children: ChildProcess[] = [];

  const start = (...command: string[]): void => {
    const [program = "", ...args] = inInternet(command);
    children.push(spawn(program, args, { cwd: directory, stdio: "ignore" }));
  };
  const prometheus = async <T>(path: string): Promise<T> => {
    const [program = "", ...args] = inInternet([
      "curl",
      "-sf",
      "--retry",
      "20",
      "--retry-connrefused",
      "--retry-delay",
      "1",
      `http://127.0.0.1:9090/api/v1/${path}`,
    ]);
    return (JSON.parse(await run(program, args)) as { data: T }).data;
  };
  const firing = async (): Promise<string[]> => {
    const { alerts } = await prometheus<{ alerts: { state: string; labels: { alertname: string } }[] }>("alerts");
    return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
  };
  /** Waits until these alerts fire, or end. */
  const until = async (names: readonly string[], fire: boolean): Promise<void> => {
    for (const end = Date.now() + 60_000; ; await sleep(500)) {
      const now = await firing();
      if (names.every((name) => now.includes(name) === fire)) return;
      assert.ok(
        Date.now() < end,
        `${names.join(", ")} ${fire ? "do not fire" : "do not end"}; firing: ${now.join(", ")}`,
      );
    }
  };
  const check = (): Promise<string> => kept.node("systemctl start secondary-ingress-check.service");

  before(async function () {
    needsRoot(this);
    await installPrometheus();
    for (const program of ["prometheus", "prometheus-node-exporter", "prometheus-blackbox-exporter"])
      needsProgram(this, program);
    kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
    await kept.node(`mkdir -p ${textFiles}`);
    const { status, stdout, stderr } = await kept.up("prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    await check();
    directory = await mkdtemp(join(tmpdir(), "monitoring-"));

    const { ingressPublicIp } = await stackOutputs(kept.state.engine.pulumi, "prod");
    const targets: Record<string, string> = {
      "secondary-ingress-node": "127.0.0.1:9100",
      "secondary-ingress-haproxy": "127.0.0.1:8404",
      "secondary-ingress-app": `https://${ingressPublicIp}`,
      "secondary-ingress-api": `https://${node.autoPublicIp}`,
    };
    const scraping = await read<Prometheus>("prometheus.yml");
    for (const job of scraping.scrape_configs) job.static_configs = [{ targets: [targets[job.job_name] ?? ""] }];
    scraping.global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
    // The same expressions, with nobody waiting for a minute.
    const rules = await read<Rules>("alerts.yml");
    for (const rule of rules.groups.flatMap((group) => group.rules)) if (rule.for) rule.for = "2s";
    // Where there is no name server the name goes with the handshake.
    const blackbox = await read<Blackbox>("blackbox.yml");
    const tls = { ca_file: keyPair("web-authority").certificate, server_name: labDomain };
    blackbox.modules.secondary_ingress_app.http.tls_config = tls;
    for (const [name, content] of Object.entries({
      "prometheus.yml": scraping,
      "alerts.yml": rules,
      "blackbox.yml": blackbox,
    }))
      await writeFile(join(directory, name), stringify(content, { aliasDuplicateObjects: false }));

    start("prometheus-blackbox-exporter", "--config.file=blackbox.yml", "--web.listen-address=127.0.0.1:9115");
    start(
      "prometheus-node-exporter",
      ...["--collector.disable-defaults", "--collector.textfile", "--web.listen-address=127.0.0.1:9100"],
      `--collector.textfile.directory=${join(labPaths.node, "root")}${textFiles}`,
    );
    // As an SSH tunnel would: HAProxy's metrics are on the node's loopback alone.
    start(
      process.execPath,
      "-e",
      `require("node:net").createServer((from) => { const to = require("node:child_process").spawn("nsenter",
        ["--net=/run/netns/${namespaces.node}", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8404; cat <&3 & cat >&3; wait"]);
        from.pipe(to.stdin); to.stdout.pipe(from); from.on("error", () => to.kill()); to.stdin.on("error", () => from.destroy()); }).listen(8404, "127.0.0.1");`,
    );
    start(
      "prometheus",
      "--config.file=prometheus.yml",
      `--storage.tsdb.path=${directory}/data`,
      "--web.listen-address=127.0.0.1:9090",
    );
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    if (kept as KeptLab | undefined) await lab.down();
    if (directory as string | undefined) await rm(directory, { recursive: true, force: true });
  });

  it("every query of the dashboard has data, and no alert fires", async () => {
    const { panels } = await read<{ panels: { title: string; targets: { expr: string }[] }[] }>("dashboard.json");
    assert.ok(panels.length > 5);
    const data = async (expr: string): Promise<unknown[]> =>
      (await prometheus<{ result: unknown[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
    const end = Date.now() + 60_000;
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        while ((await data(expr)).length === 0) {
          assert.ok(Date.now() < end, `no data for ${title}: ${expr}`);
          await sleep(500);
        }
    // The lab's certificates are good for 30 days.
    assert.deepEqual(await firing(), []);
  });

  it("HAProxy that does not start: its alerts fire, and end when it runs", async () => {
    const alerts = ["SecondaryIngressAppDown", "SecondaryIngressProxyDown"];
    await kept.node(
      "mkdir -p /run/systemd/system/haproxy.service.d && printf '[Unit]\\nConditionPathExists=/nowhere\\n' >/run/systemd/system/haproxy.service.d/lab.conf && systemctl daemon-reload && systemctl stop haproxy.service",
    );
    await check();
    await until(alerts, true);
    await kept.node(
      "rm /run/systemd/system/haproxy.service.d/lab.conf && systemctl daemon-reload && systemctl start haproxy.service",
    );
    await check();
    await until(alerts, false);
  });

  it("rules that cannot be put back: the alert fires, and ends when they are", async () => {
    await kept.node("nft delete table ip secondary_ingress; mv /usr/sbin/nft /root/nft");
    await check();
    await until(["SecondaryIngressRuleMissing"], true);
    await kept.node("mv /root/nft /usr/sbin/nft && rm -rf /run/secondary-ingress/pauses");
    await check();
    await until(["SecondaryIngressRuleMissing"], false);
    const { result } = await prometheus<{ result: unknown[] }>("query?query=secondary_ingress_repairs_total%3E0");
    assert.equal(result.length, 1);
  });

  it("leaves no metrics behind", async () => {
    const { status, stdout, stderr } = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.equal(await kept.node(`ls ${textFiles}`), "");
  });
});
