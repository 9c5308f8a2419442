/** Where the tests find the project. */
import { resolve } from "node:path";

export const repositoryRoot = resolve(__dirname, "../..");
