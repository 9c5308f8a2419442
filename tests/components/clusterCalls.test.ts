/** Narrow `allowedCidrs` drop the cluster's own calls to its public names: the run says so, with the address that they come from. */
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { warnOfClusterCalls } from "../../components/clusterCalls";

describe("calls of the cluster's own to an application", () => {
  const address = "198.51.100.37";
  const warned = async (cidrs: readonly string[], publicIp = address): Promise<string> => {
    const said: string[] = [];
    const { warn } = pulumi.log;
    Object.assign(pulumi.log, { warn: (text: string) => Promise.resolve(void said.push(text)) });
    try {
      await warnOfClusterCalls(cidrs, publicIp);
    } finally {
      Object.assign(pulumi.log, { warn });
    }
    return said.join();
  };

  it("are said to be dropped where the list leaves out the address that they come from", async () => {
    assert.match(
      await warned(["192.0.2.0/24"]),
      /leaves out 198\.51\.100\.37, .*add 198\.51\.100\.37\/32 to allowedCidrs/,
    );
  });

  it("are not worth a word where they get in, or where there is no such address", async () => {
    assert.equal(await warned(["192.0.2.0/24"], ""), "");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 32 }), async (prefix) => {
        const mask = prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
        const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
        const network = (number & mask) >>> 0;
        const text = [24, 16, 8, 0].map((shift) => (network >>> shift) & 255).join(".");
        assert.equal(await warned(["192.0.2.0/24", `${text}/${prefix}`]), "");
      }),
    );
  });
});
