/** What makes each alert fire, and what ends it. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { metricsOf } from "../../../doctor/metrics";
import { labDomain } from "../../labAccount";
import { node as addresses } from "../../network/addresses";
import { keyPair } from "../../node/certificates";
import { labPaths } from "../../paths";
import { stackOutputs } from "../../proof/outputs";
import type { Operator } from "../diagnoses/operator";
import { set } from "../interleavings/events";
import { appCertificate, serve, serveAsBefore } from "../servedCertificate";
import type { Prometheus } from "./prometheus";

export interface AlertFault {
  /** The alerts that it makes fire. */
  alerts: readonly string[];
  /** What is done, in words. */
  fault: string;
  make(operator: Operator, prometheus: Prometheus): Promise<unknown>;
  end(operator: Operator, prometheus: Prometheus): Promise<unknown>;
  /** Its rule waits for minutes, whatever its `for`. */
  slow?: true;
}

const check = "systemctl start secondary-ingress-check.service";
const onNode =
  (...commands: string[]) =>
  ({ kept }: Operator): Promise<unknown> =>
    kept.node(commands.join(" && "));

/** A unit that systemd passes over, as after an edit that nobody meant. */
const passOver = (unit: string): string[] => [
  `mkdir -p /run/systemd/system/${unit}.d`,
  `printf '[Unit]\\nConditionPathExists=/nowhere\\n' >/run/systemd/system/${unit}.d/lab.conf`,
  "systemctl daemon-reload",
  `systemctl stop ${unit}`,
];
const noLongerPassOver = (unit: string): string[] => [
  `rm -r /run/systemd/system/${unit}.d`,
  "systemctl daemon-reload",
  `systemctl start ${unit}`,
];

/** A certificate by the authority that clients trust; its key is on the node no longer than this takes. */
const shortLived =
  (days: number) =>
  async ({ kept }: Operator): Promise<void> => {
    const authority = "/root/web-authority";
    const { certificate, key } = keyPair("web-authority");
    await copyFile(certificate, join(labPaths.node, "root", `${authority}.crt`));
    await copyFile(key, join(labPaths.node, "root", `${authority}.key`));
    await kept.node(`${serve(appCertificate, { days, names: `DNS:${labDomain}`, authority })}; rm ${authority}.*`);
  };

/** As cron on the operator's machine would. */
const lookWithDoctor = async (operator: Operator, prometheus: Prometheus): Promise<void> => {
  const { report } = await operator.doctor("prod", "--only", "AWS");
  await prometheus.textFile("doctor.prom", metricsOf(report));
};

export const alertFaults: readonly AlertFault[] = [
  {
    alerts: ["SecondaryIngressAppDown", "SecondaryIngressProxyDown"],
    fault: "HAProxy is stopped, and does not start",
    make: onNode(...passOver("haproxy.service"), check),
    end: onNode(...noLongerPassOver("haproxy.service"), check),
  },
  {
    alerts: ["SecondaryIngressApiDown"],
    fault: "packets from outside to the API are dropped",
    make: onNode(
      `nft 'table inet lab_drop { chain in { type filter hook prerouting priority -400; iifname "${addresses.device}" ip daddr ${addresses.primaryPrivateIp} tcp dport 443 drop; }; }'`,
    ),
    end: onNode("nft delete table inet lab_drop"),
  },
  {
    alerts: ["SecondaryIngressRuleMissing"],
    fault: "the rules are deleted while `nft` is away, so that nothing can put them back",
    make: onNode("nft delete table ip secondary_ingress", "mv /usr/sbin/nft /root/nft", check),
    end: onNode("mv /root/nft /usr/sbin/nft", "rm -rf /run/secondary-ingress/pauses", check),
  },
  {
    alerts: ["SecondaryIngressForwarderDown"],
    fault: "the watch of the API server's manifest is stopped, and does not start",
    make: onNode(...passOver("kube-api-switch.path"), check),
    end: onNode(...noLongerPassOver("kube-api-switch.path"), check),
  },
  {
    alerts: ["SecondaryIngressCertificateEndsSoon"],
    fault: "the applications' certificate ends in ten days",
    make: shortLived(10),
    end: onNode(serveAsBefore(appCertificate)),
  },
  {
    alerts: ["SecondaryIngressCertificateEnds", "SecondaryIngressCertificateEndsSoon"],
    fault: "the applications' certificate ends in two days",
    make: shortLived(2),
    end: onNode(serveAsBefore(appCertificate)),
  },
  {
    alerts: ["SecondaryIngressPrimaryWithoutElasticIp"],
    fault: "`primaryAddress: keep`, as it is by default",
    make: lookWithDoctor,
    end: async (operator, prometheus) => {
      await set(["primaryAddress"], "elastic-ip");
      await operator.shell("pulumi up --yes --skip-preview --stack prod");
      await lookWithDoctor(operator, prometheus);
    },
  },
  {
    alerts: ["SecondaryIngressRepairsRepeat"],
    fault: "the address is deleted five times",
    make: async ({ kept }) => {
      const { secondaryPrivateIp } = await stackOutputs(kept.state.engine.pulumi, "prod");
      const once = `ip addr del ${secondaryPrivateIp}/32 dev lo; rm -rf /run/secondary-ingress/pauses; ${check}; sleep 6`;
      await kept.node(`for i in 1 2 3 4 5; do ${once}; done`);
    },
    // Nothing more to repair: it ends by itself.
    end: async () => undefined,
    slow: true,
  },
  {
    alerts: ["SecondaryIngressUnchecked"],
    fault: "the check's timer is stopped",
    make: onNode("systemctl stop secondary-ingress-check.timer"),
    end: onNode("systemctl start secondary-ingress-check.timer", check),
    slow: true,
  },
];
