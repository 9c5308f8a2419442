/** A lab with prod up, for the tests of a `describe`. */
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { needsRoot } from "./needs";

/** @returns what gives the lab to the tests */
export function onProdLab(): () => KeptLab {
  let kept: KeptLab | undefined;
  before(async function () {
    needsRoot(this);
    kept = await keepPreparedLab("prod");
  });
  after(async () => {
    if (kept) await lab.down();
  });
  return () => {
    if (!kept) throw new Error("the lab is up only while tests run");
    return kept;
  };
}
