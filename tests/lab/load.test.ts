/** A short form of `npm run campaign -- load`. */
import assert from "node:assert/strict";
import { runLoads } from "../../lab/campaigns/load/campaign";
import { loads } from "../../lab/campaigns/load/loads";
import { onProdLab } from "../support/prodLab";

const connect = loads.filter(({ id }) => id === "connect").map((load) => ({ ...load, growing: 5 }));

describe("clients that connect to the applications as fast as they can", function () {
  const kept = onProdLab();

  it("keep nobody out of the API and SSH", async () => {
    const { rows } = await runLoads(kept(), connect, { chosen: ["with the bounds"], seconds: 5 });
    const [row] = rows;
    assert.ok(row && row.tracked > 1000, JSON.stringify(row));
    assert.deepEqual([row.api.failed, row.killed], [0, []]);
    assert.ok(row.api.asked > 0 && row.ssh !== undefined && row.back !== undefined, JSON.stringify(row));
  });
});
