import { z } from "zod";
import { ServiceError } from "./errors.ts";
import { storableText } from "./image-attributes.ts";
import { inWords } from "./in-words.ts";
import { LOCATION_URL_CHARS, withoutStoreCredentials } from "./location-url.ts";

const text = storableText("has a NUL or a character above U+FFFF");

/** Any names at all: zod's record drops `__proto__`. */
const textByName = z.preprocess(
  (given) =>
    typeof given === "object" && given !== null && !Array.isArray(given)
      ? new Map<unknown, unknown>(Object.entries(given))
      : given,
  z.map(text, text).transform((entries): Readonly<Record<string, string>> => Object.fromEntries(entries)),
);

/** The URL of a location, as far as its form can be checked. */
export const locationUrl = text.min(1).max(LOCATION_URL_CHARS);

const location = z.object({
  url: locationUrl,
  metadata: textByName,
  validation_data: z
    .strictObject({
      checksum: z.string().length(32, "has not 32 characters").optional(),
      os_hash_algo: z.string().max(64),
      os_hash_value: z.string().max(128),
    })
    .optional(),
});

/** A location in a patch. Its validation data is not checked yet. */
export type PatchedLocation = z.output<typeof location>;

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: inWords });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = ["locations", ...(issue?.path ?? [])].join("/");
  throw new ServiceError("invalid", `${where} ${issue?.message ?? "is not valid"}.`);
}

const asKept = (given: PatchedLocation): PatchedLocation => ({
  ...given,
  url: withoutStoreCredentials(given.url),
});

export const readLocation = (value: unknown): PatchedLocation => asKept(read(location, value));
export const readLocations = (value: unknown): PatchedLocation[] =>
  read(z.array(location), value).map(asKept);
