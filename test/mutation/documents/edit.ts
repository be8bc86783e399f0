import { readFileSync } from "node:fs";

const DOCUMENT = new URL("../../../openapi/openapi.json", import.meta.url);

export const documentText = (): string => readFileSync(DOCUMENT, "utf8");

/** Something that the document says, or does not: JSON, of which every part is taken for an object. */
interface Part {
  [name: string]: Part;
}

/** A document that is wrong: valid, and not what the service does. */
export interface WrongDocument {
  readonly what: string;
  /** The document as JSON, made wrong. Throws where it has not what is to be made wrong. */
  readonly made: (text: string) => string;
}

const wrong = (what: string, edit: (document: Part) => void): WrongDocument => ({
  what,
  made: (text) => {
    const document = JSON.parse(text) as Part;
    edit(document);
    const made = JSON.stringify(document);
    if (made === JSON.stringify(JSON.parse(text))) throw new Error("the document is the same as before");
    return made;
  },
});

export const movedPath = (from: string, to: string) =>
  wrong(`${from} is ${to}`, ({ paths }) => rename(part(paths), from, to));

/** In the templates and in the parameter. */
export const renamedInPaths = (from: string, to: string) =>
  wrong(`{${from}} is {${to}}`, (document) => {
    const { paths, components } = document;
    for (const path of Object.keys(part(paths)))
      if (path.includes(`{${from}}`)) rename(part(paths), path, path.replace(`{${from}}`, `{${to}}`));
    put(within(part(components), "parameters", from), "name", to);
  });

export const droppedOperation = (id: string) =>
  wrong(`there is no ${id}`, (document) => {
    const { item, method } = found(document, id);
    delete item[method];
  });

/** The same at a path of its own, as one that the service does not have. */
export const doubledOperation = (id: string, name: string) =>
  wrong(`there is ${name}`, (document) => {
    const { method, operation } = found(document, id);
    put(part(document.paths), `/${name}`, { [method]: { ...operation, operationId: name } });
  });

export const otherMethod = (id: string, to: string) =>
  wrong(`${id} is a ${to}`, (document) => {
    const { item, method } = found(document, id);
    rename(item, method, to);
  });

export const renamedParameter = (id: string, from: string, to: string) =>
  wrong(`${id} has ${to} for ${from}`, (document) => put(parameter(document, id, from), "name", to));

export const droppedParameter = (id: string, name: string) =>
  wrong(`${id} has no ${name}`, (document) => {
    const { operation } = found(document, id);
    const all = part(operation.parameters) as unknown as Part[];
    put(
      operation,
      "parameters",
      all.filter((one) => String(resolved(document, one).name) !== name),
    );
  });

export const otherParameter = (id: string, name: string, schema: object) =>
  wrong(`${name} of ${id} is ${JSON.stringify(schema)}`, (document) =>
    put(parameter(document, id, name), "schema", schema),
  );

export const otherRequestType = (id: string, from: string, to: string) =>
  wrong(`${id} takes ${to} for ${from}`, (document) =>
    rename(within(found(document, id).operation, "requestBody", "content"), from, to),
  );

export const otherAnswerType = (id: string, from: string, to: string) =>
  wrong(`${id} answers ${to} for ${from}`, (document) => {
    for (const { content } of successes(document, id)) if (content) rename(content, from, to);
  });

export const otherStatus = (id: string, from: string, to: string) =>
  wrong(`${id} answers ${to} for ${from}`, (document) =>
    rename(within(found(document, id).operation, "responses"), from, to),
  );

export const renamedAnswerHeader = (id: string, from: string, to: string) =>
  wrong(`${id} answers with ${to} for ${from}`, (document) => {
    for (const { headers } of successes(document, id)) if (headers?.[from]) rename(headers, from, to);
  });

/** In every refusal. */
export const renamedRefusalHeader = (from: string, to: string) =>
  wrong(`refusals have ${to} for ${from}`, ({ components }) => {
    for (const { headers } of Object.values(within(part(components), "responses")))
      rename(part(headers), from, to);
  });

export const renamedTokenHeader = (scheme: string, to: string) =>
  wrong(`${scheme} is in ${to}`, ({ components }) =>
    put(within(part(components), "securitySchemes", scheme), "name", to),
  );

export const renamedProperty = (schema: string, from: string, to: string) =>
  wrong(`${schema} has ${to} for ${from}`, (document) => {
    const at = within(document, "components", "schemas", schema);
    rename(within(at, "properties"), from, to);
    const required = (at.required ?? []) as unknown as string[];
    put(
      at,
      "required",
      required.map((name) => (name === from ? to : name)),
    );
  });

export const otherProperty = (schema: string, name: string, is: object) =>
  wrong(`${name} of ${schema} is ${JSON.stringify(is)}`, (document) => {
    const properties = within(document, "components", "schemas", schema, "properties");
    part(properties[name]);
    put(properties, name, is);
  });

function part(found: Part | undefined): Part {
  if (found === undefined) throw new Error("the document has no such part");
  return found;
}

const within = (from: Part, ...names: string[]): Part => names.reduce((at, name) => part(at[name]), from);

function put(at: Part, name: string, value: unknown): void {
  at[name] = value as Part;
}

function rename(at: Part, from: string, to: string): void {
  at[to] = part(at[from]);
  delete at[from];
}

function resolved(document: Part, one: Part): Part {
  return typeof one.$ref === "string" ? within(document, ...String(one.$ref).slice(2).split("/")) : one;
}

function found(document: Part, id: string): { item: Part; method: string; operation: Part } {
  for (const item of Object.values(part(document.paths)))
    for (const [method, operation] of Object.entries(item))
      if (String(operation.operationId) === id) return { item, method, operation };
  throw new Error(`the document has no operation ${id}`);
}

function successes(document: Part, id: string): Part[] {
  const responses = Object.entries(within(found(document, id).operation, "responses"));
  return responses.filter(([status]) => status.startsWith("2")).map(([, response]) => response);
}

function parameter(document: Part, id: string, name: string): Part {
  const all = part(found(document, id).operation.parameters) as unknown as Part[];
  return part(all.map((one) => resolved(document, one)).find((one) => String(one.name) === name));
}
