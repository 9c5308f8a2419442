/** What Traefik's Helm chart 41 makes of the values that the recipes set: flags and objects. */

interface Port {
  nodePort: number;
  proxyProtocol?: { trustedIPs: string[] };
}
interface Listener {
  port: number;
  protocol: string;
  hostname?: string;
  namespacePolicy?: object;
  certificateRefs?: object[];
}

/** Values of the chart `traefik/traefik`. */
export interface Values {
  service: { spec: { type: string } };
  ports: { web: Port; websecure: Port };
  tlsOptions?: Record<string, object>;
  accessLog?: { enabled: boolean };
  certificatesResolvers?: object;
  providers?: { kubernetesGateway?: { enabled: boolean } };
  gateway?: { listeners: Record<string, Listener> };
}

export const namespace = "traefik";

/** The chart's defaults: where Traefik listens, and the Service's port. */
const entryPoints = {
  web: { port: 8000, exposedPort: 80 },
  websecure: { port: 8443, exposedPort: 443 },
} as const;
const names = ["web", "websecure"] as const;

/** `--a.b=c` for each leaf. */
function flatten(path: string, value: unknown): string[] {
  if (Array.isArray(value)) return [`--${path}=${value.join(",")}`];
  if (typeof value !== "object" || value === null) return [`--${path}=${String(value)}`];
  const entries = Object.entries(value);
  return entries.length === 0 ? [`--${path}=true`] : entries.flatMap(([key, each]) => flatten(`${path}.${key}`, each));
}

/** Traefik's command line. */
export function flagsOf({ ports, accessLog, certificatesResolvers, providers }: Values): string[] {
  return [
    ...names.flatMap((name) => {
      const trusted = ports[name].proxyProtocol?.trustedIPs ?? [];
      return [
        `--entryPoints.${name}.address=:${entryPoints[name].port}/tcp`,
        ...(name === "websecure" ? [`--entryPoints.${name}.http.tls=true`] : []),
        ...(trusted.length > 0 ? [`--entryPoints.${name}.proxyProtocol.trustedIPs=${trusted.join(",")}`] : []),
      ];
    }),
    "--providers.kubernetescrd",
    "--providers.kubernetesingress",
    ...(providers?.kubernetesGateway?.enabled ? ["--providers.kubernetesgateway"] : []),
    ...(accessLog?.enabled ? ["--accesslog=true"] : []),
    ...(certificatesResolvers ? flatten("certificatesresolvers", certificatesResolvers) : []),
  ];
}

/** The Service, the IngressClass, TLS options, and the Gateway with its class. */
export function objectsOf({ service, ports, tlsOptions, providers, gateway }: Values): object[] {
  const withGateway = providers?.kubernetesGateway?.enabled === true;
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "traefik", namespace },
      spec: {
        ...service.spec,
        ports: names.map((name) => ({
          name,
          port: entryPoints[name].exposedPort,
          targetPort: entryPoints[name].port,
          nodePort: ports[name].nodePort,
        })),
      },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "traefik", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    ...Object.entries(tlsOptions ?? {}).map(([name, spec]) => ({
      apiVersion: "traefik.io/v1alpha1",
      kind: "TLSOption",
      metadata: { name, namespace },
      spec,
    })),
    ...(withGateway
      ? [
          {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "GatewayClass",
            metadata: { name: "traefik" },
            spec: { controllerName: "traefik.io/gateway-controller" },
          },
          {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "Gateway",
            metadata: { name: "traefik-gateway", namespace },
            spec: {
              gatewayClassName: "traefik",
              listeners: Object.entries(gateway?.listeners ?? {}).map(
                ([name, { port, protocol, hostname, namespacePolicy, certificateRefs }]) => ({
                  name,
                  port,
                  protocol,
                  ...(hostname ? { hostname } : {}),
                  ...(namespacePolicy ? { allowedRoutes: { namespaces: namespacePolicy } } : {}),
                  ...(certificateRefs ? { tls: { certificateRefs } } : {}),
                }),
              ),
            },
          },
        ]
      : []),
  ];
}

/** The ports of the Service's endpoint, which is the pod. */
export const endpointPorts = names.map((name) => ({ name, port: entryPoints[name].port, protocol: "TCP" }));
