import { keepLab } from "/work/main/lab/keptLab";
import { lab } from "/work/main/lab/lab";
import { set } from "/work/main/lab/campaigns/interleavings/events";
import { attempt } from "/work/main/lab/process";
import { readFileSync } from "node:fs";
(async () => {
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  try {
    await set(["mode"], "load-balancer");
    const u = await kept.up("prod"); console.log(u.status, u.stdout.slice(-3500), u.stderr.slice(-1500));
    const again = await kept.pulumi("up", "--yes", "--skip-preview", "--refresh", "--diff", "--expect-no-changes", "--stack", "prod"); console.log("again", again.status, again.stdout.slice(-2500));
    console.log((await attempt("ip", ["netns", "exec", "ksi-internet", "curl", "-sk", "-m", "5", "https://203.0.113.10/", "http://203.0.113.10/"])).stdout);
    console.log((await attempt("ip", ["netns", "exec", "ksi-vpc", "nft", "list", "table", "ip", "aws"])).stdout.slice(0, 3000));
    const d = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod"); console.log("destroy", d.status, d.stdout.slice(-800));
    console.log(readFileSync("/var/lib/kops-secondary-ingress-lab/logs/cloud.log", "utf8").slice(-1500));
    const { loadBalancers, targetGroups, listeners, addresses, networkInterfaces, securityGroups } = JSON.parse(readFileSync("/var/lib/kops-secondary-ingress-lab/account.json", "utf8"));
    console.log(JSON.stringify({ loadBalancers, targetGroups, listeners, addresses, n: networkInterfaces.length, s: securityGroups.length }));
  } finally { await lab.down(); process.exit(0); }
})();
