/** The endpoint's own path for scripts, which AWS does not have: pending faults and the calls so far, as JSON. */
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import type { CallRecord } from "./callRecord";
import { type Fault, faultScript } from "./fault";
import type { HttpCall } from "./service";

export const controlPath = "/_lab/";

export interface ControlAnswer {
  status: number;
  body: string;
}

const json = (status: number, value: unknown): ControlAnswer => ({ status, body: JSON.stringify(value) });

/** Adds, lists or clears faults, or lists calls. */
export function control(
  { method, url, body }: HttpCall,
  { faults, calls, actions }: { faults: Fault[]; calls: readonly CallRecord[]; actions: readonly string[] },
): ControlAnswer {
  switch (`${method} ${url.pathname.slice(controlPath.length)}`) {
    case "GET calls":
      return json(200, calls);
    case "GET faults":
      return json(
        200,
        faults.filter(({ times }) => times > 0),
      );
    case "DELETE faults":
      faults.splice(0);
      return json(200, []);
    case "POST faults": {
      let given: unknown;
      try {
        given = JSON.parse(body);
      } catch (error) {
        return json(400, { error: `expected JSON, found something else: ${String(error)}` });
      }
      const parsed = faultScript.safeParse(given);
      if (!parsed.success) return json(400, { error: z.prettifyError(parsed.error) });
      const unserved = parsed.data.find(({ action }) => !actions.includes(action))?.action;
      if (unserved !== undefined) {
        const meant = closest(unserved, actions);
        return json(400, {
          error: `expected an action that the lab serves, found ${unserved}: did you mean ${meant}?`,
        });
      }
      faults.push(...parsed.data);
      return json(200, faults);
    }
    default:
      return json(404, { error: "expected GET calls, or GET, POST or DELETE faults" });
  }
}
