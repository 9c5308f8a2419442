/** The Query protocol of EC2, STS and IAM: a form with `Action`, `Version` and the parameters by path. */
import { AwsError, missingParameter } from "./errors";
import { readForm, type Parameters } from "./parameters";
import type { HttpCall } from "./service";

/** @throws AwsError if the form is malformed or has another API version */
export function readQuery({ url, body }: HttpCall, version: string): { action: string; parameters: Parameters } {
  const pairs = body === "" ? url.searchParams : new URLSearchParams(body);
  const { Action, Version, ...parameters } = readForm(pairs);
  if (typeof Action !== "string") throw missingParameter("Action");
  if (Version !== version)
    throw new AwsError(
      "NoSuchVersion",
      `The requested version (${String(Version)}) of the service does not exist; it is ${version}`,
    );
  return { action: Action, parameters };
}
