import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const DOCUMENT = new URL("../openapi/openapi.json", import.meta.url);
const TYPES = new URL("../client/generated/api.ts", import.meta.url);

/**
 * The types of client/, from the OpenAPI document: client/generated/api.ts, which is made where it is needed and not
 * kept. What the client calls, sends and reads is checked against them.
 */
export async function writeClientTypes(): Promise<void> {
  await mkdir(new URL("./", TYPES), { recursive: true });
  await writeFile(TYPES, await clientTypes(await readFile(DOCUMENT, "utf8")));
}

/** The types that a document makes. */
export async function clientTypes(text: string): Promise<string> {
  const document: unknown = JSON.parse(text, withOpenIndex);
  const { components } = document as { components: { securitySchemes?: unknown } };
  const types = await openapiTS(document as Parameters<typeof openapiTS>[0], {
    inject: 'import type { Bytes } from "../transport.ts";',
    // An image's data is no string: it is sent as it comes, and read as it comes.
    transform: (schema) =>
      schema.format === "binary" ? ts.factory.createTypeReferenceNode("Bytes") : undefined,
    silent: true,
  });
  // Which openapi-typescript leaves out, and JSON is a type as it stands.
  const schemes = `export type securitySchemes = ${JSON.stringify(components.securitySchemes ?? {}, null, 4)};`;
  return `// Made by scripts/client-types.ts from openapi/openapi.json.\n${astToString(types)}\n${schemes}\n`;
}

/**
 * TypeScript holds the properties that have a name to what all others are, and refuses a number among strings: where
 * there are both, nothing is known of the others.
 */
function withOpenIndex(_key: string, value: unknown): unknown {
  const isBoth = typeof value === "object" && value !== null && "properties" in value;
  if (!isBoth || !("additionalProperties" in value) || !value.additionalProperties) return value;
  return { ...value, additionalProperties: true };
}

if (import.meta.main) await writeClientTypes();
