/** Executables that run the lab's TypeScript precompiled: the engine starts several for every preview. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import * as ts from "typescript";
import { labPaths, repositoryRoot } from "../paths";

/** The direct local imports of a file. */
function localImports(path: string, text: string): string[] {
  return ts
    .preProcessFile(text)
    .importedFiles.flatMap(({ fileName }) => (fileName.startsWith(".") ? [`${join(dirname(path), fileName)}.ts`] : []));
}

/** Transpiles a file and its local imports into a directory, without type checks; returns the JavaScript's path. */
async function compile(source: string, compiled: string): Promise<string> {
  const outputOf = (path: string): string => join(compiled, relative(repositoryRoot, path)).replace(/\.ts$/, ".js");
  const waiting = [source];
  const done = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (done.has(path)) continue;
    done.add(path);
    const text = await readFile(path, "utf8");
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
    });
    await mkdir(dirname(outputOf(path)), { recursive: true });
    await writeFile(outputOf(path), outputText);
    waiting.push(...localImports(path, text));
  }
  return outputOf(source);
}

/**
 * Writes an executable.
 * @param source a TypeScript file of the repository, or a JavaScript file to use unchanged
 * @param compiled directory for the JavaScript, which must stay there
 */
export async function writeLauncher(path: string, source: string, compiled = labPaths.compiled): Promise<void> {
  const file = join(repositoryRoot, source);
  const program = source.endsWith(".ts") ? await compile(file, compiled) : file;
  const modules = join(repositoryRoot, "node_modules");
  await writeFile(path, `#!/bin/sh\nNODE_PATH='${modules}' exec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(path, 0o755);
}
