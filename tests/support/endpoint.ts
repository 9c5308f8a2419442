/** The lab's AWS endpoint for one test, and an environment that leads every SDK to it. */
import { type Endpoint, startEndpoint } from "../../lab/aws/endpoint";
import { labAccount } from "../../lab/labAccount";

export async function withEndpoint<T>(work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const before = { ...process.env };
  const endpoint = await startEndpoint({ account: labAccount(), host: "127.0.0.1", port: 0 });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "eu-central-1",
  });
  try {
    return await work(endpoint);
  } finally {
    await endpoint.close();
    for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  }
}
