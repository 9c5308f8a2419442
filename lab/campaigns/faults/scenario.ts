/** One thing that happens to a node while requests run, and what must hold meanwhile. */
import type { KeptLab } from "../../keptLab";
import { stackOutputs } from "../../proof/outputs";
import type { Counts } from "../probes";

export interface Scenario {
  name: string;
  /** What is made to happen; returns when it is over. */
  run(kept: KeptLab): Promise<void>;
  /** Puts the lab right for the next scenario. */
  afterwards?(kept: KeptLab): Promise<void>;
  /** The stack is not up before: applications are not asked. */
  first?: boolean;
  /** Most failed requests that are acceptable; absent where the fault itself takes the service away. */
  api?: number;
  app?: number;
  /** Longest acceptable outage of the API, milliseconds, where the fault itself makes one. */
  apiOutage?: number;
  /** Of the applications. */
  appOutage?: number;
}

export interface Result extends Counts {
  name: string;
  seconds: number;
  /** What did not hold. */
  broken: string[];
}

/** What did not hold, in words. */
export function judge(scenario: Scenario, { api, app }: Counts): string[] {
  const within = (what: string, found: number, most: number | undefined): string[] =>
    most !== undefined && found > most ? [`${what}: ${found}, ${most} at most`] : [];
  return [
    ...within("failed requests to the API", api.failed, scenario.api),
    ...within("failed requests to the application", app.failed, scenario.app),
    ...within("milliseconds without the API", api.longestOutage, scenario.apiOutage),
    ...within("milliseconds without the application", app.longestOutage, scenario.appOutage),
    ...(api.sent === 0 ? ["nothing was asked of the API"] : []),
  ];
}

export const applicationsAddress = async (kept: KeptLab): Promise<string> =>
  (await stackOutputs(kept.state.engine.pulumi, "prod")).ingressPublicIp;
