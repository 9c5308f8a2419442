/** `npm run campaign -- hand-made`: makes each variant of the hand-made layout and runs its proof. */
import { Command, Option } from "commander";
import { type VariantName, variantNames } from "../handMade/layout";
import { proveHandMade } from "../handMade/proof";
import { variants } from "../handMade/variants";
import { keepLab } from "../keptLab";
import type { ProxyMode } from "../kubernetes/kubeProxy";
import { lab } from "../lab";
import { type Suite, suites } from "../node/image";
import { say, step } from "../progress";
import type { Row } from "../proof/row";
import { runMain } from "../runMain";
import { readKept, writeKept } from "./kept";
import { machineInWords, table, writeResults } from "./page";

interface Flags {
  only?: VariantName[];
  kubernetes?: true;
  debian: Suite;
  json?: boolean;
}

const { only, kubernetes, debian, json } = new Command("npm run campaign -- hand-made")
  .description(
    "makes each variant of the layout that this program replaces by hand, and runs its proof; writes\n" +
      "docs/results/hand-made.md, or with --kubernetes hand-made-kubernetes.md, once every variant has a result",
  )
  .addOption(
    new Option("--only <variants...>", "only these variants; the page keeps the other results").choices(variantNames),
  )
  .option("--kubernetes", "with the real etcd, kube-apiserver and kube-proxy")
  .addOption(new Option("--debian <release>", "the node's Debian").choices(suites).default("bookworm"))
  .option("--json", "print one JSON object on stdout: { variants: [{ variant, rows }] }")
  .parse()
  .opts<Flags>();

interface Proved {
  variant: VariantName;
  rows: Row[];
}

const proxyMode: ProxyMode = "nftables";

async function proveOne(variant: VariantName): Promise<Proved> {
  const kind = { apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto", debian } as const;
  try {
    const kept = await keepLab({ ...kind, ...(kubernetes ? { kubernetes: proxyMode } : {}) });
    return { variant, rows: await proveHandMade(kept, variant) };
  } finally {
    await lab.down();
  }
}

const failed = ({ rows }: Proved): string[] => rows.filter(({ ok }) => !ok).map(({ id }) => id);

const page = (proved: readonly Proved[]): string => `# The layout made by hand

<!-- Written by \`npm run campaign -- hand-made${kubernetes ? " --kubernetes" : ""}\`. -->

Each variant of the layout that this program replaces, with ${kubernetes ? "the real control plane" : "the light control plane"} on Debian ${debian}. ${machineInWords()}

${table(
  ["variant", "what it is", "rows that hold"],
  proved.map((each) => [
    `\`${each.variant}\``,
    variants[each.variant].what,
    `${each.rows.length - failed(each).length} of ${each.rows.length}`,
  ]),
)}
`;

const pageName = kubernetes ? "hand-made-kubernetes" : "hand-made";

/** A run with the real control plane takes an hour: results are kept one by one. */
async function keep(result: Proved): Promise<void> {
  const name = `${pageName}-${debian}`;
  const before = readKept<Proved>(name).filter(({ variant }) => variant !== result.variant);
  const all = variantNames.flatMap((each) => [...before, result].find(({ variant }) => variant === each) ?? []);
  writeKept(name, all);
  if (all.length === variantNames.length) await writeResults(pageName, page(all));
}

async function main(): Promise<void> {
  const proved: Proved[] = [];
  for (const name of only ?? variantNames)
    proved.push(
      await step(name, async (note) => {
        const one = await proveOne(name);
        note(`${one.rows.length - failed(one).length} of ${one.rows.length} rows hold`);
        for (const { id, ok, expected, observed } of one.rows)
          if (!ok) {
            say(`✗ ${id}: expected ${expected}, found ${observed}`);
            process.exitCode = 1;
          }
        await keep(one);
        return one;
      }),
    );
  process.stdout.write(json ? `${JSON.stringify({ variants: proved }, undefined, 2)}\n` : `${page(proved)}\n`);
}

runMain(main);
