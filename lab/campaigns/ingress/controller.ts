import type { KeptLab } from "../../keptLab";

/** An ingress controller that runs in the pod, with an application behind it. */
export interface Controller {
  /** Short, for IDs of rows. */
  id: string;
  /** With its version, and how it learns of the application. */
  name: string;
  /** The program whose log is the access log. */
  unit: string;
  /** The client's address in a line of the access log. */
  clientOf(line: string): string | undefined;
  start(kept: KeptLab): Promise<void>;
  /** Lets the controller take the PROXY protocol beside plain connections, if it does not from the start. */
  acceptProxyProtocol?(kept: KeptLab): Promise<void>;
  stop(kept: KeptLab): Promise<void>;
}
