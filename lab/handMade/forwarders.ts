/** What administrators put on the primary address in the API server's place. */
import { node } from "../network/addresses";
import type { ExtraPackage } from "../node/extraPackages";
import { movedApiPort } from "./layout";

export interface Forwarder {
  /** The unit that is enabled. */
  unit: string;
  /** Path → text. */
  files: Readonly<Record<string, string>>;
  /** Debian packages that it needs: of the node's image, and others. */
  packages: readonly ("socat" | ExtraPackage)[];
}

const listen = `${node.primaryPrivateIp}:443`;
const api = `127.0.0.1:${movedApiPort}`;

const service = (command: string): string => `[Unit]
Description=Forward the Kubernetes API from port 443 to ${movedApiPort}
After=network.target

[Service]
ExecStart=${command}
Restart=always

[Install]
WantedBy=multi-user.target
`;

export const socat = (unit = "kube-api-forward.service"): Forwarder => ({
  unit,
  files: {
    [`/etc/systemd/system/${unit}`]: service(
      `/usr/bin/socat TCP4-LISTEN:443,bind=${node.primaryPrivateIp},reuseaddr,fork TCP4:${api}`,
    ),
  },
  packages: ["socat"],
});

export const socketProxyd: Forwarder = {
  unit: "kube-api-forward.socket",
  files: {
    "/etc/systemd/system/kube-api-forward.socket": `[Socket]
ListenStream=${listen}
FreeBind=yes

[Install]
WantedBy=sockets.target
`,
    "/etc/systemd/system/kube-api-forward.service": `[Unit]
Requires=kube-api-forward.socket
After=kube-api-forward.socket

[Service]
ExecStart=/lib/systemd/systemd-socket-proxyd ${api}
`,
  },
  packages: [],
};

export const nginxStream: Forwarder = {
  unit: "nginx.service",
  files: {
    "/etc/nginx/nginx.conf": `user www-data;
worker_processes auto;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;

events {
    worker_connections 768;
}

stream {
    server {
        listen ${listen};
        proxy_pass ${api};
    }
}
`,
  },
  packages: ["libnginx-mod-stream"],
};

/**
 * stunnel has TLS on one side of each service: it ends TLS with the API's own certificate, and begins it again. The file
 * is not in /etc/stunnel, of which Debian's own service starts every file.
 */
export const stunnel: Forwarder = {
  unit: "kube-api-forward.service",
  files: {
    "/etc/systemd/system/kube-api-forward.service": service("/usr/bin/stunnel4 /etc/kube-api-forward.conf"),
    "/etc/kube-api-forward.conf": `foreground = yes
pid =

[from-clients]
accept = ${listen}
cert = /srv/kubernetes/kube-apiserver/server.crt
key = /srv/kubernetes/kube-apiserver/server.key
connect = 127.0.0.1:8442

[to-api]
client = yes
accept = 127.0.0.1:8442
connect = ${api}
`,
  },
  packages: ["stunnel4"],
};
