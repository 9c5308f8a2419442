/** Writes the upgrade fixture of a release: prod with every option on, and dev, saved as text. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { labZoneId } from "./cloud/labAccount";
import { keepLab } from "./keptLab";
import type { StackName } from "./operator";
import { repositoryRoot } from "./paths";
import { say } from "./progress";
import { saveText } from "./savedLab";

/** Fixtures of all releases, one directory per version. */
export const releaseFixtures = join(repositoryRoot, "tests/fixtures/upgrade");

/** Settings of prod in addition to the example's. Route 53's health checks need an API list that admits every address. */
const everything = {
  route53ZoneId: labZoneId,
  dnsTtl: 120,
  healthChecks: true,
  primaryAddress: "elastic-ip",
  apiAllowedCidrs: ["0.0.0.0/0"],
  allowedCidrs: ["0.0.0.0/0", "10.0.0.0/8"],
  tags: { team: "platform" },
};

/** Brings a lab up, leaves it running, and writes the fixture of the version in package.json. */
export async function writeReleaseFixture(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };
  const directory = join(releaseFixtures, version);
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "drop-in" });
  const up = async (stack: StackName): Promise<void> => {
    const { status, stdout, stderr } = await kept.up(stack);
    if (status !== 0) throw new Error(`pulumi up of ${stack}: ${stdout}${stderr}`);
  };
  await kept.withConfig(
    "prod",
    (set) => Object.entries(everything).forEach(([key, value]) => set([key], value)),
    async () => {
      // The first run moves the API to an Elastic IP; the second run and dev record the new address.
      for (const stack of ["prod", "prod", "dev"] as const) await up(stack);
      await saveText(kept.state, directory);
    },
  );
  say(`Wrote ${directory}. Next: WRITE_FIXTURE=1 npm test -- tests/package.test.ts`);
}
