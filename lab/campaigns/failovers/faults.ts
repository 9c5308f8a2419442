/** Faults of a worker behind a load balancer, and how long requests may fail. */
import { healthCheck } from "../../../components/balancerHealth";
import type { KeptLab } from "../../keptLab";
import { lab } from "../../lab";
import { namespaceOf } from "../../network/namespaces";
import { cutPower, onNode } from "../../node/machine";
import type { Machine } from "../../network/machines";
import { run } from "../../process";
import { waitForTarget } from "../../proof/targets";
import { takeOut } from "./balancer";

export interface Fault {
  id: string;
  /** Description of the fault, for the page. */
  name: string;
  /** Seconds after the start of the fault in which requests may fail. */
  allowed: number;
  /** Starts the fault. */
  begin(kept: KeptLab, worker: Machine): Promise<void>;
  /** Ends the fault: the worker or its replacement serves again. */
  end(worker: Machine): Promise<void>;
}

const { interval, timeout, unhealthyThreshold } = healthCheck;

/** A check is refused at once: the worker fails the checks of the next intervals. */
const refusing = interval * unhealthyThreshold;
/** Without a response, the last check's timeout is added. */
const silent = refusing + timeout;

const inNetworkOf = (worker: Machine, ...command: string[]): Promise<string> =>
  run("nsenter", [`--net=/run/netns/${namespaceOf(worker)}`, ...command]);

export const faults: readonly Fault[] = [
  {
    id: "rolled",
    name: "kOps replaces it: deregisters, drains and terminates it, and launches another",
    allowed: 0,
    begin: async (kept, worker) => {
      await takeOut(kept, worker);
      await lab.replaceWorker(worker);
    },
    end: () => Promise.resolve(),
  },
  {
    id: "drained",
    name: "it is drained without being deregistered: its NodePorts have no listener",
    allowed: refusing,
    begin: async (_kept, worker) => {
      await onNode(["systemctl", "stop", "ingress.service"], {}, worker);
      await waitForTarget(worker, "unhealthy");
    },
    end: async (worker) => void (await onNode(["systemctl", "start", "ingress.service"], {}, worker)),
  },
  {
    id: "frozen",
    name: "it freezes and answers no packet",
    allowed: silent,
    begin: async (_kept, worker) => {
      const chains = ["prerouting", "output"].map(
        (hook) => `add chain inet frozen ${hook} { type filter hook ${hook} priority -500; policy drop; }`,
      );
      await inNetworkOf(worker, "nft", ["add table inet frozen", ...chains].join("; "));
      await waitForTarget(worker, "unhealthy");
    },
    end: async (worker) => void (await inNetworkOf(worker, "nft", "delete table inet frozen")),
  },
  {
    id: "lost",
    name: "its power is cut; later its Auto Scaling group launches another",
    allowed: silent,
    begin: async (_kept, worker) => {
      await cutPower(worker);
      await waitForTarget(worker, "unhealthy");
    },
    end: (worker) => lab.replaceWorker(worker),
  },
];
