import {
  headers,
  identityRefusals,
  json,
  type Operation,
  parameter,
  query,
  type RefusedStatus,
  type RouteDescription,
} from "../../openapi/describe.ts";

/** The vocabulary for describing the routes of the embedded identity; the descriptions are beside the routes. */

type When = Partial<Record<RefusedStatus, string>>;

export const V3 = "/identity/v3";
export const NOT_ADMIN = "The caller is no administrator.";
/** Refused even to an administrator. */
export const LAST = "It would leave nobody who administers this service.";
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

/** An operation of the identity API; all of them are absent unless identity is embedded. */
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

/** An answer about a token, which itself stands in a header. */
export const tokenAnswer = (status: 200 | 201, description: string): Operation["responses"] => ({
  [status]: { ...json(description, "TokenResponse"), ...headers("X-Subject-Token", "Vary") },
});

const TEXT = { type: "string" };

/** An exact match of the name. Users and projects are compared as they are, roles in any case. */
export const name = (example: string) =>
  query("name", "The whole name; an empty one, as any that nothing has, makes the list empty", TEXT, example);
export const ENABLED = query(
  "enabled",
  "Those that are enabled, or those that are not. `0` and `false` in any case are no, anything else is yes",
  { type: "boolean" },
  true,
);
export const DOMAIN = query(
  "domain_id",
  "Id of a domain. There is one, `default`: of any other the list is empty",
  TEXT,
  "default",
);

type Told = Pick<Described, "description" | "when"> & Pick<Operation, "parameters">;
type Taking = Told & { readonly example: unknown };

/** A kind of thing that administrators manage; all are managed in the same way. */
interface Managed {
  /** Its name. */
  readonly kind: "user" | "project" | "role";
  /** The prefix of its schemas' names. */
  readonly schema: string;
  readonly list: Told;
  readonly create: Taking;
  readonly show: Told;
  /** Absent: it cannot be changed. */
  readonly update?: Taking;
  readonly remove: Told & { readonly gone: string };
}

/** Listing, creating, showing, changing and deleting one. */
export function managed({ kind, schema, list, create, show, update, remove }: Managed): RouteDescription[] {
  const path = `/${kind}s`;
  const one = { path: `${path}/{${kind}_id}`, named: [`${kind}_id`] };
  const none = { 404: `There is no such ${kind}.` };
  const taken = { 409: `There is a ${kind} of this name.` };
  const told = ({ description, when }: Told, others: When = {}) => ({
    description,
    when: { ...others, ...when },
  });
  const takes = (description: string, verb: string, { example }: Taking) => ({
    takes: { description, schema: `${schema}${verb}`, example },
  });
  const changes = update && {
    ...{ method: "patch" as const, ...one, operationId: `update_${kind}`, summary: `Change a ${kind}` },
    ...takes("What changes", "Update", update),
    answers: shows(`The ${kind} as it is now`, `${schema}Response`),
    ...told(update, { 403: `${NOT_ADMIN} Or: ${LAST}`, ...none, ...taken }),
  };
  return [
    describes({
      ...{ method: "get", path, operationId: `list_${kind}s`, summary: `List ${kind}s` },
      more: { parameters: list.parameters ?? [] },
      answers: shows(`The ${kind}s`, `${schema}List`),
      ...told(list),
    }),
    describes({
      ...{ method: "post", path, operationId: `create_${kind}`, summary: `Create a ${kind}` },
      ...takes(`The new ${kind}`, "Create", create),
      answers: made(`The new ${kind}`, `${schema}Response`),
      ...told(create, { 403: NOT_ADMIN, ...taken }),
    }),
    describes({
      ...{ method: "get", ...one, operationId: `show_${kind}`, summary: `Show a ${kind}` },
      answers: shows(`The ${kind}`, `${schema}Response`),
      ...told(show, none),
    }),
    ...(changes ? [describes(changes)] : []),
    describes({
      ...{ method: "delete", ...one, operationId: `delete_${kind}`, summary: `Delete a ${kind}` },
      answers: done(remove.gone),
      ...told(remove, { 403: `${NOT_ADMIN} Or: ${LAST}`, ...none }),
    }),
  ];
}
