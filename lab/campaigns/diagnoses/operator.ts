/** The doctor's environment in the lab: a name server, the `aws` command line, and the doctor itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../../operator/doctor/report";
import type { KeptLab } from "../../keptLab";
import { keyPair } from "../../node/certificates";
import { administratorKeyId, asOperator, inInternet } from "../../operator";
import { repositoryRoot } from "../../paths";
import type { Finished } from "../../process";
import { pythonTool } from "../../build/pythonTool";
import { installPrograms } from "../../requirements";

/** Shell command: waits until the name server of example.com answers. */
export const waitForNameServer =
  "for i in $(seq 300); do dig +short +tries=1 @127.0.0.1 ns.example.com. | grep -q . && break; sleep 0.1; done";

export interface Operator {
  kept: KeptLab;
  /** Runs a shell command in the `internet` namespace, with `aws` on PATH; throws if it fails. */
  shell(command: string): Promise<string>;
  /** A command of `secondary-ingress`, for a shell. */
  secondaryIngress(command: string): Promise<string>;
  /** Runs the doctor on a stack; returns its report and the duration in seconds. */
  doctor(stack: string, ...flags: string[]): Promise<{ report: Report; seconds: number; finished: Finished }>;
  /** Sends lines to the name server of example.com. */
  nsupdate(...lines: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Address of the name server, in the operator's namespace. */
export const nameServer = "127.0.0.1";

export async function startOperator(kept: KeptLab): Promise<Operator> {
  await installPrograms({ named: "bind9", nsupdate: "bind9-dnsutils" });
  const aws = await pythonTool("awscli", ["awscli==1.46.3"]);
  const directory = await mkdtemp(join(tmpdir(), "doctor-"));
  const tool = Object.entries(aws.env).map(([name, value]) => `${name}='${value}'`);
  // Fixes need more permissions than the program has.
  await writeFile(
    join(directory, "aws"),
    `#!/bin/sh\nexec env AWS_ACCESS_KEY_ID=${administratorKeyId} AWS_PAGER= ${tool.join(" ")} ${aws.command("awscli").join(" ")} "$@"\n`,
  );
  await chmod(join(directory, "aws"), 0o755);
  await cp(join(repositoryRoot, "examples/dns"), directory, { recursive: true });
  const [program = "", ...args] = inInternet(["/usr/sbin/named", "-g", "-u", "root", "-c", "named.conf"]);
  const named: ChildProcess = spawn(program, args, { cwd: directory, stdio: "ignore" });

  const shell = async (command: string): Promise<string> => {
    const { status, stdout, stderr } = await asOperator(kept.state.engine.pulumi, [
      "sh",
      "-c",
      `PATH=${directory}:$PATH; ${command}`,
    ]);
    if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    kept,
    shell,
    secondaryIngress: (command) =>
      shell(`${process.execPath} ${join(repositoryRoot, "operator/cli/main.cjs")} ${command}`),
    async doctor(stack, ...flags) {
      const start = Date.now();
      const finished = await asOperator(kept.state.engine.pulumi, [
        process.execPath,
        ...[join(repositoryRoot, "operator/cli/main.cjs"), "doctor", "--stack", stack, "--json"],
        ...["--ca", keyPair("web-authority").certificate, "--name-server", nameServer, ...flags],
      ]);
      if (finished.status === 2) throw new Error(finished.stderr);
      return { report: JSON.parse(finished.stdout) as Report, seconds: (Date.now() - start) / 1000, finished };
    },
    async nsupdate(...lines) {
      const text = [`server ${nameServer}`, "zone example.com", ...lines, "send"].join("\\n");
      await shell(`printf '${text}\\n' | nsupdate`);
    },
    async stop() {
      named.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
