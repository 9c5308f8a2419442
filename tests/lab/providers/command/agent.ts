/** An SSH agent that holds one key, for as long as a test needs it. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentProtocol, utils } from "ssh2";

export interface Agent {
  socket: string;
  stop(): Promise<void>;
}

export async function startAgent(privateKey: string): Promise<Agent> {
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const directory = await mkdtemp(join(tmpdir(), "agent-"));
  const socket = join(directory, "socket");
  const server = createServer((connection) => {
    const protocol = new AgentProtocol(false);
    protocol.on("identities", (request) => protocol.getIdentitiesReply(request, [key]));
    protocol.on("sign", (request, _publicKey, data) => {
      const signature = key.sign(data);
      if (signature instanceof Error) protocol.failureReply(request);
      else protocol.signReply(request, signature);
    });
    connection.on("error", () => undefined);
    connection.pipe(protocol).pipe(connection);
  });
  server.listen(socket);
  await once(server, "listening");
  return {
    socket,
    stop: async () => {
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}
