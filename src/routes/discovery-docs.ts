import { htmlError, plainError } from "../http/error-response.ts";
import { header, headers, json, type RouteDescription, ref, refusals } from "../openapi/describe.ts";

/** Descriptions of the routes that need no token (versions.ts, health.ts, well-known.ts, openapi.ts). */

const UNAUTHENTICATED = { security: [] } as const;
const NO_KEY = "TOKEN_SIGNING_KEY is missing; embedded identity signs tokens with it";
const text = { schema: { type: "string" } };
const binary = { schema: { type: "string", format: "binary" } };

const PROTECTION = ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"];
const PROTECTED = headers("ETag", "Cache-Control", ...PROTECTION);

const NOT_MODIFIED = {
  304: { description: "It is what the caller has", ...headers("ETag", "Cache-Control") },
};

const ifNoneMatch = header(
  "If-None-Match",
  "Entity tags of what the caller has, with commas between, or `*`: what has one of them is not sent. Weak ones count too",
  '"5f0d9a3c7be14288a6c1d0e94f7b2635"',
);

export const discoveryDocs: readonly RouteDescription[] = [
  {
    method: "get",
    path: "/",
    operationId: "discover_versions",
    summary: "Find the versions of the API",
    description:
      "The versions of the Image API, with the status 300, whatever the method. Every path at the root that is nothing else answers so.",
    tags: ["versions"],
    ...UNAUTHENTICATED,
    responses: { 300: json("The versions", "VersionList") },
  },
  {
    method: "get",
    path: "/versions",
    operationId: "list_versions",
    summary: "List the versions of the API",
    description:
      "The document of `discover_versions` with the status 200, whatever the method: what a client reads that takes 300 for a failure.",
    tags: ["versions"],
    ...UNAUTHENTICATED,
    responses: { 200: json("The versions", "VersionList") },
  },
  {
    method: "get",
    path: "/v2",
    operationId: "redirect_to_v2",
    summary: "Find version 2 of the API",
    description: "Leads to the same path with a slash, which needs a token and has nothing of its own.",
    tags: ["versions"],
    ...UNAUTHENTICATED,
    responses: {
      302: { description: "It is at the same path with a slash", ...headers("Location") },
    },
  },
  {
    method: "get",
    path: "/healthcheck",
    operationId: "check_health",
    summary: "Check whether the service can work",
    description: "As `Accept` asks. `HEAD` answers 204.",
    tags: ["health"],
    ...UNAUTHENTICATED,
    responses: {
      200: {
        description: "It can",
        content: {
          "application/json": { schema: ref("Health") },
          "text/plain": { ...text, example: "OK" },
          "text/html": { ...text, example: "<html><body>OK</body></html>" },
        },
      },
      503: {
        description:
          "Its settings are not good; the reasons name what is wrong with them. Or the error of a relay that cannot reach it",
        content: {
          "application/json": {
            schema: { anyOf: [ref("Health"), ref("Error")] },
            example: {
              detailed: false,
              reasons: [NO_KEY],
            },
          },
          "text/plain": { ...text, example: plainError("503 Service Unavailable", NO_KEY) },
          "text/html": { ...text, example: htmlError("503 Service Unavailable", NO_KEY) },
        },
      },
    },
  },
  {
    method: "get",
    path: "/.well-known/openstack/api",
    operationId: "show_cloud_profile",
    summary: "Show what a client needs to know of this cloud",
    description: "What `profile: https://this.host` in a `clouds.yaml` fetches.",
    tags: ["discovery"],
    ...UNAUTHENTICATED,
    "x-glimpse-extension": true,
    responses: { 200: json("A vendor profile of openstacksdk", "CloudProfile") },
  },
  {
    method: "get",
    path: "/docs",
    operationId: "show_reference_page",
    summary: "Show a reference page for people",
    description: "This document, and a way to try its requests. With a slash at its end the path leads here.",
    tags: ["discovery"],
    ...UNAUTHENTICATED,
    "x-glimpse-extension": true,
    parameters: [ifNoneMatch],
    responses: {
      200: { description: "The page", ...PROTECTED, content: { "text/html": text } },
      302: { description: "It is at the same path without a slash", ...headers("Location") },
      304: { description: "It is what the caller has", ...PROTECTED },
      ...refusals({ 404: "This service was put up without the page." }),
    },
  },
  {
    method: "get",
    path: "/docs/{name}",
    operationId: "show_reference_file",
    summary: "Show a file of the reference page",
    description:
      "A script, a style or an image that the page asks for. It has what it hashes to in its name.",
    tags: ["discovery"],
    ...UNAUTHENTICATED,
    "x-glimpse-extension": true,
    parameters: [
      {
        name: "name",
        in: "path",
        required: true,
        description:
          "Name of the file, as the page names it: a word, 16 hexadecimal digits of what it hashes to, what it is",
        schema: { type: "string" },
        example: "reference.0c6a9be764337d55.css",
      },
      ifNoneMatch,
    ],
    responses: {
      200: {
        description: "The file",
        ...PROTECTED,
        content: {
          "text/javascript": text,
          "text/css": text,
          "text/plain": text,
          "image/svg+xml": text,
          "image/png": binary,
          "image/jpeg": binary,
        },
      },
      304: { description: "It is what the caller has", ...PROTECTED },
      ...refusals({ 404: "There is no such file." }),
    },
  },
  {
    method: "get",
    path: "/openapi.json",
    operationId: "show_openapi_json",
    summary: "Show this document in JSON",
    description:
      "The same for every deployment of a release, whatever its settings; relative links in it are to where it was fetched from.",
    tags: ["discovery"],
    ...UNAUTHENTICATED,
    "x-glimpse-extension": true,
    parameters: [ifNoneMatch],
    responses: {
      200: { ...json("The document", "OpenApiDocument"), ...headers("ETag", "Cache-Control") },
      ...NOT_MODIFIED,
    },
  },
  {
    method: "get",
    path: "/openapi.yaml",
    operationId: "show_openapi_yaml",
    summary: "Show this document in YAML",
    description:
      "What `show_openapi_json` shows, in the other spelling: the same content, in the same order.",
    tags: ["discovery"],
    ...UNAUTHENTICATED,
    "x-glimpse-extension": true,
    parameters: [ifNoneMatch],
    responses: {
      200: {
        description: "The document",
        ...headers("ETag", "Cache-Control"),
        content: { "application/yaml": { ...text, example: "openapi: 3.1.0\n" } },
      },
      ...NOT_MODIFIED,
    },
  },
];
