/** Commands that a page tells people to type, for tests that run them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./paths";

/**
 * @param containing a text of the block that is meant, and of no other
 * @param stacks the test's stacks, by the page's names for them
 * @returns the block's commands, one a line
 */
export function documentedCommands(page: string, containing: string, stacks: Record<string, string>): string[] {
  const text = readFileSync(join(repositoryRoot, page), "utf8");
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
    block.includes(containing) ? [block] : [],
  );
  assert.equal(blocks.length, 1, `${page}: expected one block with '${containing}'`);
  const [block = ""] = blocks;
  return block
    .trim()
    .replaceAll(/\bprod(-\w+)?\b/g, (name) => {
      assert.ok(stacks[name], `${page}: a block with '${containing}' names the stack '${name}'`);
      return stacks[name];
    })
    .split("\n");
}
