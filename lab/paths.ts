/** Where the lab keeps what it builds once, and what a running lab leaves on this machine. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout that the lab runs from. */
export const repositoryRoot = resolve(__dirname, "..");

/** What a TypeScript program elsewhere needs of the checkout to be transpiled as the project's own. */
export const transpilation = ["tsconfig.json", "scripts"] as const;

/** Built once, reused by every lab: the engine and the node images. */
export const cacheRoot = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kops-secondary-ingress");

/** Logs of what is built into the cache; they outlive the lab that built it. */
export const buildLogs = join(cacheRoot, "logs");

/** `LAB_NAME`: labs of different names run side by side on one machine, as CI does with its tests. Empty unless it is set. */
export const labName = process.env["LAB_NAME"] ?? "";
if (!/^[a-z0-9]{0,4}$/.test(labName))
  throw new Error(`LAB_NAME: expected up to four letters a-z and digits, found "${labName}"`);

/** The running lab of that name: its state, logs, node disk and project directory. Removed by `lab -- down`. */
export const labRoot = `/var/lib/kops-secondary-ingress-lab${labName && `-${labName}`}`;

export const labPaths = {
  /** What is running, as `LabState` in JSON. */
  state: join(labRoot, "lab.json"),
  /** Launchers of the drop-in plugins; first on PATH for the engine. */
  bin: join(labRoot, "bin"),
  /** JavaScript of the launchers. */
  compiled: join(labRoot, "compiled"),
  logs: join(labRoot, "logs"),
  keys: join(labRoot, "keys"),
  certificates: join(labRoot, "certificates"),
  /** The operator's Pulumi project directory: the repository's program with the lab's own stack files. */
  project: join(labRoot, "project"),
  /** The operator's Pulumi home and its file back end. */
  pulumiHome: join(labRoot, "pulumi-home"),
  backend: join(labRoot, "pulumi-state"),
  /** The operator's kubeconfig, where the real control plane runs. */
  kubeconfig: join(labRoot, "kubeconfig"),
  /** Overlay of the node: everything that differs from the image. */
  node: join(labRoot, "node"),
  /** The AWS account as it stands, in JSON. */
  account: join(labRoot, "account.json"),
  /** Written by the lab's cloud once it answers. */
  cloudReady: join(labRoot, "cloud.ready"),
  /** Where the lab tells its cloud what happens there. */
  cloudSocket: join(labRoot, "cloud.sock"),
  /** Every call that the AWS endpoint answered, one JSON object a line. */
  awsCalls: join(labRoot, "logs", "aws-calls.jsonl"),
} as const;
