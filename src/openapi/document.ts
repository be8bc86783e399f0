import { fromHono } from "chanfana";
import { Hono } from "hono";
import type { z } from "zod";
import { discoveryDocs } from "../routes/discovery-docs.ts";
import { projectDocs } from "../routes/identity/project-docs.ts";
import { tokenDocs } from "../routes/identity/token-docs.ts";
import { userDocs } from "../routes/identity/user-docs.ts";
import { imageActionsApi } from "../routes/image-actions.ts";
import { imageDataDocs } from "../routes/image-data-docs.ts";
import { imagesApi } from "../routes/images.ts";
import { infoApi } from "../routes/info.ts";
import { locationsApi } from "../routes/locations.ts";
import { membersApi } from "../routes/members.ts";
import { relayControlDocs } from "../routes/relay-control-docs.ts";
import { schemasApi } from "../routes/schemas.ts";
import { storesApi } from "../routes/stores.ts";
import { tagsApi } from "../routes/tags.ts";
import { tasksApi } from "../routes/tasks.ts";
import { about, securitySchemes } from "./about.ts";
import { discoverySchemas } from "./components/discovery.ts";
import { errorSchemas, refusalResponses } from "./components/error.ts";
import { headerComponents, OF_EVERY_ANSWER } from "./components/headers.ts";
import { identityRequests, identitySchemas } from "./components/identity.ts";
import { formatSchemas, imageRequests, imageSchemas } from "./components/image.ts";
import { locationRequests, locationSchemas } from "./components/location.ts";
import { patchSchemas } from "./components/patch.ts";
import { relayRequests, relaySchemas } from "./components/relay.ts";
import { serviceSchemas } from "./components/service.ts";
import { sharingRequests, sharingSchemas } from "./components/sharing.ts";
import { taskSchemas } from "./components/task.ts";
import {
  type Answer,
  headers,
  identityRefusals,
  type Operation,
  parameter,
  type Reference,
  refusals,
  relayRefusals,
} from "./describe.ts";
import { markedExtensions } from "./extensions.ts";
import { withNullBeside } from "./nullable-enums.ts";
import { parameterComponents } from "./parameters.ts";

/**
 * The OpenAPI document of the whole service, built from the routes that describe themselves and from the descriptions
 * of plain handlers. scripts/openapi.ts writes it; the worker serves what that wrote.
 */

const ROUTERS = [
  imagesApi,
  membersApi,
  tagsApi,
  imageActionsApi,
  locationsApi,
  storesApi,
  tasksApi,
  infoApi,
  schemasApi,
];

const PLAIN = [
  ...imageDataDocs,
  ...discoveryDocs,
  ...tokenDocs,
  ...userDocs,
  ...projectDocs,
  ...relayControlDocs,
];

const SCHEMAS = {
  ...imageSchemas,
  ...patchSchemas,
  ...sharingSchemas,
  ...locationSchemas,
  ...taskSchemas,
  ...serviceSchemas,
  ...discoverySchemas,
  ...errorSchemas,
  ...identitySchemas,
  ...relaySchemas,
};

/** Bodies that are described by the schemas that validate them. */
const REQUESTS: Readonly<Record<string, z.ZodType>> = {
  ...imageRequests,
  ...sharingRequests,
  ...locationRequests,
  ...identityRequests,
  ...relayRequests,
};

/** What chanfana generates; its own types cover both versions of OpenAPI. */
export interface OpenApiDocument {
  readonly [part: string]: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function openApiDocument(version: string): OpenApiDocument {
  const { info, ...whole } = about(version);
  const api = fromHono(new Hono(), {
    ...{ docs_url: null, redoc_url: null, openapi_url: null, openapiVersion: "3.1" },
    schema: { info },
  });
  const registry = api.registry;
  for (const router of ROUTERS) registry.merge(router.registry);
  for (const { method, path, ...operation } of PLAIN)
    registry.registerPath({ method, path, ...operation } as unknown as Parameters<
      typeof registry.registerPath
    >[0]);
  for (const [name, schema] of Object.entries(REQUESTS)) registry.register(name, schema);
  const { openapi, paths, components } = api.schema as unknown as OpenApiDocument;
  const completePaths = byName(
    Object.entries(paths).map(([path, item]) => [path, completed(path, item)] as const),
  );
  const referredTo = {
    schemas: withNullBeside(byName(Object.entries({ ...components.schemas, ...SCHEMAS })), formatSchemas),
    responses: refusalResponses,
    parameters: parameterComponents,
    headers: headerComponents,
  };
  return {
    openapi,
    info,
    ...whole,
    paths: completePaths,
    components: { ...markedExtensions(completePaths, referredTo), securitySchemes },
  };
}

const byName = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** The operations of a path, with what every request and every answer may have. */
function completed(path: string, operations: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    parameters: [parameter("request_id")],
    ...Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [
        method,
        { ...(operation as Operation), responses: answersOf(path, (operation as Operation).responses) },
      ]),
    ),
  };
}

function answersOf(path: string, own: Operation["responses"]): Record<string, Answer | Reference> {
  const everywhere = {
    ...refusals(path.startsWith("/v2/") ? OF_V2 : {}),
    ...refusalsUnder(path)({ 500: FAULT, 503: AWAY }),
    ...refusals({
      431: "`X-Openstack-Request-Id` is longer than 64 characters, or the headers are together too large.",
    }),
  };
  return byName(
    Object.entries({ ...everywhere, ...own }).map(([status, answer]) => [status, withThoseOfEvery(answer)]),
  );
}

const refusalsUnder = (path: string) => {
  if (path.startsWith("/identity")) return identityRefusals;
  return path.startsWith("/relay/") ? relayRefusals : refusals;
};

const FAULT = "A fault of the service, which its log explains under the request's id.";
const AWAY = "The service is not configured, or something that it needs cannot be reached now.";
const OF_V2 = {
  400: "The URL has escapes that are not UTF-8.",
  401: "There is no token, or the token is not good any more.",
} as const;

const withThoseOfEvery = (answer: Answer | Reference): Answer | Reference =>
  "$ref" in answer
    ? answer
    : { ...answer, headers: { ...headers(...OF_EVERY_ANSWER).headers, ...answer.headers } };
