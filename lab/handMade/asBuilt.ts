/** Rows that show the layout as it was made, before the program has seen it. */
import type { KeptLab } from "../keptLab";
import { node } from "../network/addresses";
import { type Row, row } from "../proof/row";
import { run } from "./hands";
import { type Layout, secondary } from "./layout";
import { ask } from "./questions";
import type { Variant } from "./variants";

const addressesRow = ({ secondaryFirst }: Variant): Promise<Row> => {
  const both = [`${node.primaryPrivateIp}/${node.prefix}`, `${secondary.address}/${secondary.prefix}`];
  const expected = (secondaryFirst ? both.reverse() : both).join(", ");
  return row("addresses", `addresses of ${node.device}, in order`, expected, async () => {
    const observed = (await run(`ip -4 -o addr show dev ${node.device}`)).replaceAll(/^.* inet (\S+).*$/gm, "$1");
    const inOrder = observed.split("\n").join(", ");
    return { ok: inOrder === expected, observed: inOrder };
  });
};

const unitsRow = ({ states, forwarder }: Variant, { units }: Layout): Promise<Row> => {
  const others = states(forwarder.unit);
  const expected = units.map((unit) => `${unit} ${others[unit] ?? "enabled active"}`).join(", ");
  return row("units", "units of the layout", expected, async () => {
    const script = units.map((unit) => `echo ${unit} $(systemctl is-enabled ${unit}) $(systemctl is-active ${unit})`);
    const observed = (await run(script.join("\n"))).split("\n").join(", ");
    return { ok: observed === expected, observed };
  });
};

/** The Elastic IP, where it is tied, and that nothing of the layout carries a tag. */
const accountRow = ({ aws }: KeptLab, { elasticIp, secondaryPrivateIp }: Layout): Promise<Row> => {
  const expected = elasticIp ? `${elasticIp.publicIp} → ${secondaryPrivateIp}, no tag` : "no Elastic IP";
  return row("elastic-ip", "Elastic IP", expected, async () => {
    const { Addresses = [] } = (await aws("DescribeAddressesCommand", {})) as {
      Addresses?: { PublicIp: string; PrivateIpAddress?: string; Tags?: object[] }[];
    };
    const observed =
      Addresses.map(
        ({ PublicIp, PrivateIpAddress, Tags = [] }) =>
          `${PublicIp} → ${PrivateIpAddress ?? "nowhere"}, ${Tags.length || "no"} tag`,
      ).join("; ") || "no Elastic IP";
    return { ok: observed === expected, observed };
  });
};

export async function asBuiltRows(kept: KeptLab, layout: Layout, variant: Variant): Promise<Row[]> {
  const rows = [
    await addressesRow(variant),
    await accountRow(kept, layout),
    await unitsRow(variant, layout),
    ...(await ask(layout, variant.answers(kept.state))),
  ];
  return rows.map((each) => ({ ...each, id: `built-${each.id}`, name: `as built: ${each.name}` }));
}
