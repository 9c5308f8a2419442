/** Domain names in Route 53's normal form and order. */

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, "0")}`;

/**
 * Lower case, trailing dot, and an octal escape for every byte other than letters, digits, `-`, `_` and `.` (`*` →
 * `\052`). https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
 */
export function normalName(name: string): string {
  const escaped = [...name.matchAll(/\\([0-7]{3})|[^]/gu)]
    .flatMap(([character, escape]) =>
      escape === undefined ? [...Buffer.from(character)] : [Number.parseInt(escape, 8)],
    )
    .map((byte) => {
      const character = String.fromCharCode(byte).toLowerCase();
      return byte < 128 && /[a-z0-9._-]/.test(character) ? character : octal(byte);
    })
    .join("");
  return escaped.endsWith(".") ? escaped : `${escaped}.`;
}

/** Whether a zone contains a name; both normalized. */
export function isInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Sort order of lists: by label from the right. */
export function compareNames(a: string, b: string): number {
  const [labelsA, labelsB] = [a, b].map((name) => name.replace(/\.$/, "").split(".").reverse());
  for (const [index, label] of (labelsA ?? []).entries()) {
    const other = labelsB?.[index];
    if (other === undefined) return 1;
    if (label !== other) return label < other ? -1 : 1;
  }
  return (labelsA?.length ?? 0) - (labelsB?.length ?? 0);
}
