/** Paths of the lab's build cache and of a running lab's files. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout that the lab runs from. */
export const repositoryRoot = resolve(__dirname, "..");

/** Options of Node.js that run a TypeScript file of the checkout. */
export const typescript = ["-r", join(repositoryRoot, "scripts/register.cjs")] as const;

/** `NODE_OPTIONS` for what runs the engine, which starts five processes of Node.js for one run. */
export const compileCache = `--require=${join(repositoryRoot, "scripts/compileCache.cjs")}`;

/** Files of the checkout that a TypeScript program elsewhere needs to be transpiled like the project's own. */
export const transpilation = ["tsconfig.json", "scripts"] as const;

/** Built once and shared by all labs: the engine and the node images. */
export const cacheRoot = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kops-secondary-ingress");

/** Build logs of the cache; they outlive the lab that built it. */
export const buildLogs = join(cacheRoot, "logs");

/** `LAB_NAME` separates labs that run in parallel on one machine, as in CI. Default: empty. */
export const labName = process.env["LAB_NAME"] ?? "";
if (!/^[a-z0-9]{0,4}$/.test(labName))
  throw new Error(`LAB_NAME: expected up to four letters a-z and digits, found "${labName}"`);

/** State, logs, node disk and project directory of the running lab of that name. Removed by `lab -- down`. */
export const labRoot = `/var/lib/kops-secondary-ingress-lab${labName && `-${labName}`}`;

export const labPaths = {
  /** The running lab's `LabState` as JSON. */
  state: join(labRoot, "lab.json"),
  /** Launchers of the drop-in plugins; first on the engine's PATH. */
  bin: join(labRoot, "bin"),
  logs: join(labRoot, "logs"),
  keys: join(labRoot, "keys"),
  certificates: join(labRoot, "certificates"),
  /** The operator's Pulumi project directory: the repository's program with the lab's own stack files. */
  project: join(labRoot, "project"),
  /** The operator's Pulumi home and its file back end. */
  pulumiHome: join(labRoot, "pulumi-home"),
  backend: join(labRoot, "pulumi-state"),
  /** The operator's kubeconfig, with the real control plane only. */
  kubeconfig: join(labRoot, "kubeconfig"),
  /** Overlay of the node: all differences from the image. */
  node: join(labRoot, "node"),
  /** The current AWS account as JSON. */
  account: join(labRoot, "account.json"),
  /** Written by the lab's cloud when it listens. */
  cloudReady: join(labRoot, "cloud.ready"),
  /** Socket for events in the lab's cloud. */
  cloudSocket: join(labRoot, "cloud.sock"),
  /** All calls to the AWS endpoint, one JSON object per line. */
  awsCalls: join(labRoot, "logs", "aws-calls.jsonl"),
} as const;
