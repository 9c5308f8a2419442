/** Settings that the tests of kOps' pieces share. */
import { type Pieces, piecesOf, type PiecesSettings } from "../../../operator/kops/pieces";
import { hostSettings } from "../../hostfiles/settings";

export function piecesSettings(change: Partial<PiecesSettings> = {}): PiecesSettings {
  return {
    ...hostSettings(),
    allocationId: "eipalloc-0123456789abcdef0",
    ofUser: false,
    securityGroupId: "sg-0123456789abcdef0",
    region: "eu-central-1",
    ...change,
  };
}

export const pieces = (change: Partial<PiecesSettings> = {}): Pieces => piecesOf(piecesSettings(change));
