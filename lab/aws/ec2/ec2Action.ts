/** Common to all EC2 calls: strict parameters and DryRun. */
import { z } from "zod";
import type { Account } from "../account";
import { action, type Action, type Answer } from "../action";
import { AwsError } from "../errors";
import { filterParameter } from "../filters";
import { pagingParameters } from "../paging";
import { boolean } from "../parameters";

type Request<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;

function ec2Action<Shape extends z.ZodRawShape>(
  mutates: "reads" | "mutates",
  shape: Shape,
  run: (account: Account, request: Request<Shape>) => Answer,
): Action {
  const schema = z.strictObject({ ...shape, DryRun: boolean.optional() });
  return action(mutates, schema, (account, request) => {
    // DryRun checks permissions only, "without actually making the request".
    if ((request as { DryRun?: boolean }).DryRun)
      throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    return run(account, request as unknown as Request<Shape>);
  });
}

/** A mutating call. */
export function ec2Change<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (account: Account, request: Request<Shape>) => Answer,
): Action {
  return ec2Action("mutates", shape, run);
}

/** A read-only call without filters or pages. */
export function ec2Read<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (account: Account, request: Request<Shape>) => Answer,
): Action {
  return ec2Action("reads", shape, run);
}

const listParameters = { Filter: filterParameter, ...pagingParameters };

/** A Describe call with filters and pages. */
export function ec2List<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (account: Account, request: Request<Shape & typeof listParameters>) => Answer,
): Action {
  return ec2Action("reads", { ...shape, ...listParameters }, (account, request) =>
    run(account, request as unknown as Request<Shape & typeof listParameters>),
  );
}

/** The items with these IDs, or all if none are given; an unknown ID is an error, as in every Describe call. */
export function withIds<Item>(
  items: readonly Item[],
  ids: readonly string[],
  idOf: (item: Item) => string,
  missing: (id: string) => AwsError,
): readonly Item[] {
  const unknown = ids.find((id) => !items.some((item) => idOf(item) === id));
  if (unknown !== undefined) throw missing(unknown);
  return ids.length === 0 ? items : items.filter((item) => ids.includes(idOf(item)));
}
