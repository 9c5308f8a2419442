/** As much of RFC 6455 as a short text message needs: one frame of up to 125 bytes. */
import { createHash, randomBytes } from "node:crypto";

/** The server's answer to a client's `Sec-WebSocket-Key`. */
export const acceptKey = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

const mask = (bytes: Buffer, key: Buffer): Buffer => bytes.map((byte, index) => byte ^ (key[index % 4] ?? 0)) as Buffer;

/** @param masked as a client's frames are */
export function textFrame(text: string, masked: boolean): Buffer {
  const payload = Buffer.from(text);
  if (!masked) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), key, mask(payload, key)]);
}

/** The text of a frame, masked or not. */
export function textOf(frame: Buffer): string {
  const second = frame[1] ?? 0;
  const length = second & 0x7f;
  if ((second & 0x80) === 0) return frame.subarray(2, 2 + length).toString();
  return mask(frame.subarray(6, 6 + length), frame.subarray(2, 6)).toString();
}
