import { z } from "zod";
import { ServiceError } from "./errors.ts";
import { inWords } from "./in-words.ts";

/** A hash that a caller claims for the bytes of a location. */
export interface ClaimedHash {
  readonly algo: string;
  /** Hexadecimal, lower case. */
  readonly value: string;
}

/** The number of hexadecimal digits for each algorithm that can be verified. */
export const HASH_CHARS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

export const isHex = (text: string): boolean => /^[0-9a-f]*$/i.test(text);

/** What a patch claims about the bytes of a location that it adds (spec/locations.md section 1.1). */
export interface ClaimedHashes extends ClaimedHash {
  readonly checksum?: string;
}

/** The hash in a `POST …/locations`, as the API spells it. */
export const claimSchema = z.strictObject({
  os_hash_algo: z.enum(["sha1", "sha256", "sha512", "md5"]),
  os_hash_value: z.string().max(128),
});

/** The task stores it as it came, so its length is limited to that of a store's id. */
const lone = z.strictObject({ store: z.string().max(255).optional() });

/**
 * The `validation_data` of a `POST …/locations`: both keys or none (spec/locations.md section 2). A `store` alone
 * counts as none: Cinder sends the location's metadata in its place (spec/consumers.md section 3).
 */
export function readValidationData(given: unknown): ClaimedHash | undefined {
  if (given === undefined) return undefined;
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  const isLone = isObject && Object.keys(given).every((key) => key === "store");
  const parsed = (isLone ? lone : claimSchema).safeParse(given, { error: inWords });
  if (!parsed.success)
    throw new ServiceError(
      "invalid",
      `validation_data: ${parsed.error.issues.map((i) => [...i.path, i.message].join(" ")).join("; ")}`,
    );
  if (!("os_hash_algo" in parsed.data)) return undefined;
  const { os_hash_algo: algo, os_hash_value: value } = parsed.data;
  if (!isHex(value)) throw new ServiceError("invalid", "os_hash_value is not hexadecimal.");
  return { algo, value: value.toLowerCase() };
}
