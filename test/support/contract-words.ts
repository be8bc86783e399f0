import type { Described, Document } from "./contract-schema.ts";

/**
 * What the document tells in words (src/openapi/about.ts): of methods that a path does not have, of paths that there are
 * not, of a slash at the end, and of what a browser asks first. Here it is made into answers like those of operations.
 */

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly sent: Headers;
  readonly status: number;
}

/** Minor versions, of those that `list_versions` names. */
const MINOR = /^\/v2\.(?:\d|1[0-3]|15|17)(?=\/|$)/;
const ACCEPTS_V2 = /^application\/vnd\.openstack\.images-v2(?:\.(?:\d|1[0-3]|15|17))?$/;
const BESIDE_THE_API =
  /^\/(?:v\d[^/]*|versions|healthcheck|identity|relay|docs|openapi\.json|openapi\.yaml|\.well-known)?(?:\/|$)/;
const WITH_A_SLASH = /^(\/versions|\/identity|\/identity\/v3)\/$/;

/** The path as the document has it: versions say nothing, and so does a slash at the end of some. */
export function pathOf({ target, sent }: Pick<Asked, "target" | "sent">): string {
  const path = (target.split("?")[0] ?? "").replace(MINOR, "/v2").replace(WITH_A_SLASH, "$1");
  return ACCEPTS_V2.test(sent.get("accept") ?? "") && !BESIDE_THE_API.test(path) ? `/v2${path}` : path;
}

/** Under these an unknown path is a 404; elsewhere it is answered as the root is. */
const SERVICE = /^\/(?:v2|healthcheck|identity|relay|docs)(?:\/|$)/;
const IN_V2 = /^\/v2(?:\/|$)/;
const isOfVersions = (path: string): boolean => path === "/" || path === "/versions" || !SERVICE.test(path);

/** The operation that answers: the method's own, and what stands in for it. */
export function operationFor(item: Described, path: string, method: string): Described | undefined {
  const own = item[method.toLowerCase()];
  if (own || path === "/" || path === "/versions") return own ?? item.get;
  if (method !== "HEAD" || IN_V2.test(path) || !item.get) return undefined;
  if (path !== "/healthcheck") return item.get;
  const { 200: healthy, ...others } = item.get.responses;
  return { ...item.get, responses: { ...others, 204: { headers: healthy.headers } } };
}

export const isPreflight = ({ method, sent, status }: Asked): boolean =>
  method === "OPTIONS" && status === 204 && sent.has("origin") && sent.has("access-control-request-method");

const TEXT = { schema: { type: "string", minLength: 1 } };
const MUST_BE = { ...TEXT, required: true };

/** The answers that the document of this text has no operation for. */
export class AnswersInWords {
  readonly #document: Document;
  readonly #ofEvery: Described;

  constructor(document: Document) {
    this.#document = document;
    this.#ofEvery = document.components.responses.NotFound.headers;
  }

  /** To a browser that asks first, and may. */
  preflight(): Described {
    const { "Access-Control-Expose-Headers": _ofAnswers, ...headers } = this.#ofEvery;
    return {
      headers: {
        ...headers,
        "Access-Control-Allow-Origin": MUST_BE,
        "Access-Control-Allow-Methods": MUST_BE,
        "Access-Control-Allow-Headers": TEXT,
        "Access-Control-Max-Age": { required: true, schema: { type: "integer", minimum: 0 } },
      },
    };
  }

  /** To a method that the path does not have. Undefined where no such answer is told. */
  toMethod(path: string, item: Described, { status, target }: Asked): Described | undefined {
    const hasGet = "get" in item;
    const is404 = /^\/(?:identity|relay)(?:\/|$)/.test(path);
    if (status === 405 && !is404) {
      const methods = Object.keys(item).filter((name) => name !== "parameters");
      const allowed = hasGet && !IN_V2.test(path) ? [...methods, "head"] : methods;
      return this.#refusal(path, status, { Allow: { required: true, schema: setOf(allowed) } });
    }
    // An escaped slash ends a segment: there is no such path.
    if (status === 404 && (is404 || /%2f/i.test(target))) return this.#refusal(path, status);
    // Who may not use a path at all is told that before.
    if (status === 403 && /^\/v2\/tasks(?:\/|$)/.test(path)) return this.#refusal(path, status);
    return status === 503 ? this.#refusal(path, status) : this.#beforeRouting(path, status);
  }

  /** To a path that there is not. */
  toPath(path: string, { status }: Asked): Described | undefined {
    if (isOfVersions(path) && status === 300)
      return this.#document.paths["/"]?.get.responses[300] as Described;
    if (path === "/docs/" && status === 302) return this.#document.paths["/docs"]?.get.responses[302];
    if (status === 404 && SERVICE.test(path)) return this.#refusal(path, status);
    return this.#beforeRouting(path, status);
  }

  #beforeRouting(path: string, status: number): Described | undefined {
    if (status === 400 || status === 431 || status === 501) return this.#refusal(path, status);
    return status === 401 && SERVICE.test(path) ? this.#refusal(path, status) : undefined;
  }

  /** As the refusals are that are described. */
  #refusal(path: string, status: number, more: Described = {}): Described {
    const { responses } = this.#document.components;
    const name = NAMES[status] ?? "NotFound";
    const described = responses[`${prefixOf(path)}${name}`] ?? responses[name];
    const ofStatus = ([type, { schema }]: [string, Described]) =>
      schema.pattern === undefined
        ? [type, { schema }]
        : [
            type,
            {
              schema: {
                ...schema,
                pattern: schema.pattern.replace("404 Not Found", `${status} [A-Z][A-Za-z ]+`),
              },
            },
          ];
    return {
      headers: { ...described.headers, ...more },
      content: Object.fromEntries(Object.entries<Described>(described.content).map(ofStatus)),
    };
  }
}

/** Of those that the document describes. */
const NAMES: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  431: "RequestHeaderFieldsTooLarge",
  503: "ServiceUnavailable",
};

function prefixOf(path: string): string {
  if (/^\/identity(?:\/|$)/.test(path)) return "Identity";
  return path.startsWith("/relay/") ? "Relay" : "";
}

/** These methods in any order, with commas between. */
const setOf = (methods: readonly string[]): Described => {
  const each = methods.map((name) => `(?=(?:.*, )?${name.toUpperCase()}(?:,|$))`).join("");
  return { type: "string", pattern: `^${each}[A-Z]+(?:, [A-Z]+){${methods.length - 1}}$` };
};
