/** The `connection` of a remote command: fields, defaults and validation. */
import type { Properties } from "../resource";
import { unknownValue } from "../wire";

export interface Host {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  /** Default: SSH_AUTH_SOCK of the plugin's environment. */
  agentSocketPath?: string;
  /** Public key in known_hosts format; without it any key is accepted. */
  hostKey?: string;
  /** Failed dials before giving up; -1 for no limit. */
  dialErrorLimit: number;
  /** Seconds per dial; 0 for no limit. */
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

/**
 * Validates a connection. The messages name only fields: the official plugin prints their values, including the private
 * key.
 */
export function connectionFaults(connection: unknown): { property: string; reason: string }[] {
  // Unknown until the program's resources exist.
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

/** Fills in defaults, as the official plugin does. */
export function withDefaults(connection: unknown): unknown {
  if (!isObject(connection)) return connection;
  const { proxy } = connection;
  return { ...defaults, ...connection, ...(isObject(proxy) ? { proxy: { ...defaults, ...proxy } } : {}) };
}
