import { ref, type Schema } from "./describe.ts";

/**
 * The same document, with each null among the values of an enum moved beside the enum: code generators would make it
 * one more value, or a type for each way to read it. A schema whose values are in `named` becomes a reference to that
 * name.
 */
export function withNullBeside<T>(document: T, named: Readonly<Record<string, Schema>>): T {
  const names = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(schema.enum), name]));
  const rewritten = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(rewritten);
    if (typeof part !== "object" || part === null) return part;
    const { enum: values, type, ...rest } = part as Schema;
    if (!Array.isArray(values) || !values.includes(null))
      return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, rewritten(value)]));
    const others = values.filter((value) => value !== null);
    const name = names.get(JSON.stringify(others));
    return { anyOf: [name ? ref(name) : { type: "string", enum: others }, { type: "null" }], ...rest };
  };
  return rewritten(document) as T;
}
