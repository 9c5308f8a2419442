/** Parses health check settings, and rejects combinations with Route 53's messages. */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import type { HealthCheckConfig } from "../account";
import type { Answer } from "../action";
import { AwsError } from "../errors";
import { boolean, integer } from "../parameters";
import { xmlList } from "./xmlList";

const between = (min: number, max: number): z.ZodType<number> => integer.pipe(z.number().min(min).max(max));

/** An empty name or path counts as absent. */
const optionalText = z.string().max(255).optional();

/** Settings that UpdateHealthCheck can change. */
export const changeableSettings = {
  IPAddress: z.string().min(1).max(45).optional(),
  Port: between(1, 65535).optional(),
  ResourcePath: optionalText,
  FullyQualifiedDomainName: optionalText,
  SearchString: optionalText,
  FailureThreshold: between(1, 10).optional(),
  Inverted: boolean.optional(),
  Disabled: boolean.optional(),
  EnableSNI: boolean.optional(),
  Regions: xmlList("Region", z.string()).optional(),
};

/** Calculated, alarm and routing control types are not implemented. */
export const healthCheckSettings = z.strictObject({
  ...changeableSettings,
  Type: z.enum(["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"]),
  RequestInterval: integer.pipe(z.literal([10, 30])).optional(),
  MeasureLatency: boolean.optional(),
});

type ChangeableSettings = z.output<z.ZodObject<typeof changeableSettings>>;

const invalid = (message: string): AwsError => new AwsError("InvalidInput", `Invalid parameter : ${message}`);

/**
 * Ranges of ipaddr.js that health checkers reject. `reserved` is allowed: it includes the documentation ranges, which
 * the lab's Elastic IPs come from.
 */
const unreachable = [
  ...["unspecified", "broadcast", "multicast", "linkLocal", "loopback", "private", "carrierGradeNat", "uniqueLocal"],
];

function checkAddress(address: string): void {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address))
    throw invalid(`IP address ${address} is not valid.`);
  const range = ipaddr.process(address).range();
  if (unreachable.includes(range))
    throw invalid(`IP address ${address} is in a local, private, non-routable or multicast range (${range}).`);
}

function checkTcp(config: HealthCheckConfig): void {
  // AWS's own spelling: https://github.com/boto/boto/issues/2721
  if (config.resourcePath)
    throw new AwsError("InvalidInput", "TCP health checks must not have a resource path specificed.");
  // https://github.com/aws/aws-sdk-php/issues/1527
  if (config.ipAddress && config.fullyQualifiedDomainName)
    throw new AwsError(
      "InvalidInput",
      "TCP health checks that have IP address must not have a fully qualified domain name specified.",
    );
}

function checkConfig(config: HealthCheckConfig): void {
  const { type, ipAddress, fullyQualifiedDomainName, searchString, regions } = config;
  if (ipAddress !== undefined) checkAddress(ipAddress);
  else if (!fullyQualifiedDomainName)
    throw invalid("Basic health checks must have an IP address or a fully qualified domain name specified.");
  if (type === "TCP") checkTcp(config);
  if (type.endsWith("_STR_MATCH") && !searchString)
    throw invalid(`${type} health checks must have a search string specified.`);
  if (!type.endsWith("_STR_MATCH") && searchString)
    throw invalid(`${type} health checks must not have a search string specified.`);
  if (regions && (regions.length < 3 || new Set(regions).size < regions.length))
    throw invalid("Health checks must have at least three different regions specified.");
}

/**
 * Applies changes to the settings; absent ones stay.
 * @throws AwsError if the settings are inconsistent
 */
export function changed(config: HealthCheckConfig, settings: ChangeableSettings): HealthCheckConfig {
  const given: Partial<HealthCheckConfig> = {
    ipAddress: settings.IPAddress,
    port: settings.Port,
    resourcePath: settings.ResourcePath,
    fullyQualifiedDomainName: settings.FullyQualifiedDomainName,
    searchString: settings.SearchString,
    failureThreshold: settings.FailureThreshold,
    inverted: settings.Inverted,
    disabled: settings.Disabled,
    enableSni: settings.EnableSNI,
    regions: settings.Regions,
  };
  const result = { ...config };
  for (const [name, value] of Object.entries(given)) {
    if (value === "") Reflect.deleteProperty(result, name);
    else if (value !== undefined) Object.assign(result, { [name]: value });
  }
  checkConfig(result);
  return result;
}

/**
 * Settings of a new health check, with Route 53's defaults.
 * @throws AwsError if the settings are inconsistent
 */
export function newConfig(settings: z.output<typeof healthCheckSettings>): HealthCheckConfig {
  const { Type: type, RequestInterval: requestInterval = 30, MeasureLatency: measureLatency = false } = settings;
  const port =
    settings.Port ?? { HTTP: 80, HTTP_STR_MATCH: 80, HTTPS: 443, HTTPS_STR_MATCH: 443, TCP: undefined }[type];
  if (port === undefined) throw invalid("TCP health checks must have a port specified.");
  const defaults = { failureThreshold: 3, inverted: false, disabled: false, enableSni: type.startsWith("HTTPS") };
  return changed({ type, port, requestInterval, measureLatency, ...defaults }, settings);
}

export function configData(config: HealthCheckConfig): Answer {
  return {
    IPAddress: config.ipAddress,
    Port: config.port,
    Type: config.type,
    ResourcePath: config.resourcePath,
    FullyQualifiedDomainName: config.fullyQualifiedDomainName,
    SearchString: config.searchString,
    RequestInterval: config.requestInterval,
    FailureThreshold: config.failureThreshold,
    MeasureLatency: config.measureLatency,
    Inverted: config.inverted,
    Disabled: config.disabled,
    EnableSNI: config.enableSni,
    Regions: config.regions && { Region: config.regions },
  };
}
