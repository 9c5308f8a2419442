/** Pagination of EC2's lists: `MaxResults` per page, continued by an opaque `NextToken`. */
import { z } from "zod";
import { AwsError, invalidValue } from "./errors";
import { integer } from "./parameters";

export const pagingParameters = { MaxResults: integer.optional(), NextToken: z.string().optional() };

export interface Paging {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

/** @throws AwsError if the size is outside 5–1000 or the token is unknown */
export function page<Item>(
  items: readonly Item[],
  { MaxResults, NextToken }: Paging,
): { items: Item[]; nextToken: string | undefined } {
  if (MaxResults !== undefined && (MaxResults < 5 || MaxResults > 1000))
    throw invalidValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.`,
    );
  const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, "base64url").toString() || Number.NaN);
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError("InvalidNextToken", "The token in nextToken was not returned by this call.");
  const end = start + (MaxResults ?? items.length);
  const nextToken = end < items.length ? Buffer.from(String(end)).toString("base64url") : undefined;
  return { items: items.slice(start, end), nextToken };
}
