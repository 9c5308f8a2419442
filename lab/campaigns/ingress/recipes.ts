/** The recipes of docs/ingress-controllers.md: what people read is what the campaign applies. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { repositoryRoot } from "../../paths";

const page = "docs/ingress-controllers.md";

/**
 * The YAML documents of the block below `<!-- recipe NAME: … -->`.
 * @throws if the page has none of that name
 */
export function recipe<Document extends object>(name: string): Document[] {
  const text = readFileSync(join(repositoryRoot, page), "utf8");
  const [, block] = new RegExp(`<!-- recipe ${name}: [^>]*-->\\s*\`\`\`yaml\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (block === undefined) throw new Error(`${page} has no recipe ${name}`);
  return parseAllDocuments(block).map((document) => document.toJS() as Document);
}
