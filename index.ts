/** Runs the program. */
import { program } from "./program";

export = program();
