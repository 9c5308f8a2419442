/** The `connection` of a remote command: its fields, their defaults, and what is wrong with one. */
import type { Properties } from "../resource";
import { unknownValue } from "../wire";

export interface Host {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  /** Default: the SSH_AUTH_SOCK of the plugin's environment. */
  agentSocketPath?: string;
  /** Public key as in known_hosts; any key is accepted without it. */
  hostKey?: string;
  /** Failed dials before giving up, -1 for any number. */
  dialErrorLimit: number;
  /** Seconds for one dial, 0 for any time. */
  perDialTimeout: number;
}

export interface Connection extends Host {
  proxy?: Host;
}

const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 } as const;

const hostFields = [
  ...["host", "port", "user", "password", "privateKey", "privateKeyPassword", "agentSocketPath", "hostKey"],
  ...["dialErrorLimit", "perDialTimeout"],
];

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;

/** What it says about an unfit connection names fields only: the official plugin prints their values, the private key among them. */
export function connectionFaults(connection: unknown): { property: string; reason: string }[] {
  // Not known before the program's resources are there.
  if (connection === unknownValue) return [];
  if (!isObject(connection)) return [{ property: "connection", reason: "missing required field" }];
  const { proxy } = connection;
  return [
    ...faults(connection, [...hostFields, "proxy"], "connection"),
    ...(isObject(proxy) ? faults(proxy, hostFields, "connection.proxy") : []),
  ];
}

function faults(host: Properties, fields: string[], path: string): { property: string; reason: string }[] {
  const unknown = Object.keys(host).filter((field) => !fields.includes(field));
  return [
    ...unknown.map((field) => ({ property: `${path}.${field}`, reason: "unrecognized field" })),
    ...(typeof host["host"] === "string" ? [] : [{ property: `${path}.host`, reason: "missing required field" }]),
  ];
}

/** The connection as the official plugin keeps it, with its defaults. */
export function withDefaults(connection: unknown): unknown {
  if (!isObject(connection)) return connection;
  const { proxy } = connection;
  return { ...defaults, ...connection, ...(isObject(proxy) ? { proxy: { ...defaults, ...proxy } } : {}) };
}
