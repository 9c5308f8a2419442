/** The Query protocol of EC2, STS and IAM: a form with `Action`, `Version` and parameters named by their path. */
import { AwsError, missingParameter } from "./errors";
import { readForm, type Parameters } from "./parameters";
import type { HttpCall } from "./service";

/** @throws AwsError when the form is malformed or made for another version of the service. */
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
