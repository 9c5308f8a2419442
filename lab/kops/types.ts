/** kOps' own API types as a program that rejects a manifest that kOps cannot read. Built once from kOps' Go module. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "../build/cache";
import { goBuild, pins } from "../build/goBuild";
import { attempt, type Finished } from "../process";
import { step } from "../progress";

const types = { name: "kops", module: "lab/kops", packages: ["."] } as const;

const source = readFileSync(join(__dirname, "main.go"), "utf8");

/** @returns path of the program, which reads manifests from standard input */
export async function kopsTypes(): Promise<string> {
  const directory = await step("kOps' API types", (note) =>
    cache.directory("kops-types", [process.arch, ...pins(types.module), source], async (partial) => {
      note("building them from kOps' Go module, about 3 minutes, once");
      await goBuild(types, partial);
    }),
  );
  return join(directory, "kops");
}

/** Parses manifests as kOps does: status 0, or kOps' error. */
export async function readAsKops(program: string, manifests: string): Promise<Finished> {
  return attempt(program, [], { input: manifests });
}
