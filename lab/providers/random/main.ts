/** Stands in for the official `random` plugin: RandomPassword. */
import { randomInt } from "node:crypto";
import type { Properties, ResourceType } from "../resource";
import { serve } from "../server";

const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const digits = "0123456789";
/** The official plugin's set of special characters. */
const specials = "!@#$%&*()-_=+[]{}<>:?";

function password(inputs: Properties): string {
  const wants = (name: string): boolean => inputs[name] !== false;
  const least = (name: string): number => Number(inputs[name] ?? 0);
  const special = typeof inputs["overrideSpecial"] === "string" ? inputs["overrideSpecial"] : specials;
  const kinds = [
    { characters: lower, used: wants("lower"), least: least("minLower") },
    { characters: upper, used: wants("upper"), least: least("minUpper") },
    { characters: digits, used: wants("number") && wants("numeric"), least: least("minNumeric") },
    { characters: special, used: wants("special"), least: least("minSpecial") },
  ];
  const draw = (characters: string): string => characters[randomInt(characters.length)] ?? "";
  const all = kinds.map(({ characters, used }) => (used ? characters : "")).join("");
  const drawn = kinds.flatMap(({ characters, least }) => Array.from({ length: least }, () => draw(characters)));
  while (drawn.length < Number(inputs["length"])) drawn.push(draw(all));
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [drawn[last], drawn[other]] = [drawn[other] ?? "", drawn[last] ?? ""];
  }
  return drawn.join("");
}

const fixed = {
  length: 0,
  lower: true,
  upper: true,
  number: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
};

const randomPassword: ResourceType = {
  replaceOn: [...Object.keys(fixed), "overrideSpecial", "keepers"],
  create: (inputs) => Promise.resolve({ id: "none", outputs: { ...fixed, ...inputs, result: password(inputs) } }),
  delete: () => Promise.resolve(),
};

serve({
  name: "random",
  version: "4.21.2",
  resources: { "random:index/randomPassword:RandomPassword": randomPassword },
  functions: {},
});
