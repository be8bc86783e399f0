import { z } from "zod";
import { ServiceError } from "./errors.ts";
import { isStorable } from "./image-attributes.ts";
import { LOCATION_URL_CHARS } from "./location-url.ts";

const text = z.string("is not a string").refine(isStorable, "has a NUL or a character above U+FFFF");

const location = z.object({
  url: text.min(1, "is empty").max(LOCATION_URL_CHARS, `is longer than ${LOCATION_URL_CHARS} characters`),
  metadata: z.record(text, text),
  validation_data: z
    .strictObject({
      checksum: z.string().length(32, "has not 32 characters").optional(),
      os_hash_algo: z.string().max(64, "is longer than 64 characters"),
      os_hash_value: z.string().max(128, "is longer than 128 characters"),
    })
    .optional(),
});

/** A location as a patch names it; what is said of its hashes is not checked yet. */
export type PatchedLocation = z.output<typeof location>;

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = ["locations", ...(issue?.path ?? [])].join("/");
  throw new ServiceError("invalid", `${where} ${issue?.message ?? "is not valid"}.`);
}

export const readLocation = (value: unknown): PatchedLocation => read(location, value);
export const readLocations = (value: unknown): PatchedLocation[] => read(z.array(location), value);
