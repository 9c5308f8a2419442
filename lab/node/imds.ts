/**
 * The instance metadata service of the lab's node, a process in the `vpc` namespace: version 2 only, with hop limit 1,
 * as kOps sets it. It reads the current account:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Account, Instance, NetworkInterface } from "../aws/account";
import { profileOf } from "../aws/instanceProfile";
import { metadataAddress } from "../network/addresses";
import { labPaths } from "../paths";

/** The calling instance: the one whose interface has the caller's address. */
function caller(request: IncomingMessage): { account: Account; instance: Instance; eni: NetworkInterface } | undefined {
  const account = JSON.parse(readFileSync(labPaths.account, "utf8")) as Account;
  const address = request.socket.remoteAddress?.replace("::ffff:", "");
  const eni = account.networkInterfaces.find(({ privateIps }) =>
    privateIps.some(({ privateIpAddress }) => privateIpAddress === address),
  );
  const instance = account.instances.find(({ instanceId }) => instanceId === eni?.attachment?.instanceId);
  return eni && instance ? { account, instance, eni } : undefined;
}

/** The supported paths below /latest/meta-data/. */
function metadata({ account, instance, eni }: NonNullable<ReturnType<typeof caller>>): Record<string, string> {
  const primary = eni.privateIps.find((each) => each.primary)?.privateIpAddress ?? "";
  const { role, accessKeyId, secretAccessKey, token } = profileOf(instance);
  const ofInterface = `network/interfaces/macs/${eni.macAddress}`;
  const credentials = {
    Code: "Success",
    LastUpdated: new Date().toISOString().replace(/\.\d+/, ""),
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: token,
    Expiration: new Date(Date.now() + 6 * 3600_000).toISOString().replace(/\.\d+/, ""),
  };
  return {
    "instance-id": instance.instanceId,
    mac: eni.macAddress,
    "local-ipv4": primary,
    [`${ofInterface}/interface-id`]: eni.networkInterfaceId,
    [`${ofInterface}/subnet-id`]: eni.subnetId,
    "placement/region": account.region,
    "services/domain": "amazonaws.com",
    "iam/security-credentials/": role,
    [`iam/security-credentials/${role}`]: JSON.stringify(credentials, undefined, 2),
  };
}

/** Issued tokens → expiry, in milliseconds since 1970. */
const tokens = new Map<string, number>();

function answer(request: IncomingMessage): { status: number; body?: string } {
  const { method, url = "", headers } = request;
  if (url === "/latest/api/token") {
    const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (method !== "PUT") return { status: 405 };
    // A proxied request may come from another host.
    if (headers["x-forwarded-for"]) return { status: 403 };
    if (!(seconds >= 1 && seconds <= 21_600)) return { status: 400 };
    const token = randomBytes(42).toString("base64");
    tokens.set(token, Date.now() + seconds * 1000);
    return { status: 200, body: token };
  }
  const until = tokens.get(String(headers["x-aws-ec2-metadata-token"]));
  if (until === undefined || until < Date.now()) return { status: 401 };
  const who = caller(request);
  const body = who && metadata(who)[url.replace("/latest/meta-data/", "")];
  return body === undefined ? { status: 404 } : { status: 200, body };
}

createServer((request, response: ServerResponse) => {
  const { status, body = "" } = answer(request);
  response.writeHead(status, { "content-type": "text/plain" }).end(body);
}).listen(80, metadataAddress);
