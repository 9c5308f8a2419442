/** `secondary-ingress report` and `support-bundle`: what the doctor sees, to look at and to send. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { redactor } from "../../automation/redact";
import type { Settings } from "../../settings/read";
import { collect, type Question } from "../doctor/collect";
import { askLogs } from "../doctor/collect/logs";
import { renderHtml } from "../doctor/html";
import { drawPicture } from "../doctor/picture";
import { judge } from "../doctor/report";
import { type DoctorFlags, inWords, questionOf } from "./doctor";
import { readerOf } from "./stack";
import { isUnknown } from "../doctor/unknown";

async function pageOf(question: Question, flags: DoctorFlags) {
  const facts = await collect(question);
  const report = judge(facts, { only: [], ignore: flags.ignore ?? [] });
  const html = renderHtml({
    picture: drawPicture(question.outputs, report),
    report,
    history: isUnknown(facts.node) ? undefined : facts.node.history,
    at: new Date(),
  });
  return { report, html };
}

export async function writeReport(flags: DoctorFlags & { html: string }): Promise<void> {
  const question = await questionOf(flags);
  process.stderr.write("checking AWS, the node, and what clients get …\n");
  const { html } = await pageOf(question, flags);
  writeFileSync(flags.html, html);
  process.stderr.write(`written: ${resolve(flags.html)}\n`);
}

export async function supportBundle(flags: DoctorFlags & { stack: string; output: string }): Promise<void> {
  const question = await questionOf(flags);
  const redact = redactor(await readerOf(flags).secrets());
  process.stderr.write("checking AWS, the node, what clients get, and the node's journal …\n");
  const { report, html } = await pageOf(question, flags);
  const { outputs, settings = {} } = question;
  const { ssh, sshPrivateKey: privateKey, ...shown }: Partial<Settings> = settings;
  const logs = ssh
    ? await askLogs({
        ssh,
        address: outputs.apiPublicIp || outputs.primaryPrivateIp,
        ...(privateKey ? { privateKey } : {}),
      }).catch((error: unknown) => `The node could not be asked: ${(error as Error).message}\n`)
    : "There is no login to the node.\n";
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  const files: Record<string, string> = {
    "doctor.json": json(report),
    "doctor.txt": inWords(report, 100, false),
    "report.html": html,
    "outputs.json": json(outputs),
    "settings.json": json({ ...shown, ssh }),
    "node.txt": logs,
  };
  const directory = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    const name = "secondary-ingress-support";
    mkdirSync(join(directory, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, name, file), redact(text));
    const { status, stderr } = spawnSync("tar", ["-czf", resolve(flags.output), "-C", directory, name], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tar: ${stderr}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
  process.stderr.write(
    `written: ${resolve(flags.output)} (${Object.keys(files).join(", ")}); passwords and keys are taken out, names and addresses are in it\n`,
  );
}
