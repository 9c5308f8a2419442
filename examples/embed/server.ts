/** Environments on demand: PUT, GET and DELETE /environments/<name>. Loopback only, for whoever reaches it may change AWS. */
import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { AutomationError, type ErrorCode, openStack, type StackSettings } from "kops-secondary-ingress/automation";

/** What is under way for an environment, or how the last run ended. */
interface Work {
  state: "working" | "failed";
  /** The step that came last. */
  step?: string;
  error?: { code: ErrorCode | "internal"; message: string };
  abort: AbortController;
}

/** What a caller can do about it, as HTTP says it. */
const statuses: Record<ErrorCode, number> = {
  "stack-not-found": 404,
  "stack-locked": 409,
  "config-invalid": 400,
  "node-unreachable": 502,
  "host-key-mismatch": 502,
  "preflight-failed": 422,
  "aws-denied": 403,
  "engine-missing": 500,
  "update-failed": 500,
};

const workDir = process.env["WORK_DIR"] ?? "environments";
const works = new Map<string, Work>();

const describe = (error: unknown): NonNullable<Work["error"]> =>
  error instanceof AutomationError
    ? { code: error.code, message: error.message }
    : { code: "internal", message: String(error) };

/** Runs in the background; GET tells how far it is. */
function start(
  name: string,
  run: (options: Parameters<Awaited<ReturnType<typeof openStack>>["up"]>[0]) => Promise<unknown>,
): void {
  const work: Work = { state: "working", abort: new AbortController() };
  works.set(name, work);
  run({
    signal: work.abort.signal,
    timeoutSeconds: 900,
    onEvent: (event) => {
      if (event.kind === "resource") work.step = `${event.phase} ${event.operation} ${event.name}`;
    },
  }).then(
    () => works.delete(name),
    (error: unknown) => Object.assign(work, { state: "failed", error: describe(error) }),
  );
}

interface Answer {
  status: number;
  body: object;
}

async function answer(request: IncomingMessage): Promise<Answer> {
  const name = /^\/environments\/([a-z][a-z0-9-]{0,30})$/.exec(request.url ?? "")?.[1];
  if (name === undefined) return { status: 404, body: { error: "expected /environments/<name>" } };
  const work = works.get(name);
  if (request.method !== "GET" && work?.state === "working") {
    return { status: 409, body: { error: `expected '${name}' at rest, found it at work` } };
  }
  switch (request.method) {
    case "PUT": {
      const settings = (await json(request)) as StackSettings;
      const stack = await openStack({ stack: name, workDir, settings });
      start(name, (options) => stack.up(options));
      return { status: 202, body: { state: "working" } };
    }
    case "DELETE": {
      const stack = await openStack({ stack: name, workDir });
      start(name, (options) => stack.destroy(options));
      return { status: 202, body: { state: "working" } };
    }
    case "GET": {
      if (work) return { status: 200, body: { state: work.state, step: work.step, error: work.error } };
      // Nothing is remembered here: a restarted service finds the environments in the back end.
      const stack = await openStack({ stack: name, workDir });
      return { status: 200, body: { state: "ready", outputs: await stack.outputs() } };
    }
    default:
      return { status: 405, body: { error: `expected PUT, GET or DELETE, found ${request.method}` } };
  }
}

const server = createServer((request, response) => {
  answer(request)
    .catch((error: unknown): Answer => {
      if (error instanceof SyntaxError) return { status: 400, body: { error: "expected JSON, found something else" } };
      const status = error instanceof AutomationError ? statuses[error.code] : 500;
      return { status, body: { error: describe(error) } };
    })
    .then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(`${JSON.stringify(body)}\n`);
    });
});
server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
  const address = server.address();
  console.log(`listening on ${typeof address === "object" ? address?.port : address}`);
});

// The runs end first, so that no stack stays locked; then nothing keeps the process. The handlers stay (no `once`): without one the
// library that starts the engine ends this process at once.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
    for (const { abort } of works.values()) abort.abort();
  });
}
