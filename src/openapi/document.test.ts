import { expect, test } from "vitest";
import text from "../../openapi/openapi.json" with { type: "text" };
import { app } from "../app.ts";
import type { OpenApiDocument } from "./document.ts";

/** As it is checked in, which `npm run check` holds to the descriptions. */
const document: OpenApiDocument = JSON.parse(text);
const { paths } = document;

/**
 * What the application answers to, as the document would have it. A handler for all methods is described as GET;
 * middleware, which takes a `next`, is none. A path with a slash at its end is the one without.
 */
const routes = app.routes
  .filter(({ method, path, handler }) => method !== "ALL" || (handler.length < 2 && !path.includes("*")))
  .map(({ method, path }) => `${method === "ALL" ? "GET" : method} ${unnamed(path)}`);

const described = Object.entries(paths).flatMap(([path, item]) =>
  Object.keys(item)
    .filter((key) => key !== "parameters")
    .map((method) => `${method.toUpperCase()} ${unnamed(path)}`),
);

/** What a parameter is called is of no matter to those who send the request. */
function unnamed(path: string): string {
  const bare = path.replaceAll(/:\w+|\{\w+\}/g, "{}");
  return bare.length > 1 ? bare.replace(/\/$/, "") : bare;
}

test("every route is described, and nothing else is", () => {
  expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test("every operation has a name of its own, which makes a method's name", () => {
  const names = Object.values(paths).flatMap((item) =>
    Object.values(item).flatMap((operation) =>
      typeof operation === "object" && operation !== null && "operationId" in operation
        ? [String(operation.operationId)]
        : [],
    ),
  );
  expect(names.length).toBe(described.length);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
});

interface Described {
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, unknown>>;
}
interface Marked {
  readonly tags?: readonly string[];
  readonly "x-glimpse-extension"?: true;
  readonly "x-internal"?: true;
}
const operations = Object.values(paths).flatMap((item) =>
  Object.entries(item).flatMap(([method, operation]) =>
    method === "parameters" ? [] : [operation as Marked],
  ),
);
const markedTags = (document.tags as { name: string; "x-glimpse-extension"?: true }[])
  .filter((tag) => tag["x-glimpse-extension"])
  .map(({ name }) => name);

test("what Glance has not is marked: operations, and tags that have no others", () => {
  expect(markedTags).toEqual(["discovery", "identity", "relay"]);
  for (const { tags = [], ...operation } of operations)
    if (markedTags.includes(tags[0] ?? "")) expect(operation["x-glimpse-extension"], tags[0]).toBe(true);
});

test("what a relay alone can ask for is marked, so that generators leave it out", () => {
  for (const { tags, ...operation } of operations)
    expect(operation["x-internal"] ?? false).toBe(tags?.includes("relay"));
});

test("a component is marked if nothing refers to it but what is marked", () => {
  /** The names of all components that a part refers to, and those refer to in turn. */
  const reach = (part: unknown, seen: Set<string>): Set<string> => {
    for (const [, reference = ""] of JSON.stringify(part).matchAll(/"#\/components\/(\w+\/[\w-]+)"/g))
      if (!seen.has(reference)) reach(componentAt(reference), seen.add(reference));
    return seen;
  };
  const componentAt = (reference: string) => {
    const [kind = "", name = ""] = reference.split("/");
    return document.components[kind]?.[name] as Marked | undefined;
  };
  const used = reach(
    operations.filter((operation) => !operation["x-glimpse-extension"]),
    reach(document.security, new Set()),
  );
  for (const reference of reach(operations, new Set()))
    if (!used.has(reference)) expect(componentAt(reference)?.["x-glimpse-extension"], reference).toBe(true);
});

const schemas = Object.entries(document.components.schemas ?? {}) as [string, Described][];

/** Every schema there is, the inner ones as well. */
function* schemasIn(part: unknown): Generator<Described> {
  if (typeof part !== "object" || part === null) return;
  yield part;
  for (const inner of Object.values(part)) yield* schemasIn(inner);
}

test("no null stands among the values of a schema, where generators make one more value of it", () => {
  const withNull = [...schemasIn(document)].filter((schema) => schema.enum?.includes(null));
  expect(withNull).toEqual([]);
});

test("no schema has a field that generated types have for themselves", () => {
  const snake = (name: string) => name.replace(/(?!^)([A-Z])/g, "_$1").toLowerCase();
  for (const [name, { properties = {} }] of schemas)
    for (const taken of [snake(name), "additional_properties", "additionalProperties"])
      expect(properties, name).not.toHaveProperty(taken);
});

interface Media {
  readonly schema: { readonly $ref?: string; readonly type?: string; readonly format?: string };
  readonly example?: unknown;
}
interface Bodies {
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, { readonly content?: Record<string, Media> }>;
}

/** The contents of all bodies, by their media types. */
const contents = operations.flatMap((operation) => {
  const { requestBody, responses } = operation as Bodies;
  return [requestBody, ...Object.values(responses)].flatMap((body) => Object.entries(body?.content ?? {}));
});

test("what is neither JSON nor text is binary, and nothing else is", () => {
  expect(contents.map(([type]) => type)).toContain("application/octet-stream");
  for (const [type, { schema }] of contents)
    if (/json/.test(type)) expect(schema.format, type).toBeUndefined();
    else if (/^text\/|yaml|xml/.test(type)) expect(schema, type).toEqual({ type: "string" });
    else expect(schema, type).toEqual({ type: "string", format: "binary" });
});

test("every body in JSON has an example, its own or its schema's", () => {
  for (const [path, item] of Object.entries(paths))
    for (const [method, operation] of Object.entries(item)) {
      if (method === "parameters") continue;
      const { requestBody, responses } = operation as Bodies;
      const contents = [requestBody, ...Object.values(responses)].map((body) => body?.content ?? {});
      for (const [type, { schema, example }] of contents.flatMap(Object.entries<Media>)) {
        if (!type.includes("json") || example !== undefined) continue;
        const component = document.components.schemas?.[schema.$ref?.split("/").at(-1) ?? ""];
        expect(Object.keys(component ?? {}), `${method} ${path}`).toContainEqual(
          expect.stringMatching(/^examples?$/),
        );
      }
    }
});
