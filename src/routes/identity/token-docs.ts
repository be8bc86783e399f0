import { query, type RouteDescription } from "../../openapi/describe.ts";
import { describes, done, shows, tokenAnswer, V3 } from "./docs.ts";

/** Descriptions of versions, tokens and the catalogue (versions.ts, tokens.ts, catalog.ts, domains.ts). */

const SUBJECT = {
  name: "X-Subject-Token",
  in: "header",
  required: true,
  description: "The token that is asked about",
  schema: { type: "string" },
} as const;
const NO_CATALOG = query("nocatalog", "Whatever its value: the answer has no catalogue");

const version = (
  path: string,
  operationId: string,
  answers: RouteDescription["responses"],
): RouteDescription => ({
  ...describes({
    method: "get",
    path: "",
    operationId,
    summary: "Find the version of the identity API",
    answers,
  }),
  path,
  security: [],
});

const password = {
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "admin", domain: { id: "default" }, password: "correct horse battery" } },
    },
    scope: { project: { name: "admin", domain: { id: "default" } } },
  },
};

const listing = (path: string, operationId: string, what: string, schema: string, more: object) =>
  describes({
    method: "get",
    path,
    operationId,
    summary: `List the ${what} of this cloud`,
    more,
    answers: shows(`The ${what}`, schema),
  });

const showing = (path: string, operationId: string, what: string, schema: string) =>
  describes({
    method: "get",
    path: `${path}/{${what}_id}`,
    operationId,
    summary: `Show a ${what}`,
    more: {
      parameters: [
        {
          name: `${what}_id`,
          in: "path",
          required: true,
          description: `Id of the ${what}`,
          schema: { type: "string" },
        },
      ],
    },
    answers: shows(`The ${what}`, schema),
    when: { 404: `There is no such ${what}.` },
  });

export const tokenDocs: readonly RouteDescription[] = [
  version("/identity", "list_identity_versions", {
    300: { ...shows("The versions", "IdentityVersionList")[200], description: "The versions" },
    default: {
      $ref: "#/components/responses/IdentityInternalServerError",
      description: "A fault of the service.",
    },
  }),
  version(V3, "show_identity_version", shows("The version", "IdentityVersionResponse")),
  {
    ...describes({
      method: "post",
      path: "/auth/tokens",
      operationId: "create_token",
      summary: "Get a token",
      description:
        "By a password, a token or an application credential. The token is in the header `X-Subject-Token` of the answer, and goes into `X-Auth-Token` of the requests that it is for.",
      takes: { description: "Who asks for a token, and what for", schema: "TokenRequest", example: password },
      more: { parameters: [NO_CATALOG] },
      answers: tokenAnswer(201, "What the token is worth"),
      when: { 401: "Nothing proves who asks, or they have no role on what the token is to be for." },
    }),
    security: [],
  },
  describes({
    method: "get",
    path: "/auth/tokens",
    operationId: "validate_token",
    summary: "Show what a token is worth",
    description: "One's own; administrators and services any.",
    more: { parameters: [SUBJECT, NO_CATALOG] },
    answers: tokenAnswer(200, "What the token is worth"),
    when: { 400: "The header is missing.", 403: "It is another's.", 404: "The token is not good." },
  }),
  describes({
    method: "delete",
    path: "/auth/tokens",
    operationId: "revoke_token",
    summary: "Revoke a token",
    description: "One's own; administrators any. Those that were got with it end with it.",
    more: { parameters: [SUBJECT] },
    answers: done("The token is not good any more"),
    when: { 400: "The header is missing.", 403: "It is another's.", 404: "The token is not good." },
  }),
  describes({
    method: "get",
    path: "/auth/catalog",
    operationId: "show_catalog",
    summary: "Show the services of this cloud and where they are",
    answers: shows("The catalogue", "ServiceCatalog"),
  }),
  listing("/services", "list_services", "services", "ServiceList", {
    parameters: [query("type", "Those of this kind"), query("name", "Those of this name")],
  }),
  showing("/services", "show_service", "service", "ServiceResponse"),
  listing("/endpoints", "list_endpoints", "endpoints", "EndpointList", {
    parameters: [
      query("service_id", "Those of this service"),
      query("interface", "Those for them", { type: "string", enum: ["public", "internal", "admin"] }),
      query("region_id", "Those of this region"),
    ],
  }),
  showing("/endpoints", "show_endpoint", "endpoint", "EndpointResponse"),
  listing("/domains", "list_domains", "domains", "DomainList", {
    parameters: [query("name", "Those of this name")],
  }),
  showing("/domains", "show_domain", "domain", "DomainResponse"),
];
