/** The defaults of the table, for callers that leave settings out. */
import { z } from "zod";
import { settings, type Table } from "./table";

export type Defaults = {
  [Key in keyof Table as Table[Key]["check"] extends z.ZodDefault ? Key : never]: z.output<Table[Key]["check"]>;
};

export const defaults = Object.fromEntries(
  Object.entries(settings).flatMap(([key, { check }]) =>
    check instanceof z.ZodDefault ? [[key, check.def.defaultValue]] : [],
  ),
) as Defaults;
