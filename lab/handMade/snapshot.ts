/** What giving back must restore byte for byte: the node's files, units, addresses and rules, and the AWS account. */
import { node } from "../network/addresses";
import { onNode } from "../node/machine";
import { accountSnapshot, nodeSnapshot, places, type Snapshot } from "../proof/snapshot";
import type { Layout } from "./layout";

/** Facts that the snapshot of the node does not hold: owners, texts, states of units, routes and the order of addresses. */
const observe = (layout: Layout): string => `
export LC_ALL=C
find ${places} -printf 'owner %p %u:%g\\n'
for file in ${layout.files.join(" ")}; do grep -n '' "$file" | sed "s|^|text $file:|"; done
for unit in ${layout.units.join(" ")}; do
  echo "unit $unit $(systemctl is-enabled $unit) $(systemctl is-active $unit) $(systemctl show -p FragmentPath -p DropInPaths $unit | tr '\\n' ' ')"
done
ip -4 -o addr show | awk '{ print "address-order " $2 " " (++count[$2]) " " $4 }'
ip -4 route show table all | sed 's/^/route /'
ip -4 rule show | sed 's/^/rule /'
ss -Hltnp | sed -E 's/.*LISTEN +[0-9]+ +[0-9]+ +([^ ]+).*\\(\\("([^"]*)".*/listener \\1 \\2/'
nft -s list ruleset | awk '/^table/ { name = $2 " " $3 } name !~ /kube-proxy/ { print "nftables-rule " name ": " $0 }'
`;

/** Facts about node and account, one per line; `difference` of proof/snapshot.ts names what two of them differ in. */
export async function layoutSnapshot(layout: Layout): Promise<Snapshot> {
  const { status, stdout, stderr } = await onNode(["sh", "-c", observe(layout)]);
  if (status !== 0) throw new Error(`cannot inspect ${node.primaryPrivateIp}: ${stderr}`);
  const more = stdout.split("\n").filter(Boolean);
  return [...new Set([...(await accountSnapshot()), ...(await nodeSnapshot()), ...more])].sort();
}
