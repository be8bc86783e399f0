/**
 * The vocabulary for describing routes: plain data of OpenAPI 3.1, so that a description costs the worker next to
 * nothing when it starts. The components to which they refer are in components/, which the worker does not load.
 */

/** A JSON schema, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** A component. A description beside it replaces the component's own (OpenAPI 3.1, Reference Object). */
export type Reference = {
  readonly $ref: string;
  readonly description?: string;
};

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly style?: string;
  readonly explode?: boolean;
  readonly example?: unknown;
  /** Glance's operation has no such parameter. */
  readonly "x-glimpse-extension"?: true;
}

export type Content = Readonly<
  Record<
    string,
    { schema: Schema; example?: unknown; examples?: Readonly<Record<string, { value: unknown }>> }
  >
>;

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Reference>>;
  readonly content?: Content;
  /** Glance's operation has no such answer. */
  readonly "x-glimpse-extension"?: true;
}

/** One method of one path. document.ts adds what every operation has. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  /** What the summary cannot say: who may call it, what is refused, what an empty or missing value means. */
  readonly description: string;
  readonly tags: readonly [string];
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: {
    readonly description: string;
    readonly required: boolean;
    readonly content: Content;
  };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
  /** Empty: no token is needed. Absent: a token is. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Glance has no such operation. */
  readonly "x-glimpse-extension"?: true;
  /** Only our own client can use it: code generators leave it out. */
  readonly "x-internal"?: true;
}

/** An operation of a route that is not a chanfana class, with its path. */
export interface RouteDescription extends Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
}

/** A parameter of the query, text unless its schema says otherwise. */
export const query = (
  name: string,
  description: string,
  schema: Schema = { type: "string" },
  example?: unknown,
): Parameter => ({
  name,
  in: "query",
  description,
  schema,
  ...(example === undefined ? {} : { example }),
});

/** A header of a request. */
export const header = (name: string, description: string, example?: string): Parameter => ({
  name,
  in: "header",
  description,
  schema: { type: "string" },
  ...(example === undefined ? {} : { example }),
});

export const ref = (name: string): Reference => ({ $ref: `#/components/schemas/${name}` });
export const parameter = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` });

/** Headers of an answer, by the names of their components, which are the headers' own. */
export const headers = (...names: string[]): { headers: Readonly<Record<string, Reference>> } => ({
  headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
});

/** Marks a parameter or an answer that Glance's operation does not have. */
export const extension = <T extends Parameter | Answer>(described: T) => ({
  ...described,
  "x-glimpse-extension": true as const,
});

/** An answer, or a request's body, in JSON. */
export const json = (description: string, schema: string, example?: unknown) => ({
  description,
  content: { "application/json": { schema: ref(schema), ...(example === undefined ? {} : { example }) } },
});

export const body = (description: string, schema: string, example?: unknown) => ({
  requestBody: { ...json(description, schema, example), required: true },
});

const REFUSALS = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  413: "ContentTooLarge",
  415: "UnsupportedMediaType",
  416: "RangeNotSatisfiable",
  431: "RequestHeaderFieldsTooLarge",
  500: "InternalServerError",
  503: "ServiceUnavailable",
} as const;
export type RefusedStatus = keyof typeof REFUSALS;

/** Refusals of the Image API: each status, and when it is the answer. */
export const refusals = (when: Partial<Record<RefusedStatus, string>>): Record<string, Reference> =>
  referTo("", when);

/** Refusals of a relay's request, which may be meant for its client. */
export const relayRefusals = (when: Partial<Record<RefusedStatus, string>>): Record<string, Reference> =>
  referTo("Relay", when);

/** Refusals in Keystone's shape. */
export const identityRefusals = (when: Partial<Record<RefusedStatus, string>>): Record<string, Reference> =>
  referTo("Identity", when);

const referTo = (prefix: "" | "Relay" | "Identity", when: Partial<Record<RefusedStatus, string>>) =>
  Object.fromEntries(
    Object.entries(when).map(([status, description]) => [
      status,
      {
        $ref: `#/components/responses/${prefix}${REFUSALS[Number(status) as RefusedStatus]}`,
        description,
      },
    ]),
  );

/** For an image that the caller may not see, and for one that does not exist. */
export const NO_IMAGE = "There is no such image, or the caller may not see it.";
