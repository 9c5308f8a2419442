/** The difference between two sets of inputs, as the engine's DiffResponse. */
import { isDeepStrictEqual } from "node:util";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import type { Properties, ResourceType } from "./resource";

/** Compares inputs only: neither a default set by AWS nor its removal from the program counts as a change. */
export function diff(type: ResourceType, olds: Properties, news: Properties): provider.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = provider.PropertyDiff.Kind;
  const leftToAws = (name: string): boolean => !(name in news) && type.computed.includes(name);
  const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
    (name) => !isDeepStrictEqual(olds[name], news[name]) && !leftToAws(name),
  );
  const replacing = [...type.replaceOn, ...(type.replaces?.(olds, news) ?? [])];
  const response = new provider.DiffResponse();
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(changed);
  response.setReplacesList(changed.filter((name) => replacing.includes(name)));
  response.setHasdetaileddiff(true);
  for (const name of changed) {
    const replaces = replacing.includes(name);
    const change = new provider.PropertyDiff();
    if (!(name in olds)) change.setKind(replaces ? ADD_REPLACE : ADD);
    else if (!(name in news)) change.setKind(replaces ? DELETE_REPLACE : DELETE);
    else change.setKind(replaces ? UPDATE_REPLACE : UPDATE);
    change.setInputdiff(true);
    response.getDetaileddiffMap().set(name, change);
  }
  return response;
}
