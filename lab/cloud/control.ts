/** Takes events from the lab, over a socket that only this machine's root can access. */
import { createServer } from "node:http";
import { rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { CloudEvents } from "../network/cloudEvents";
import { labPaths } from "../paths";

type Handlers = { [Name in keyof CloudEvents]: (event: CloudEvents[Name]) => Promise<void> };

/** Serves the events until the process ends. */
export async function serveControl(handlers: Handlers): Promise<void> {
  await rm(labPaths.cloudSocket, { force: true });
  const server = createServer((incoming, answer) => {
    const handle = async (): Promise<void> => {
      const name = (incoming.url ?? "").slice(1) as keyof CloudEvents;
      const handler = handlers[name] as (event: unknown) => Promise<void>;
      await handler(JSON.parse(await text(incoming)));
    };
    handle().then(
      () => answer.writeHead(204).end(),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(labPaths.cloudSocket, resolve));
}
