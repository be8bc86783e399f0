import { dereference, type Schema, validate } from "@cfworker/json-schema";

/** A part of the document. It is JSON that the linter has looked at, and read as that. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the OpenAPI specification's.
export type Described = Readonly<Record<string, any>>;

export interface Document extends Described {
  readonly paths: Readonly<Record<string, Described>>;
}

/** What a reference refers to, and anything else as it is. */
export function resolved(document: Document, part: Described): Described {
  if (typeof part.$ref !== "string") return part;
  const names = part.$ref.slice(2).split("/");
  return names.reduce<Described>(
    (at, name) => at[name.replaceAll("~1", "/").replaceAll("~0", "~")],
    document,
  );
}

/** Validation by the schemas of one document (JSON Schema 2020-12), without `eval`, which workerd has not. */
export class SchemaCheck {
  readonly #lookup: Record<string, Schema | boolean>;

  constructor(document: Document) {
    this.#lookup = dereference(document as Schema);
  }

  json(text: string, schema: Schema, what: string): string[] {
    try {
      return this.#problems(JSON.parse(text), schema, what);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return [`${what} is no JSON: ${text.slice(0, 100)}`];
    }
  }

  /** A parameter or a header: its text is what the schema's type makes of it. */
  text(text: string, schema: Schema, what: string): string[] {
    const types = [schema.type].flat();
    const isNumber = types.includes("integer") || types.includes("number");
    if (isNumber && /^-?\d+$/.test(text)) return this.#problems(Number(text), schema, what);
    if (types.includes("boolean") && /^(true|false)$/.test(text))
      return this.#problems(text === "true", schema, what);
    // An object among parameters is whatever else there is in the query.
    return types.includes("object") ? [] : this.#problems(text, schema, what);
  }

  #problems(value: unknown, schema: Schema, what: string): string[] {
    const { errors } = validate(value, schema, "2020-12", this.#lookup, false);
    return errors.map(({ instanceLocation, error }) => `${what}, ${instanceLocation}: ${error}`);
  }
}
