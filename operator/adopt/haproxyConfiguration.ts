/** Where the listeners of an HAProxy configuration lead. */

export interface Server {
  port: number;
  /** It is on the node's loopback. */
  onLoopback: boolean;
  /** Version of the PROXY protocol that it is sent; 0 for none. */
  proxyProtocol: 0 | 1 | 2;
}

interface Section {
  kind: string;
  name: string;
  binds: { address: string; port: number }[];
  servers: Server[];
  defaultBackend: string | undefined;
  /** Of `use_backend`. */
  otherBackends: string[];
}

/** Keywords that begin a section (https://docs.haproxy.org/3.2/configuration.html#2). */
export const sectionKeywords: readonly string[] = [
  ...["global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "resolvers", "mailers", "cache"],
  ...["program", "ring", "http-errors", "fcgi-app", "crt-store", "log-forward", "log-profile", "traces", "acme"],
];
/** Keywords of a section that say where it listens and where it leads. */
export const routeKeywords: readonly string[] = ["bind", "server", "default-server", "use_backend", "default_backend"];

/** `172.20.45.38:443`, `ipv4@:80`, several of them with commas; a range stands for its first port. */
function bindsOf(addresses: string): Section["binds"] {
  return addresses.split(",").flatMap((each) => {
    const [, address, port] = /^(?:\w+@)?(.*):(\d+)(?:-\d+)?$/.exec(each) ?? [];
    return address === undefined ? [] : [{ address, port: Number(port) }];
  });
}

const proxyProtocolOf = (options: readonly string[]): Server["proxyProtocol"] =>
  options.some((word) => word.startsWith("send-proxy-v2")) ? 2 : options.includes("send-proxy") ? 1 : 0;

function serversOf(address: string, options: readonly string[]): Server[] {
  const [, host = "", port] = /^(?:\w+@)?(.*):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return [];
  const onLoopback = /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/.test(host);
  return [{ port: Number(port), onLoopback, proxyProtocol: proxyProtocolOf(options) }];
}

/** @param lines of configuration files, whole or the lines that begin with one of the keywords */
export function parseSections(lines: readonly string[]): Section[] {
  const sections: Section[] = [];
  /** Options of `default-server`, of the last `defaults` and of the section. */
  let [ofDefaults, ofSection]: [string[], string[]] = [[], []];
  for (const line of lines) {
    const [keyword = "", first = "", ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
    const section = sections.at(-1);
    if (sectionKeywords.includes(keyword)) {
      const empty = { binds: [], servers: [], defaultBackend: undefined, otherBackends: [] };
      sections.push({ kind: keyword, name: first, ...empty });
      if (keyword === "defaults") ofDefaults = [];
      ofSection = [];
    } else if (!section) continue;
    else if (keyword === "bind") section.binds.push(...bindsOf(first));
    else if (keyword === "default-server") {
      if (section.kind === "defaults") ofDefaults = [first, ...rest];
      else ofSection = [first, ...rest];
    } else if (keyword === "server")
      section.servers.push(...serversOf(rest[0] ?? "", [...rest.slice(1), ...ofDefaults, ...ofSection]));
    else if (keyword === "default_backend") section.defaultBackend = first;
    else if (keyword === "use_backend") section.otherBackends.push(first);
  }
  return sections;
}

/** Addresses that something listens on with one of the ports. */
export const addressesOf = (sections: readonly Section[], ports: readonly number[]): string[] =>
  sections.flatMap(({ binds }) => binds.filter(({ port }) => ports.includes(port)).map(({ address }) => address));

/** The servers that a listener leads to, by its own choice and by the conditional ones; empty if nothing listens there. */
export function serversBehind(
  sections: readonly Section[],
  at: { address: string; port: number },
): { usual: Server[]; conditional: Server[] } {
  const entrances = sections.filter(({ binds }) =>
    binds.some(({ address, port }) => port === at.port && [at.address, "", "*", "0.0.0.0"].includes(address)),
  );
  const of = (backends: readonly string[]): Server[] =>
    sections
      .filter(({ kind, name }) => (kind === "backend" || kind === "listen") && backends.includes(name))
      .flatMap(({ servers }) => servers);
  return {
    usual: entrances.flatMap(({ defaultBackend, servers }) =>
      defaultBackend === undefined ? servers : of([defaultBackend]),
    ),
    conditional: entrances.flatMap(({ otherBackends }) => of(otherBackends)),
  };
}
