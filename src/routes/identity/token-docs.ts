import { header, type Parameter, query, type RouteDescription } from "../../openapi/describe.ts";
import { TOKEN_EXAMPLE } from "../../openapi/examples.ts";
import { describes, done, shows, tokenAnswer, V3 } from "./docs.ts";

/** Descriptions of versions, tokens and the catalogue (versions.ts, tokens.ts, catalog.ts, domains.ts). */

const SUBJECT = {
  ...header("X-Subject-Token", "The token that is asked about, the caller's own or another", TOKEN_EXAMPLE),
  schema: { type: "string", minLength: 1 },
  required: true,
};
const text = { type: "string" };
const NO_CATALOG = query(
  "nocatalog",
  "The answer has no catalogue where this is there, whatever its value, an empty one too",
  text,
  "true",
);

const version = (
  path: string,
  operationId: string,
  description: string,
  answers: RouteDescription["responses"],
): RouteDescription => {
  const described = describes({
    ...{ method: "get", path: "", operationId },
    ...{ summary: "Find the version of the identity API", description, answers },
  });
  const { 401: _needsNone, ...responses } = described.responses;
  return { ...described, path, security: [], responses };
};

const password = {
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "admin", domain: { id: "default" }, password: "correct horse battery" } },
    },
    scope: { project: { name: "admin", domain: { id: "default" } } },
  },
};

interface Fixed {
  /** Its name. */
  readonly kind: "service" | "endpoint" | "domain";
  readonly article: "a" | "an";
  /** The prefix of its schemas' names. */
  readonly schema: string;
  readonly description: string;
  readonly example: string;
  readonly filters: readonly Parameter[];
}

/** Things that follow from the settings, and cannot be created or changed. */
const fixed = ({ kind, article, schema, description, example, filters }: Fixed) => [
  describes({
    ...{ method: "get", path: `/${kind}s`, operationId: `list_${kind}s` },
    summary: `List the ${kind}s of this cloud`,
    description: `For anybody with a token. ${description} Filters are exact.`,
    more: { parameters: filters },
    answers: shows(`The ${kind}s`, `${schema}List`),
  }),
  describes({
    ...{ method: "get", path: `/${kind}s/{${kind}_id}`, operationId: `show_${kind}` },
    ...{ summary: `Show ${article} ${kind}`, description: `For anybody with a token. ${description}` },
    more: {
      parameters: [
        {
          ...{ name: `${kind}_id`, in: "path", required: true, schema: text, example },
          description: `Id of the ${kind}, as the list has it`,
        },
      ],
    },
    answers: shows(`The ${kind}`, `${schema}Response`),
    when: { 404: `There is no such ${kind}.` },
  }),
];

export const tokenDocs: readonly RouteDescription[] = [
  version(
    "/identity",
    "list_identity_versions",
    "Of Keystone's versions there is one, v3. As Keystone's, the answer has the status 300; it needs no token.",
    {
      300: { ...shows("The versions", "IdentityVersionList")[200], description: "The versions" },
    },
  ),
  version(
    V3,
    "show_identity_version",
    "What clients read first where this is their `auth_url`, with a slash at its end or without. It needs no token.",
    shows("The version", "IdentityVersionResponse"),
  ),
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
    description: "What tokens for a project carry unless `nocatalog` is asked for.",
    answers: shows("The catalogue", "ServiceCatalog"),
  }),
  ...fixed({
    ...{ kind: "service", article: "a", schema: "Service", example: "image" },
    description: "There are two, images and identity; nobody adds one.",
    filters: [
      query("type", "What kind of service: `image` or `identity`; of any other there is none", text, "image"),
      query("name", "The whole name; of one that is no service's there is none", text, "glimpse"),
    ],
  }),
  ...fixed({
    ...{ kind: "endpoint", article: "an", schema: "Endpoint", example: "image-public" },
    description:
      "Each service has three, public, internal and admin, which are at one address; nobody adds one.",
    filters: [
      query("service_id", "Id of the service; of one that is none there is none", text, "image"),
      query("interface", "For whom it is; of another there is none", {
        ...{ type: "string", enum: ["public", "internal", "admin"] },
      }),
      query("region_id", "Id of the region; there is one, which the operator named", text, "RegionOne"),
    ],
  }),
  ...fixed({
    ...{ kind: "domain", article: "a", schema: "Domain", example: "default" },
    description: "There is one, `default`; nobody makes or removes one.",
    filters: [query("name", "`Default`, in whatever case; of any other name there is none", text, "Default")],
  }),
];
