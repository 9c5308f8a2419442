/** The faults that make each alert fire, and how to end them. */
import { forwarderUnits, haproxyUnit } from "../../../hostfiles/node/paths";
import { metricsOf } from "../../../operator/doctor/metrics";
import { node as addresses } from "../../network/addresses";
import { moveApi, waitForApi } from "../../node/machine";
import type { Operator } from "../diagnoses/operator";
import { fillHaproxy, giveLimitBack, letGo } from "../fullHaproxy";
import { set } from "../interleavings/events";
import { appCertificate, serveAsBefore, serveTrusted } from "../servedCertificate";
import type { Prometheus } from "./prometheus";

export interface AlertFault {
  /** The alerts that the fault triggers. */
  alerts: readonly string[];
  /** Description of the fault, for the page. */
  fault: string;
  make(operator: Operator, prometheus: Prometheus): Promise<unknown>;
  end(operator: Operator, prometheus: Prometheus): Promise<unknown>;
  /** The rule takes minutes, whatever its `for`. */
  slow?: true;
}

const check = "systemctl start secondary-ingress-check.service";
const onNode =
  (...commands: string[]) =>
  ({ kept }: Operator): Promise<unknown> =>
    kept.node(commands.join(" && "));

/** Makes systemd skip a unit, as a mistaken drop-in would. */
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

/** As cron on the operator's machine does. */
export const lookWithDoctor = async (operator: Operator, prometheus: Prometheus): Promise<void> => {
  const { report } = await operator.doctor("prod", "--only", "AWS");
  await prometheus.textFile("doctor.prom", metricsOf(report));
};

export const alertFaults: readonly AlertFault[] = [
  {
    alerts: ["SecondaryIngressAppDown", "SecondaryIngressProxyDown"],
    fault: "HAProxy is stopped and does not start",
    make: onNode(...passOver(haproxyUnit), check),
    end: onNode(...noLongerPassOver(haproxyUnit), check),
  },
  {
    alerts: ["SecondaryIngressProxyFull"],
    fault: "HAProxy takes ten connections to port 80, and clients hold nine",
    make: ({ kept }) => fillHaproxy(kept),
    end: async ({ kept }) => {
      await letGo(kept);
      await giveLimitBack(kept);
    },
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
    fault: "the rules are deleted and `nft` is missing, so that nothing can restore them",
    make: onNode("nft delete table ip secondary_ingress", "mv /usr/sbin/nft /root/nft", check),
    end: onNode("mv /root/nft /usr/sbin/nft", "rm -rf /run/secondary-ingress/pauses", check),
  },
  {
    alerts: ["SecondaryIngressForwarderDown"],
    fault: "the watch of the API server's manifest is stopped and does not start",
    make: onNode(...passOver("kube-api-switch.path"), check),
    end: onNode(...noLongerPassOver("kube-api-switch.path"), check),
  },
  {
    alerts: ["SecondaryIngressForwarderDown", "SecondaryIngressApiDown"],
    fault: "the API server was moved to 8443, and its forwarder does not start",
    make: async ({ kept }) => {
      await moveApi("127.0.0.1");
      await kept.node(
        `for i in $(seq 100); do systemctl is-active -q ${forwarderUnits.service} && exit; sleep 0.1; done; exit 1`,
      );
      await kept.node([...passOver(forwarderUnits.service), check].join(" && "));
    },
    end: async ({ kept }) => {
      await kept.node(noLongerPassOver(forwarderUnits.service).join(" && "));
      // nodeup restores the API server.
      await kept.node("systemctl start kops-configuration.service");
      await waitForApi(443);
      await kept.node(`rm -rf /run/secondary-ingress/pauses; ${check}`);
    },
  },
  {
    alerts: ["SecondaryIngressCertificateEndsSoon"],
    fault: "the applications' certificate expires in ten days",
    make: ({ kept }) => serveTrusted(kept, 10),
    end: onNode(serveAsBefore(appCertificate)),
  },
  {
    alerts: ["SecondaryIngressCertificateEnds", "SecondaryIngressCertificateEndsSoon"],
    fault: "the applications' certificate expires in two days",
    make: ({ kept }) => serveTrusted(kept, 2),
    end: onNode(serveAsBefore(appCertificate)),
  },
  {
    alerts: ["SecondaryIngressPrimaryWithoutElasticIp"],
    fault: "`primaryAddress: keep`, the default",
    make: lookWithDoctor,
    end: async (operator, prometheus) => {
      await set(["primaryAddress"], "elastic-ip");
      await operator.shell("pulumi up --yes --skip-preview --stack prod");
      await lookWithDoctor(operator, prometheus);
    },
  },
  {
    alerts: ["SecondaryIngressDoctorStale"],
    fault: "the doctor last ran an hour ago",
    make: (_, prometheus) =>
      prometheus.textFile(
        "doctor.prom",
        `secondary_ingress_doctor_time_seconds{stack="prod"} ${Math.floor(Date.now() / 1000) - 3600}\n`,
      ),
    end: lookWithDoctor,
  },
  {
    alerts: ["SecondaryIngressRepairsRepeat"],
    fault: "the tables are flushed five times, and the guard restores them",
    make: ({ kept }) =>
      kept.node(`for i in 1 2 3 4 5; do nft delete table ip secondary_ingress; sleep 1; ${check}; sleep 6; done`),
    // Nothing is left to repair; the alert resolves by itself.
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
