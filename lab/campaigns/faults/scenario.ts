/** A scenario that runs under constant requests, and its limits. */
import type { KeptLab } from "../../keptLab";
import { stackOutputs } from "../../proof/outputs";
import type { Counts } from "../../proof/probes";

export interface Scenario {
  name: string;
  /** Runs the scenario to its end. */
  run(kept: KeptLab): Promise<void>;
  /** Restores the lab for the next scenario. */
  afterwards?(kept: KeptLab): Promise<void>;
  /** The stack is not up yet: sends no requests to applications. */
  first?: boolean;
  /** Maximum number of failed requests; absent if the fault itself stops the service. */
  api?: number;
  app?: number;
  /** Maximum outage of the API in milliseconds, if the fault itself causes one. */
  apiOutage?: number;
  /** The same for the applications. */
  appOutage?: number;
}

export interface Result extends Counts {
  name: string;
  seconds: number;
  /** Exceeded limits. */
  broken: string[];
}

/** Describes the exceeded limits. */
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

export const applicationsAddress = async (): Promise<string> => (await stackOutputs("prod")).ingressPublicIp;
