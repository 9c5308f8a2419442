/** The page on the lab's AWS names a test for each behaviour; they are there, and none of them is skipped. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { faultSchema } from "../../../lab/aws/fault";
import { repositoryRoot, typescript } from "../../../lab/paths";
import { run } from "../../../lab/process";
import { useEndpoint } from "./harness";

const behaviours = [
  "AssignPrivateIpAddresses lists only what is newly assigned",
  "… an address outside the subnet is refused",
  "… a reserved address is refused",
  "… an address that another interface has is refused",
  "… over the type's limit is refused",
  "DryRun says whether the call is allowed and changes nothing",
  "UnassignPrivateIpAddresses of an unknown address is refused",
  "… disassociates an Elastic IP that is on the address",
  "AssociateAddress with an address that is not on the interface is refused",
  "… with an explicit `AllowReassociation=false` refuses to move an Elastic IP",
  "… without it moves the Elastic IP, and the old association id is gone",
  "… to the same place is idempotent",
  "two Elastic IPs on one interface, each with its own association",
  "DescribeAddresses: the private address, and every documented filter",
  "DescribeNetworkInterfaces finds secondary addresses",
  "ReleaseAddress while associated is refused",
  "AllocateAddress tells border group and pool",
  "… over the quota of the Region is refused",
  "ModifyAddressAttribute and DescribeAddressesAttribute",
  "stop and start beside an Elastic IP on the secondary address",
  "ModifyNetworkInterfaceAttribute replaces the groups",
  "… five at most",
  "ChangeResourceRecordSets is atomic",
  "… refuses a value that is no IPv4 address",
  "… is PENDING before INSYNC",
  "any call can be throttled",
  "reads are eventually consistent",
  "IPv4 addresses of an interface, by instance type",
];

const page = readFileSync(join(repositoryRoot, "docs/aws-endpoint.md"), "utf8");
const section = page.slice(page.indexOf("## How AWS behaves"), page.indexOf("## Fault scripts"));
const rows = [...section.matchAll(/^\| (.+?) *\| (.+?) *\| (.+?) *\|$/gm)]
  .map(([, behaviour = "", sdk = "", cli = ""]) => ({ behaviour, sdk, cli }))
  .filter(({ behaviour }) => behaviour !== "behaviour" && !/^:?-+/.test(behaviour));

describe("docs/aws-endpoint.md", function () {
  let tests: { file: string; fullTitle: string }[];

  before(async () => {
    const mocha = "node_modules/mocha/bin/mocha.js";
    const options = ["--no-config", "--dry-run", "--reporter", "json", ...typescript];
    const listing = await run(process.execPath, [mocha, ...options, "--exit", "tests/lab/aws/**/*.test.ts"], {
      cwd: repositoryRoot,
    });
    tests = (JSON.parse(listing) as { passes: typeof tests }).passes;
  });

  const has = (file: string, title: string): boolean =>
    title !== "" &&
    tests.some((test) => test.file === join(__dirname, file) && ` ${test.fullTitle}`.includes(` ${title}`));

  it("has a row for each behaviour", () => {
    assert.deepEqual(
      rows.map(({ behaviour }) => behaviour),
      behaviours,
    );
  });

  for (const { behaviour, sdk, cli } of rows) {
    it(`${behaviour}: its tests are there`, () => {
      const [, file = "", title = ""] = /^`(.+?)`: (.+)$/.exec(sdk) ?? [];
      assert.ok(has(file, title), `no test '${title}' in ${file}`);
      assert.ok(has("awscli.test.ts", cli), `no test '${cli}' by the command line`);
    });
  }
});

describe("docs/aws-endpoint.md: the example of a fault script", () => {
  const lab = useEndpoint();

  it("is taken as it stands", async () => {
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const answer = await fetch(`${lab.url}/_lab/faults`, { method: "POST", body: example });
    assert.equal(answer.status, 200, await answer.text());
    assert.deepEqual(
      lab.faults,
      (JSON.parse(example) as object[]).map((fault) => ({ times: 1, ...fault })),
    );
  });

  it("explains every kind of fault, and no other", () => {
    const explained = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, kind]) => kind);
    assert.deepEqual(explained, faultSchema.shape.kind.options);
  });
});
