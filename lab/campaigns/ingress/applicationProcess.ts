/**
 * The application behind the ingress controller, in the pod's network: answers with its name, the name it was asked for
 * and the path, and sends the text messages of a WebSocket back.
 */
import { createServer } from "node:http";
import { acceptKey, textFrame, textOf } from "./webSocket";

const [address = "", port = ""] = process.argv.slice(2);

const server = createServer(({ headers, url }, response) => {
  response.end(`application ${headers.host ?? ""} ${url ?? ""}\n`);
});
server.on("upgrade", ({ headers }, socket) => {
  const answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  const accept = acceptKey(headers["sec-websocket-key"] ?? "");
  socket.write([...answer, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
  socket.on("data", (frame: Buffer) => socket.write(textFrame(textOf(frame), false)));
  socket.on("error", () => socket.destroy());
});
server.listen(Number(port), address, () => process.stdout.write("\n"));
process.stdin.resume().once("close", () => process.exit());
