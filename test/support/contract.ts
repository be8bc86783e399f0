import { type Described, type Document, resolved, SchemaCheck } from "./contract-schema.ts";
import { AnswersInWords, isPreflight, operationFor, pathOf } from "./contract-words.ts";

/** A request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly sent: Headers;
  /** The request's body where it is text that a test wrote; image data is nothing to look at. */
  readonly body?: string | undefined;
  /** The request is none that the document offers, and is taken all the same; and why. */
  readonly undescribed?: string | undefined;
  readonly status: number;
  readonly headers: Headers;
  /** The answer's body; undefined where it was not read. */
  readonly answer?: string | undefined;
}

/** An exchange was not what the document describes. */
export class NotDescribed extends Error {
  override readonly name = "NotDescribed";
}

interface Route {
  readonly pattern: RegExp;
  readonly template: string;
  readonly item: Described;
}

/**
 * Holds exchanges against the OpenAPI document. Every answer must be described: its path, method, status, headers,
 * media type and body. A request that was answered with a success must be as described as well: others may be wrong on
 * purpose.
 */
export class Contract {
  readonly #document: Document;
  readonly #routes: readonly Route[];
  readonly #check: SchemaCheck;
  /** For answers, which have no field but those that are described. */
  readonly #closed: SchemaCheck;
  readonly #inWords: AnswersInWords;

  constructor(text: string) {
    // Examples have ids that would be taken for those of schemas.
    this.#document = JSON.parse(text, (key, value) => (/^examples?$/.test(key) ? undefined : value));
    this.#check = new SchemaCheck(this.#document);
    this.#closed = new SchemaCheck(JSON.parse(JSON.stringify(this.#document), closed));
    this.#inWords = new AnswersInWords(this.#document);
    const fixedFirst = Object.entries(this.#document.paths).toSorted(
      ([a], [b]) => a.split("{").length - b.split("{").length,
    );
    this.#routes = fixedFirst.map(([template, item]) => ({
      template,
      item,
      pattern: new RegExp(`^${template.replaceAll(/[.]/g, "\\.").replaceAll(/\{\w+\}/g, "([^/]+)")}$`),
    }));
  }

  /**
   * The id of the operation that the exchange is of; undefined where the document has none and tells of it in words.
   * Throws `NotDescribed` when the exchange is not what the document describes.
   */
  hold(exchange: Exchange): string | undefined {
    const problems = this.problemsOf(exchange);
    const { method, target, status } = exchange;
    if (problems.length > 0)
      throw new NotDescribed(
        `${method} ${target} (${status}) is not in the document:\n  ${problems.join("\n  ")}`,
      );
    return this.#routeOf(pathOf(exchange))?.item[method.toLowerCase()]?.operationId;
  }

  problemsOf(exchange: Exchange): string[] {
    const { method, status } = exchange;
    if (isPreflight(exchange)) return this.#answer(this.#inWords.preflight(), exchange);
    const path = pathOf(exchange);
    const route = this.#routeOf(path);
    if (!route) {
      const answer = this.#inWords.toPath(path, exchange);
      return answer
        ? this.#answer(answer, exchange)
        : [`The path is not described, and the status is ${status}.`];
    }
    const operation = operationFor(route.item, path, method);
    if (!operation) {
      const answer = this.#inWords.toMethod(path, route.item, exchange);
      return answer
        ? this.#answer(answer, exchange)
        : [`The method is not described, and the status is ${status}.`];
    }
    const answer = operation.responses[String(status)];
    if (!answer) return [`The status ${status} is not described.`];
    const isMeant = status < 400 && exchange.undescribed === undefined;
    return [...this.#answer(answer, exchange), ...(isMeant ? this.#request(route, operation, exchange) : [])];
  }

  #routeOf(path: string): Route | undefined {
    return this.#routes.find(({ pattern }) => pattern.test(path));
  }

  #answer(described: Described, { method, headers: sent, answer }: Exchange): string[] {
    const { headers = {}, content } = resolved(this.#document, described);
    const problems: string[] = [];
    for (const [name, reference] of Object.entries<Described>(headers)) {
      const { required, schema } = resolved(this.#document, reference);
      const value = sent.get(name);
      if (value !== null) problems.push(...this.#check.text(value, schema, name));
      else if (required) problems.push(`The header ${name} is missing.`);
    }
    const named = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    for (const name of sent.keys())
      if (!named.has(name) && !COMMON_HEADERS.test(name))
        problems.push(`The header ${name} is not described.`);
    const type = mediaType(sent);
    if (!content) return answer ? [...problems, "There is a body, and none is described."] : problems;
    const known = type === undefined ? undefined : content[type];
    if (!known) return [...problems, `The media type ${type} is not described.`];
    if (method === "HEAD") return answer ? [...problems, "The answer to HEAD has a body."] : problems;
    if (answer === undefined || known.schema.format === "binary") return problems;
    const check = type?.endsWith("json")
      ? this.#closed.json.bind(this.#closed)
      : this.#check.text.bind(this.#check);
    return [...problems, ...check(answer, known.schema, "The answer")];
  }

  #request({ item, pattern, template }: Route, operation: Described, exchange: Exchange): string[] {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const values = pattern.exec(pathOf(exchange))?.slice(1) ?? [];
    const query = new URL(exchange.target, "http://any").searchParams;
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
    const problems = parameters.flatMap((reference: Described) => {
      const { name, in: place, required, schema } = resolved(this.#document, reference);
      const given =
        place === "path"
          ? [decodeURIComponent(values[names.indexOf(name)] ?? "")]
          : place === "query"
            ? query.getAll(name)
            : [exchange.sent.get(name) ?? []].flat();
      if (given.length === 0) return required ? [`The parameter ${name} is missing.`] : [];
      const each = schema.type === "array" ? schema.items : schema;
      return given.flatMap((value) => this.#check.text(value, each, `The parameter ${name}`));
    });
    const known = new Set(parameters.map((reference: Described) => resolved(this.#document, reference).name));
    // Of a list of images any name is one: of a property.
    const unknown = template === "/v2/images" ? [] : [...query.keys()].filter((name) => !known.has(name));
    problems.push(...unknown.map((name) => `The parameter ${name} is not described.`));
    return [...problems, ...this.#requestBody(operation, exchange)];
  }

  #requestBody({ requestBody }: Described, { body, sent }: Exchange): string[] {
    if (!requestBody) return body ? ["The request has a body, and none is described."] : [];
    // A body is read as JSON whatever its media type says, but for a patch and for data (the document says so itself).
    const described = requestBody.content[mediaType(sent) ?? ""] ?? requestBody.content["application/json"];
    if (!described) return [`The request's media type ${mediaType(sent)} is not described.`];
    // Data is not looked at, and may be none at all.
    if (described.schema.format === "binary") return [];
    if (!body) return requestBody.required ? ["The request's body is missing."] : [];
    return this.#check.json(body, described.schema, "The request");
  }
}

/** Of HTTP itself: how the body is sent, and the connection. */
const COMMON_HEADERS = /^(content-type|content-length|date|connection|keep-alive|transfer-encoding)$/;

/** A schema whose objects have the fields that it names and no others. */
function closed(_key: string, value: unknown): unknown {
  const schema = value as Described | null;
  const isObject = typeof schema === "object" && [schema?.type].flat().includes("object");
  return isObject && typeof schema?.properties === "object" && !("additionalProperties" in schema)
    ? { ...schema, additionalProperties: false }
    : value;
}

const mediaType = (headers: Headers): string | undefined =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
