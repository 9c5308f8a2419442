/** Route 53: REST with XML bodies. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import type { Action } from "../action";
import { AwsError } from "../errors";
import type { Parameters } from "../parameters";
import type { HttpCall, Service } from "../service";
import { xmlDocument } from "../xml";
import {
  createHealthCheck,
  deleteHealthCheck,
  getHealthCheck,
  listHealthChecks,
  updateHealthCheck,
} from "./healthChecks";
import { changeResourceRecordSets, getChange } from "./recordChanges";
import { listResourceRecordSets } from "./recordSets";
import { changeTagsForResource, listTagsForResource } from "./tags";
import { repeatedElements } from "./xmlList";
import { getHostedZone, listHostedZones, listHostedZonesByName } from "./zones";

export const route53Path = "/2013-04-01/";
const namespace = "https://route53.amazonaws.com/doc/2013-04-01/";

const routes: readonly { method: string; path: RegExp; name: string; action: Action }[] = [
  { method: "GET", path: /^hostedzone$/, name: "ListHostedZones", action: listHostedZones },
  { method: "GET", path: /^hostedzone\/(?<Id>[^/]+)$/, name: "GetHostedZone", action: getHostedZone },
  {
    method: "GET",
    path: /^hostedzone\/(?<Id>[^/]+)\/rrset$/,
    name: "ListResourceRecordSets",
    action: listResourceRecordSets,
  },
  {
    method: "POST",
    path: /^hostedzone\/(?<Id>[^/]+)\/rrset$/,
    name: "ChangeResourceRecordSets",
    action: changeResourceRecordSets,
  },
  { method: "GET", path: /^hostedzonesbyname$/, name: "ListHostedZonesByName", action: listHostedZonesByName },
  { method: "GET", path: /^change\/(?<Id>[^/]+)$/, name: "GetChange", action: getChange },
  { method: "GET", path: /^healthcheck$/, name: "ListHealthChecks", action: listHealthChecks },
  { method: "POST", path: /^healthcheck$/, name: "CreateHealthCheck", action: createHealthCheck },
  { method: "GET", path: /^healthcheck\/(?<HealthCheckId>[^/]+)$/, name: "GetHealthCheck", action: getHealthCheck },
  {
    method: "POST",
    path: /^healthcheck\/(?<HealthCheckId>[^/]+)$/,
    name: "UpdateHealthCheck",
    action: updateHealthCheck,
  },
  {
    method: "DELETE",
    path: /^healthcheck\/(?<HealthCheckId>[^/]+)$/,
    name: "DeleteHealthCheck",
    action: deleteHealthCheck,
  },
  {
    method: "GET",
    path: /^tags\/(?<ResourceType>[^/]+)\/(?<ResourceId>[^/]+)$/,
    name: "ListTagsForResource",
    action: listTagsForResource,
  },
  {
    method: "POST",
    path: /^tags\/(?<ResourceType>[^/]+)\/(?<ResourceId>[^/]+)$/,
    name: "ChangeTagsForResource",
    action: changeTagsForResource,
  },
];

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  isArray: (_name, path) => repeatedElements.some((repeated) => String(path).endsWith(`.${repeated}`)),
});

/** Reads the members of the request element. */
function readBody(body: string, name: string): Parameters {
  if (body === "") return {};
  if (XMLValidator.validate(body) !== true)
    throw new AwsError("InvalidInput", "The request body is not well-formed XML.");
  const document = parser.parse(body) as Record<string, Parameters | undefined>;
  const content = document[`${name}Request`];
  if (typeof content !== "object") throw new AwsError("InvalidInput", `The request body is no ${name}Request.`);
  return content;
}

function read({ method, url, body }: HttpCall): { action: string; parameters: Parameters } {
  const path = decodeURI(url.pathname.slice(route53Path.length)).replace(/\/$/, "");
  for (const route of routes) {
    const match = route.method === method && route.path.exec(path);
    if (!match) continue;
    const parameters = { ...match.groups, ...Object.fromEntries(url.searchParams), ...readBody(body, route.name) };
    return { action: route.name, parameters };
  }
  throw new AwsError("InvalidAction", `The action ${method} ${path} is not valid for this web service.`);
}

/** Route 53 has one error code for all invalid parameters. */
function withInvalidInput(action: Action): Action {
  return {
    ...action,
    run: (account, parameters, principal) => {
      try {
        return action.run(account, parameters, principal);
      } catch (error) {
        const codes = ["InvalidParameterValue", "MissingParameter", "UnknownParameter"];
        if (error instanceof AwsError && codes.includes(error.code)) throw new AwsError("InvalidInput", error.message);
        throw error;
      }
    },
  };
}

export const route53: Service = {
  actions: Object.fromEntries(routes.map(({ name, action }) => [name, withInvalidInput(action)])),
  throttled: new AwsError("Throttling", "Rate exceeded"),
  unauthorized: new AwsError("AccessDenied", "User is not authorized to perform this action", 403),
  read,
  writeAnswer: (name, answer) => xmlDocument(`${name}Response`, namespace, answer),
  writeError: ({ code, message }, requestId) =>
    xmlDocument("ErrorResponse", namespace, {
      Error: {
        Type: "Sender",
        Code: code,
        Message: message,
        // Clients generated from the API model read this element; the service repeats it in Message.
        Messages: code === "InvalidChangeBatch" ? { Message: message } : undefined,
      },
      RequestId: requestId,
    }),
};
