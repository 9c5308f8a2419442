/** The administrator's haproxy.cfg: Debian's own `global`, and the frontends of the layout. */
import { labCluster } from "../cloud/labAccount";
import { node } from "../network/addresses";
import { movedApiPort, secondary, statistics } from "./layout";

/** @param more further sections */
export const haproxyConfiguration = (more: string): string => `global
    log /dev/log local0
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
    user haproxy
    group haproxy
    daemon

defaults
    log global
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h

frontend https_in
    bind ${secondary.address}:443
    mode tcp
    tcp-request inspect-delay 5s
    tcp-request content accept if { req_ssl_hello_type 1 }
    use_backend api_backend if { req_ssl_sni -i api.${labCluster} }
    default_backend ingress_https

frontend http_in
    bind ${secondary.address}:80
    default_backend ingress_http

listen stats
    bind *:${statistics.port}
    mode http
    stats enable
    stats uri ${statistics.path}

backend api_backend
    server api 127.0.0.1:${movedApiPort}

backend ingress_https
    server ingress ${node.primaryPrivateIp}:30443

backend ingress_http
    server ingress ${node.primaryPrivateIp}:30080
${more}`;
