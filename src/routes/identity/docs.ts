import {
  headers,
  identityRefusals,
  json,
  type Operation,
  parameter,
  type RefusedStatus,
  type RouteDescription,
} from "../../openapi/describe.ts";

/** Words for describing the routes of the embedded identity; the descriptions are beside the routes. */

type When = Partial<Record<RefusedStatus, string>>;

export const V3 = "/identity/v3";
export const NOT_ADMIN = "The caller is no administrator.";
export const NOT_SELF = "The caller is neither this user nor an administrator.";

const NO_IDENTITY = "This service has no identity of its own";
const TOO_LARGE = "The body is larger than 2 MiB.";
const MALFORMED = "The body is not what it must be.";

interface Described
  extends Pick<RouteDescription, "method" | "path" | "operationId" | "summary" | "description"> {
  /** Of parameters that are components. */
  readonly named?: readonly string[];
  readonly more?: Partial<Operation>;
  /** Of a body, the name of its schema. */
  readonly takes?: { readonly description: string; readonly schema: string; readonly example: unknown };
  readonly answers: Operation["responses"];
  readonly when?: When;
}

/** An operation of the identity API: every one of them is absent where identity is not embedded. */
export function describes({
  named = [],
  more = {},
  takes,
  answers,
  when = {},
  ...route
}: Described): RouteDescription {
  const parameters = [...named.map(parameter), ...(more.parameters ?? [])];
  const refused: When = {
    ...(takes ? { 400: MALFORMED, 413: TOO_LARGE } : {}),
    401: "There is no token, or the token is not good any more.",
    ...when,
    404: when[404] ? `${when[404].replace(/\.$/, "")}; or: ${NO_IDENTITY.toLowerCase()}.` : `${NO_IDENTITY}.`,
  };
  return {
    ...route,
    path: `${V3}${route.path}`,
    tags: ["identity"],
    security: [{ AuthToken: [] }],
    "x-glimpse-extension": true,
    ...more,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(takes
      ? { requestBody: { ...json(takes.description, takes.schema, takes.example), required: true } }
      : {}),
    responses: { ...answers, ...identityRefusals(refused) },
  };
}

export const shows = (description: string, schema: string, example?: unknown): Operation["responses"] => ({
  200: json(description, schema, example),
});
export const made = (description: string, schema: string): Operation["responses"] => ({
  201: json(description, schema),
});
export const done = (description: string): Operation["responses"] => ({ 204: { description } });

/** An answer about a token, which is itself in a header. */
export const tokenAnswer = (status: 200 | 201, description: string): Operation["responses"] => ({
  [status]: { ...json(description, "TokenResponse"), ...headers("X-Subject-Token", "Vary") },
});

export const query = (name: string, description: string, schema: object = { type: "string" }) => ({
  name,
  in: "query" as const,
  description,
  schema: { ...schema },
});

export const NAME = query("name", "Those of this name");
export const ENABLED = query("enabled", "Those that are enabled, or those that are not", { type: "boolean" });
export const DOMAIN = query(
  "domain_id",
  "Those of this domain; of another one than `default` there are none",
);
