import { ServiceError } from "./errors.ts";
import { isAttribute, readAttribute, readProperty, readTags, refuseUnwritable } from "./image-attributes.ts";
import { readLocation, readLocations } from "./patched-location.ts";

/** The two spellings of an operation: `{"op": "add", "path": …}` since v2.1, `{"add": path, …}` before. */
export type PatchVersion = "2.0" | "2.1";

/** The media types of a PATCH and their versions (spec/images.md section 5.1). */
export const PATCH_MEDIA_TYPES: Readonly<Record<string, PatchVersion>> = {
  "application/openstack-images-v2.0-json-patch": "2.0",
  "application/openstack-images-v2.1-json-patch": "2.1",
};

const VERBS = ["add", "replace", "remove"] as const;
type Verb = (typeof VERBS)[number];

/** One operation, parsed and checked as far as possible without the image. */
export interface Operation {
  readonly verb: Verb;
  /** Base attribute, additional property, or `locations`. */
  readonly name: string;
  /** Absent for `remove`. Has the attribute's type. */
  readonly value?: unknown;
  /** For a single location: its index in the list, or `-`. */
  readonly position?: string;
}

const invalid = (message: string) => new ServiceError("invalid", message);

/** Parses a patch. Throws `invalid` if it is malformed, `forbidden` for attributes that no caller may write. */
export function parsePatch(body: unknown, version: PatchVersion): Operation[] {
  if (!Array.isArray(body)) throw invalid("Request body must be a JSON array of operation objects.");
  return body.map((item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item))
      throw invalid("Operations must be JSON objects.");
    const fields = item as Record<string, unknown>;
    const { verb, path } = version === "2.1" ? spelledOut(fields) : abbreviated(fields);
    return operation(verb, path, fields);
  });
}

function spelledOut(fields: Record<string, unknown>): { verb: Verb; path: unknown } {
  const verb = VERBS.find((known) => known === fields.op);
  if (!verb)
    throw invalid(
      `Invalid operation: ${quoted(fields.op)}. It must be one of the following: ${VERBS.join(", ")}.`,
    );
  return { verb, path: fields.path };
}

function abbreviated(fields: Record<string, unknown>): { verb: Verb; path: unknown } {
  const [verb, ...others] = VERBS.filter((known) => Object.hasOwn(fields, known));
  if (!verb || others.length > 0)
    throw invalid(`Operation objects must contain exactly one member named ${VERBS.join(", ")}.`);
  return { verb, path: fields[verb] };
}

function operation(verb: Verb, path: unknown, fields: Record<string, unknown>): Operation {
  const tokens = pointer(path);
  const name = tokens[0] ?? "";
  const depth = name === "locations" && verb !== "replace" ? 2 : 1;
  if (tokens.length !== depth) throw invalid(`Invalid JSON pointer for this resource: ${quoted(path)}.`);
  if (verb !== "remove" && !Object.hasOwn(fields, "value"))
    throw invalid(`Operation ${quoted(verb)} requires a member named "value".`);
  if (name === "id") throw new ServiceError("forbidden", "Attribute 'id' is read-only.");
  refuseUnwritable(name);
  if (name === "locations") return locationOperation(verb, tokens[1], fields);
  if (verb === "remove") return { verb, name };
  if (name === "tags") return { verb, name, value: readTags(fields.value) };
  if (isAttribute(name)) return { verb, name, value: readAttribute(name, fields.value) };
  return { verb, name, value: readProperty(name, fields.value) };
}

/** `replace` gives all locations, the other operations one (spec/images.md section 5.3). */
function locationOperation(
  verb: Verb,
  position: string | undefined,
  fields: Record<string, unknown>,
): Operation {
  const name = "locations";
  const one = position === undefined ? {} : { position };
  if (verb === "remove") return { verb, name, ...one };
  return verb === "add"
    ? { verb, name, ...one, value: readLocation(fields.value) }
    : { verb, name, value: readLocations(fields.value) };
}

/** The tokens of a JSON pointer. White space around a token is dropped (spec/images.md section 5.3). */
function pointer(path: unknown): string[] {
  if (typeof path !== "string" || !path.startsWith("/"))
    throw invalid(`Pointer ${quoted(path)} is not a string that starts with "/".`);
  if (/~(?![01])/.test(path))
    throw invalid(`Pointer ${quoted(path)} contains "~" not part of a recognized escape sequence.`);
  const tokens = path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~").trim());
  if (tokens.includes("")) throw invalid(`Pointer ${quoted(path)} has an empty token.`);
  return tokens;
}

/** Only text is quoted: anything else may be nested deeper than can be written out. */
const quoted = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value.slice(0, 255)) : `of type ${typeof value}`;
