/** A real Prometheus with the repository's rules, which scrapes the lab's node and probes it as users do. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { statsListener } from "../../../settings/ports";
import type { KeptLab } from "../../keptLab";
import { labDomain } from "../../cloud/labAccount";
import { namespaces, node } from "../../network/addresses";
import { keyPair } from "../../node/certificates";
import { inInternet } from "../../operator";
import { labPaths, repositoryRoot } from "../../paths";
import { run } from "../../process";
import { stackOutputs } from "../../proof/outputs";

/** Prometheus, its tool and its exporters → Debian packages. */
export const prometheusPrograms = {
  prometheus: "prometheus",
  promtool: "prometheus",
  "prometheus-node-exporter": "prometheus-node-exporter",
  "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
} as const;

/** node-exporter's textfile directory on the node. */
export const textFiles = "/var/lib/prometheus/node-exporter";

interface Configuration {
  rule_files: string[];
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  global?: object;
}
export interface Rule {
  alert: string;
  expr: string;
  for?: string;
}
interface Rules {
  groups: { rules: Rule[] }[];
}
interface Blackbox {
  modules: { secondary_ingress_app: { http: { tls_config?: object } } };
}

const read = async <T>(name: string): Promise<T> =>
  parse(await readFile(join(repositoryRoot, "operator/monitoring", name), "utf8")) as T;

/** The repository's alert rules. */
export const alertRules = async (): Promise<Rule[]> =>
  (await read<Rules>("alerts.yml")).groups.flatMap(({ rules }) => rules);

export interface Prometheus {
  /** A response of its HTTP API; `path` is relative to /api/v1/. */
  get<T>(path: string): Promise<T>;
  /** Names of the firing alerts. */
  firing(): Promise<string[]>;
  /**
   * Waits until these alerts fire, or resolve.
   * @returns the duration in seconds
   * @throws after `patience` seconds
   */
  until(names: readonly string[], fire: boolean, patience?: number): Promise<number>;
  /** Writes a textfile of the operator's machine, which node-exporter exports. */
  textFile(name: string, content: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param changed replacements of the repository's rules; unchanged without it
 * @param interval seconds between scrapes and between evaluations
 */
export async function startPrometheus(
  kept: KeptLab,
  interval: number,
  changed: (rule: Rule) => Rule = (rule) => rule,
): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), "prometheus-"));
  const children: ChildProcess[] = [];
  const start = (...command: string[]): void => {
    const [program = "", ...args] = inInternet(command);
    children.push(spawn(program, args, { cwd: directory, stdio: "ignore" }));
  };

  const { ingressPublicIp } = await stackOutputs("prod");
  const targets: Record<string, string> = {
    "secondary-ingress-node": "127.0.0.1:9100",
    "secondary-ingress-haproxy": `127.0.0.1:${statsListener}`,
    "secondary-ingress-app": `https://${ingressPublicIp}`,
    "secondary-ingress-api": `https://${node.autoPublicIp}`,
  };
  const scraping = await read<Configuration>("prometheus.yml");
  for (const job of scraping.scrape_configs)
    job.static_configs = job.static_configs.map((each) => ({ ...each, targets: [targets[job.job_name] ?? ""] }));
  scraping.global = {
    scrape_interval: `${interval}s`,
    scrape_timeout: `${interval}s`,
    evaluation_interval: `${interval}s`,
  };
  const rules = await read<Rules>("alerts.yml");
  for (const group of rules.groups) group.rules = group.rules.map(changed);
  // Without a name server, the name is set only in the TLS handshake.
  const blackbox = await read<Blackbox>("blackbox.yml");
  const tls = { ca_file: keyPair("web-authority").certificate, server_name: labDomain };
  blackbox.modules.secondary_ingress_app.http.tls_config = tls;
  const files = { "prometheus.yml": scraping, "alerts.yml": rules, "blackbox.yml": blackbox };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), stringify(content, { aliasDuplicateObjects: false }));

  const onTheNode = `${join(labPaths.node, "root")}${textFiles}`;
  start("prometheus-blackbox-exporter", "--config.file=blackbox.yml", "--web.listen-address=127.0.0.1:9115");
  start(
    "prometheus-node-exporter",
    ...["--collector.disable-defaults", "--collector.textfile", "--web.listen-address=127.0.0.1:9100"],
    `--collector.textfile.directory=${onTheNode}`,
  );
  // Like an SSH tunnel: HAProxy's metrics listen on the node's loopback only.
  start(
    process.execPath,
    "-e",
    `require("node:net").createServer((from) => { const to = require("node:child_process").spawn("nsenter",
      ["--net=/run/netns/${namespaces.node}", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${statsListener}; cat <&3 & cat >&3; wait"]);
      from.pipe(to.stdin); to.stdout.pipe(from); from.on("error", () => to.kill()); to.stdin.on("error", () => from.destroy()); }).listen(${statsListener}, "127.0.0.1");`,
  );
  start(
    "prometheus",
    "--config.file=prometheus.yml",
    `--storage.tsdb.path=${directory}/data`,
    "--web.listen-address=127.0.0.1:9090",
  );

  const get = async <T>(path: string): Promise<T> => {
    const patience = ["--retry", "20", "--retry-connrefused", "--retry-delay", "1"];
    const [program = "", ...args] = inInternet(["curl", "-sf", ...patience, `http://127.0.0.1:9090/api/v1/${path}`]);
    return (JSON.parse(await run(program, args)) as { data: T }).data;
  };
  const firing = async (): Promise<string[]> => {
    const { alerts } = await get<{ alerts: { state: string; labels: { alertname: string } }[] }>("alerts");
    return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
  };
  return {
    get,
    firing,
    async until(names, fire, patience = 60) {
      const begin = Date.now();
      for (; ; await sleep(500)) {
        const now = await firing();
        const seconds = (Date.now() - begin) / 1000;
        if (names.every((name) => now.includes(name) === fire)) return seconds;
        if (seconds > patience)
          throw new Error(
            `${names.join(", ")} ${fire ? "do not fire" : "do not end"} in ${patience} s; firing: ${now.join(", ") || "none"}`,
          );
      }
    },
    // One exporter serves both machines' files; in production there are two.
    textFile: (name, content) => writeFile(join(onTheNode, name), content),
    async stop() {
      for (const child of children) child.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
