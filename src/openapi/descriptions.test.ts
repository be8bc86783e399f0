import { expect, test } from "vitest";
import text from "../../openapi/openapi.json" with { type: "text" };
import { type Described, type Document, resolved, SchemaCheck } from "../../test/support/contract-schema.ts";

/** What the document says to people, and what it shows them. */

// Examples as text: they have ids that would be taken for those of schemas.
const document: Document = JSON.parse(text, (key, value) =>
  /^examples?$/.test(key) ? JSON.stringify(value) : value,
);
const { components } = document;

/** What a reference stands for, with what is said beside it in place of what the component says. */
const whole = (part: Described): Described => {
  const { $ref, ...beside } = part;
  return $ref === undefined ? part : { ...resolved(document, part), ...beside };
};

interface Placed {
  readonly where: string;
  readonly part: Described;
}

const operations: readonly Placed[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries<Described>(item)
    .filter(([method]) => method !== "parameters")
    .map(([method, part]) => ({ where: `${method} ${path}`, part })),
);

const ofPaths = Object.entries(document.paths).map(([where, part]) => ({ where, part }));
const parameters: readonly Placed[] = [...ofPaths, ...operations].flatMap(({ where, part }) =>
  (part.parameters ?? []).map((reference: Described) => {
    const parameter = whole(reference);
    return { where: `${where}: ${parameter.in} ${parameter.name}`, part: parameter };
  }),
);

const requestBodies: readonly Placed[] = operations.flatMap(({ where, part: { requestBody } }) =>
  requestBody ? [{ where, part: requestBody }] : [],
);
const answers: readonly Placed[] = operations.flatMap(({ where, part }) =>
  Object.entries<Described>(part.responses).map(([status, answer]) => ({
    where: `${where}: ${status}`,
    part: whole(answer),
  })),
);
const answeredHeaders: readonly Placed[] = answers.flatMap(({ where, part }) =>
  Object.entries<Described>(part.headers ?? {}).map(([name, header]) => ({
    where: `${where}: ${name}`,
    part: whole(header),
  })),
);
const contents: readonly Placed[] = [...requestBodies, ...answers].flatMap(({ where, part }) =>
  Object.entries<Described>(part.content ?? {}).map(([type, content]) => ({
    where: `${where}: ${type}`,
    part: content,
  })),
);

/** Every schema under a part, with its properties and items; what a reference refers to is elsewhere. */
function* schemasUnder({ where, part }: Placed): Generator<Placed> {
  yield { where, part };
  for (const [name, property] of Object.entries<Described>(part.properties ?? {}))
    yield* schemasUnder({ where: `${where}.${name}`, part: property });
  const inner = [part.items, part.additionalProperties, ...(part.anyOf ?? []), ...(part.oneOf ?? [])];
  for (const schema of inner.filter((each) => typeof each === "object"))
    yield* schemasUnder({ where: `${where}[]`, part: schema });
}

const named: readonly Placed[] = Object.entries<Described>(components.schemas).map(([where, part]) => ({
  where,
  part,
}));
const schemas: readonly Placed[] = [
  ...named,
  ...contents.map(({ where, part }) => ({ where, part: part.schema })),
].flatMap((placed) => [...schemasUnder(placed)]);

/** Where nothing is said, or nothing but the name again. */
const unsaid = (placed: readonly Placed[]): string[] =>
  placed
    .filter(({ part: { description, summary } }) => !description?.trim() || description === summary)
    .map(({ where }) => where);

const properties = schemas.flatMap(({ where, part }) =>
  Object.entries<Described>(part.properties ?? {}).map(([name, property]) => ({
    where: `${where}.${name}`,
    part: whole(property),
  })),
);

test.each([
  ["operation", operations],
  ["parameter", parameters],
  ["body of a request", requestBodies],
  ["answer", answers],
  ["header of an answer", answeredHeaders],
  ["schema that has a name", named],
  ["property", properties],
  ["tag", document.tags.map((part: Described) => ({ where: part.name, part }))],
  [
    "way to authenticate",
    Object.entries(components.securitySchemes).map(([where, part]) => ({ where, part })),
  ],
] as [string, readonly Placed[]][])("every %s is described", (_what, placed) => {
  expect(placed.length).toBeGreaterThan(0);
  expect(unsaid(placed)).toEqual([]);
});

const shows = ({ example, schema }: Described): boolean =>
  example !== undefined || [schema, schema.items].some((each) => each?.enum ?? whole(each ?? {}).enum);

test.each([
  ["parameter", parameters],
  ["header of an answer", answeredHeaders],
])("every %s has an example, or names its values", (_what, placed) => {
  expect(placed.filter(({ part }) => !shows(part)).map(({ where }) => where)).toEqual([]);
});

// The files of the page at /docs are what they are.
test("every body of an answer has an example, beside its schema or in it", () => {
  const bodies = answers
    .filter(({ where }) => !/^get \/docs.*: 200$/.test(where))
    .flatMap(({ where, part }) =>
      Object.entries<Described>(part.content ?? {}).map(([type, content]) => ({
        where: `${where}: ${type}`,
        part: content,
      })),
    );
  const shown = ({ example, examples, schema }: Described): boolean =>
    [example, examples, whole(schema).example, whole(schema).examples].some((each) => each !== undefined) ||
    schema.format === "binary";
  expect(bodies.filter(({ part }) => !shown(part)).map(({ where }) => where)).toEqual([]);
});

const listed = (examples = "[]"): string[] =>
  JSON.parse(examples).map((example: unknown) => JSON.stringify(example));

test("every example is what its schema says", () => {
  const check = new SchemaCheck(document);
  const shown = [
    ...[...parameters, ...answeredHeaders, ...contents].map(({ where, part }) => ({
      ...{ where, schema: part.schema, examples: [part.example] },
    })),
    ...schemas.map(({ where, part }) => ({
      ...{ where, schema: part, examples: [part.example, ...listed(part.examples)] },
    })),
  ];
  const problems = shown.flatMap(({ where, schema, examples }) =>
    examples
      .filter((example) => example !== undefined)
      .flatMap((example) => check.json(example, schema, where)),
  );
  expect(problems).toEqual([]);
});
