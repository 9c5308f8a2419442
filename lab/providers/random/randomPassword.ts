/** random.RandomPassword, without `bcryptHash`. */
import { randomInt } from "node:crypto";
import type { Properties, ResourceType } from "../resource";

/** Character classes of the official plugin, keyed by the input that enables them. */
const classes = {
  lower: { characters: "abcdefghijklmnopqrstuvwxyz", least: "minLower" },
  upper: { characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", least: "minUpper" },
  numeric: { characters: "0123456789", least: "minNumeric" },
  special: { characters: "!@#$%&*()-_=+[]{}<>:?", least: "minSpecial" },
} as const;

/** The official plugin's defaults, which appear in the outputs. */
const defaults = {
  lower: true,
  upper: true,
  number: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
} as const;

interface CharacterClass {
  characters: string;
  /** Minimum number of characters from this class. */
  least: number;
}

/** The enabled classes; `number` is the deprecated name of `numeric`. */
function classesFor(inputs: Properties): CharacterClass[] {
  return Object.entries(classes).map(([name, { characters, least }]) => {
    const on = inputs[name] !== false && !(name === "numeric" && inputs["number"] === false);
    const own = name === "special" && typeof inputs["overrideSpecial"] === "string" && inputs["overrideSpecial"];
    return { characters: on ? own || characters : "", least: Number(inputs[least] ?? 0) };
  });
}

const draw = (characters: string): string => characters[randomInt(characters.length)] ?? "";

/** A password by the documented rules, from the system's random source. */
function password(inputs: Properties): string {
  const wanted = classesFor(inputs);
  const all = wanted.map(({ characters }) => characters).join("");
  const drawn = wanted.flatMap(({ characters, least }) => Array.from({ length: least }, () => draw(characters)));
  while (drawn.length < Number(inputs["length"])) drawn.push(draw(all));
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [drawn[last], drawn[other]] = [drawn[other] ?? "", drawn[last] ?? ""];
  }
  return drawn.join("");
}

function check(inputs: Properties): { property: string; reason: string }[] {
  // An unknown value is not a number.
  const length = inputs["length"];
  if (typeof length !== "number") return [];
  const wanted = classesFor(inputs);
  const least = wanted.reduce((sum, each) => sum + each.least, 0);
  const short = length < Math.max(1, least);
  const impossible = wanted.filter(({ characters, least }) => least > 0 && characters === "").length > 0;
  const none = wanted.every(({ characters }) => characters === "");
  return [
    ...(short
      ? [
          {
            property: "length",
            reason: `expected at least ${Math.max(1, least)}, the sum of the minimums, found ${length}`,
          },
        ]
      : []),
    ...(impossible || none
      ? [
          {
            property: "length",
            reason: "expected at least one enabled character class, found none",
          },
        ]
      : []),
  ];
}

export const randomPassword: ResourceType = {
  inputs: ["length", ...Object.keys(defaults), "overrideSpecial", "keepers"],
  computed: ["result"],
  secret: ["result"],
  replaceOn: ["length", ...Object.keys(defaults), "overrideSpecial", "keepers"],
  check,
  create: (inputs) => Promise.resolve({ id: "none", outputs: { ...defaults, ...inputs, result: password(inputs) } }),
  delete: () => Promise.resolve(),
};
