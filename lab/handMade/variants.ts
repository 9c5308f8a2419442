/** The hand-made layouts that are out there, each a small change of the layout as written. */
import { waitForCluster } from "../kubernetes/controlPlane";
import type { LabState } from "../lab";
import { apiManifest } from "../node/kopsNode";
import { moveApi, reboot } from "../node/machine";
import { type Forwarder, nginxStream, socat, socketProxyd, stunnel } from "./forwarders";
import { run, until } from "./hands";
import type { VariantName } from "./layout";
import type { Answerer, QuestionId } from "./questions";

export interface Variant {
  /** One line for people. */
  what: string;
  elasticIp: boolean;
  netplan: boolean;
  forwarder: Forwarder;
  /** Further sections of haproxy.cfg. */
  haproxyMore: string;
  /** Further files, path → text. */
  files: Readonly<Record<string, string>>;
  /** Further units, enabled and started. */
  units: readonly string[];
  /** What happened to the node after the layout was made. */
  since(state: LabState, forwarder: string): Promise<void>;
  /** The interface lists the secondary address before the primary. */
  secondaryFirst: boolean;
  /** States of units that are not `enabled active`. */
  states(forwarder: string): Readonly<Record<string, string>>;
  /** Who answers otherwise than in the layout as written. */
  answers(state: LabState): Partial<Record<QuestionId, Answerer>>;
  /** The finding with which the program refuses to move in. */
  refused?: string;
  /** What it is once it is given back, if not itself: the API server has its port by then. */
  givenBackAs?: VariantName;
  /** What a reboot makes of the layout, where that does not depend on who is first. */
  rebootsTo?: VariantName;
}

const asWritten: Variant = {
  what: "the layout as written",
  elasticIp: true,
  netplan: true,
  forwarder: socat(),
  haproxyMore: "",
  files: {},
  units: [],
  since: () => Promise.resolve(),
  secondaryFirst: false,
  states: () => ({}),
  answers: () => ({}),
};

/** Reboots, and gives the API server the port that nodeup sets: HAProxy and the forwarder hold it since the boot. */
async function rebootForApi(state: LabState, forwarder: string): Promise<void> {
  await reboot();
  await run(`systemctl stop haproxy.service ${forwarder}`);
  await waitForCluster(state);
}

const rebooted: Variant = {
  ...asWritten,
  what: "rebooted since, and the manifest edited again",
  secondaryFirst: true,
  async since(state, forwarder) {
    await rebootForApi(state, forwarder);
    await moveApi("127.0.0.1");
    await run(`systemctl start haproxy.service ${forwarder}`);
  },
};

const rebootedApiFirst: Variant = {
  ...rebooted,
  what: "rebooted since: the API server is back on *:443, and HAProxy and the forwarder fail for ever",
  async since(state, forwarder) {
    await rebootForApi(state, forwarder);
    await run(`systemctl start haproxy.service ${forwarder} || :`);
    for (const unit of ["haproxy.service", forwarder]) await until(`systemctl --quiet is-failed ${unit}`, 30);
  },
  rebootsTo: "rebooted-api-first",
  states: (forwarder) => ({ "haproxy.service": "enabled failed", [forwarder]: "enabled failed" }),
  answers: () => ({
    "api-loopback": "api",
    "api-listener": "nobody",
    "app-https": "api",
    "app-http": "nobody",
    "app-on-node": "api",
    statistics: "nobody",
  }),
};

const rebootedForwarderFirst: Variant = {
  ...rebooted,
  what: "rebooted since: the forwarder and HAProxy hold port 443, and the API server fails for ever",
  givenBackAs: "rebooted-api-first",
  async since() {
    await reboot({ nodeupSeconds: 3 });
    await until(`grep -q -- --secure-port=443 ${apiManifest} && ! pgrep -x kube-apiserver >/dev/null`, 30);
  },
  states: () => ({}),
  answers: ({ kubernetes }) => ({
    "api-public": "nobody",
    "api-primary": "nobody",
    "api-listener": "nobody",
    "api-by-sni": "nobody",
    // kube-proxy has had no API server since the boot.
    ...(kubernetes ? { "app-https": "nobody", "app-http": "nobody", "app-on-node": "nobody" } : {}),
  }),
};

const database = "/etc/systemd/system/database.service";

const servesMore: Variant = {
  ...asWritten,
  what: "HAProxy serves something else, too: a frontend on port 5432",
  haproxyMore: `
frontend database_in
    bind *:5432
    default_backend database

backend database
    server database 127.0.0.1:15432
`,
  files: {
    "/etc/database/nginx.conf": `worker_processes 1;
pid /run/database.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  default_type text/plain;
  server {
    listen 127.0.0.1:15432;
    location / { return 200 "database\\n"; }
  }
}
`,
    [database]: `[Service]
ExecStart=/usr/sbin/nginx -c /etc/database/nginx.conf -g 'daemon off;'

[Install]
WantedBy=multi-user.target
`,
  },
  units: ["database.service"],
  refused: "HAND_MADE_SERVES_MORE",
  answers: () => ({ database: "database" }),
};

export const variants: Readonly<Record<VariantName, Variant>> = {
  "as-written": { ...asWritten, rebootsTo: "rebooted" },
  rebooted,
  "rebooted-api-first": rebootedApiFirst,
  "rebooted-forwarder-first": rebootedForwarderFirst,
  "no-elastic-ip": { ...asWritten, what: "no Elastic IP yet", elasticIp: false },
  "no-netplan": { ...asWritten, what: "no netplan file: the address is gone after a reboot", netplan: false },
  "haproxy-stopped": {
    ...asWritten,
    what: "HAProxy stopped",
    since: () => run("systemctl stop haproxy.service").then(() => undefined),
    states: () => ({ "haproxy.service": "enabled inactive" }),
    answers: () => ({
      "api-by-sni": "nobody",
      "app-https": "nobody",
      "app-http": "nobody",
      "app-on-node": "nobody",
      statistics: "nobody",
    }),
  },
  "unit-renamed": {
    ...asWritten,
    what: "the forwarder's unit has another name",
    forwarder: socat("socat-apiserver.service"),
  },
  "socket-proxyd": { ...asWritten, what: "systemd-socket-proxyd in place of socat", forwarder: socketProxyd },
  "nginx-stream": { ...asWritten, what: "nginx's stream module in place of socat", forwarder: nginxStream },
  stunnel: { ...asWritten, what: "stunnel in place of socat: client certificates are lost", forwarder: stunnel },
  "redirect-leftover": {
    ...asWritten,
    what: "a REDIRECT rule of an attempt that was given up",
    since: () =>
      run("iptables -t nat -A PREROUTING -p tcp --dport 443 -j REDIRECT --to-port 8443").then(() => undefined),
    // The rule leads to port 8443 of the interface, and the API server listens on loopback only.
    answers: () => ({ "api-public": "nobody", "api-by-sni": "nobody", "app-https": "nobody" }),
  },
  "haproxy-serves-more": servesMore,
};
