/** Records by their names relative to a zone. */

/** A record and its name relative to the zone; `""` is the apex. */
type InZone<T> = T & { label: string };

/** @throws naming the records that are in another zone */
export function inZone<T extends { name: string }>(records: readonly T[], zone: string): InZone<T>[] {
  const apex = `${zone.toLowerCase().replace(/\.$/, "")}.`;
  const outside = records.filter(({ name }) => name !== apex && !name.endsWith(`.${apex}`));
  if (outside.length > 0) {
    const names = outside.map(({ name }) => name).join(", ");
    throw new Error(`--zone: expected a zone that holds every record, found ${apex} without ${names}`);
  }
  return records.map((record) => ({ ...record, label: record.name.slice(0, -apex.length).replace(/\.$/, "") }));
}
