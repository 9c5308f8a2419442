/** What happens once a change acts that locks the operator out. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { KeptLab } from "../../keptLab";
import { namespaces } from "../../network/addresses";
import { reboot } from "../../node/machine";
import { attempt } from "../../process";

export interface Interruption {
  name: string;
  /** @param engine leads a process group */
  happen?: (kept: KeptLab, engine: ChildProcess) => Promise<void>;
  restore?: (kept: KeptLab) => Promise<void>;
}

const signal = (name: NodeJS.Signals) => (_kept: KeptLab, engine: ChildProcess) => {
  if (engine.pid !== undefined && engine.exitCode === null) process.kill(-engine.pid, name);
  return Promise.resolve();
};

const kill = signal("SIGKILL");

const filter = ["ip", "netns", "exec", namespaces.internet, "nft"];
const inInternet = async (...command: string[]): Promise<void> => {
  const [program = "", ...args] = [...filter, ...command];
  const { status, stderr } = await attempt(program, args);
  if (status !== 0) throw new Error(`nft ${command.join(" ")}: ${stderr}`);
};

/** For a change that never acts. */
export const refused: Interruption = { name: "it is refused" };

export const withoutReboot: readonly Interruption[] = [
  { name: "nothing else" },
  { name: "the engine is killed", happen: kill },
  {
    // It must not take what the first one did for the way of before.
    name: "the engine is killed, and another run follows at once",
    happen: async (kept, engine) => {
      const ended = once(engine, "close");
      await kill(kept, engine);
      await ended;
      await kept.pulumi("cancel", "--yes", "--stack", "prod");
      await kept.withConfig(
        "prod",
        (set) => set(["reinstall"], "again"),
        () => kept.up("prod"),
      );
    },
  },
  { name: "the run is aborted", happen: signal("SIGINT") },
  {
    name: "the SSH connection is lost",
    happen: async () => {
      await inInternet("add table ip lost");
      await inInternet("add chain ip lost output { type filter hook output priority 0; policy accept; }");
      await inInternet("add rule ip lost output tcp dport 22 drop");
    },
    restore: () => inInternet("delete table ip lost"),
  },
  {
    name: "the installer is killed",
    happen: async (kept) => {
      await kept.node("pkill -9 -f '[/]host-file (install|remove)' || true");
    },
  },
];

export const interruptions: readonly Interruption[] = [
  ...withoutReboot,
  {
    name: "the node is rebooted",
    happen: async () => {
      await reboot();
    },
  },
  {
    name: "the node loses its power",
    happen: async () => {
      await reboot({ powerCut: true });
    },
  },
];
