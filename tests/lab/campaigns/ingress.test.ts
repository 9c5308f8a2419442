import assert from "node:assert/strict";
import { recipe } from "../../../lab/campaigns/ingress/recipes";
import { valuesOf } from "../../../lab/campaigns/ingress/traefik";
import { flagsOf, objectsOf } from "../../../lab/campaigns/ingress/traefikValues";
import { acceptKey, textFrame, textOf } from "../../../lab/campaigns/ingress/webSocket";

describe("campaign ingress", () => {
  const trusted = "172.20.0.0/16,100.64.0.0/10";

  it("gives Traefik the flags that its chart makes of the recipe's values", () =>
    assert.deepEqual(flagsOf(valuesOf("traefik")), [
      "--entryPoints.web.address=:8000/tcp",
      `--entryPoints.web.proxyProtocol.trustedIPs=${trusted}`,
      "--entryPoints.websecure.address=:8443/tcp",
      "--entryPoints.websecure.http.tls=true",
      `--entryPoints.websecure.proxyProtocol.trustedIPs=${trusted}`,
      "--providers.kubernetescrd",
      "--providers.kubernetesingress",
      "--accesslog=true",
    ]));

  it("adds the flags of the Gateway API and of the certificates' resolvers", () => {
    const flags = flagsOf(valuesOf("traefik", "traefik-gateway", "traefik-certificates"));
    assert.ok(flags.includes("--providers.kubernetesgateway"));
    assert.deepEqual(
      flags.filter((flag) => flag.includes("hallenge")),
      [
        "--certificatesresolvers.by-http.acme.httpChallenge.entryPoint=web",
        "--certificatesresolvers.by-tls.acme.tlsChallenge=true",
      ],
    );
  });

  it("makes the Service, TLS options and the Gateway of the values", () => {
    const objects = objectsOf(valuesOf("traefik", "traefik-gateway")) as { kind: string; spec: object }[];
    const spec = (kind: string): object | undefined => objects.find((each) => each.kind === kind)?.spec;
    assert.deepEqual(spec("Service"), {
      type: "NodePort",
      ports: [
        { name: "web", port: 80, targetPort: 8000, nodePort: 30080 },
        { name: "websecure", port: 443, targetPort: 8443, nodePort: 30443 },
      ],
    });
    assert.deepEqual(spec("TLSOption"), { sniStrict: true });
    assert.deepEqual(spec("Gateway"), {
      gatewayClassName: "traefik",
      listeners: [
        { name: "web", port: 8000, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } },
        {
          name: "websecure",
          port: 8443,
          protocol: "HTTPS",
          hostname: "app.example.com",
          allowedRoutes: { namespaces: { from: "All" } },
          tls: { certificateRefs: [{ name: "app-certificate" }] },
        },
      ],
    });
  });

  it("names a recipe that the page does not have", () =>
    assert.throws(() => recipe("none"), /docs\/ingress-controllers\.md has no recipe none/));

  it("speaks as much WebSocket as it needs", () => {
    // The example of RFC 6455, section 1.3.
    assert.equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for (const masked of [true, false]) assert.equal(textOf(textFrame("hello", masked)), "hello");
    assert.deepEqual(textFrame("Hello", false), Buffer.from([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]));
  });
});
