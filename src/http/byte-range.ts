import { ServiceError } from "../domain/errors.ts";

/** First and last byte, counted from 0, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const unsatisfiable = (header: string, size: number) =>
  new ServiceError("badRange", `The range ${header.slice(0, 100)} cannot be had from ${size} bytes.`, {
    headers: { "content-range": `bytes */${size}` },
  });

/**
 * The range that a download asks for, or undefined for the whole. Throws `badRange` for malformed and unsatisfiable
 * ranges (RFC 9110 would ignore the first; the reference does not), `invalid` for several ranges (spec/data.md section
 * 2.1).
 */
export function byteRange(range: string | undefined, size: number): ByteRange | undefined {
  if (range === undefined) return undefined;
  if (/^\s*bytes=[^,]*,/.test(range))
    throw new ServiceError("invalid", "Requests with multiple ranges are not supported.");
  const parts = /^\s*bytes=\s*(\d*)-(\d*)\s*$/.exec(range);
  if (!parts || (!parts[1] && !parts[2])) throw unsatisfiable(range, size);
  const suffix = !parts[1];
  const start = suffix ? Math.max(0, size - Number(parts[2])) : Number(parts[1]);
  const end = suffix || !parts[2] ? size - 1 : Math.min(Number(parts[2]), size - 1);
  if (start > end || start >= size) throw unsatisfiable(range, size);
  return { start, end };
}

/** Converts the legacy form of a range in a request, `Content-Range: bytes 1-3/*`, to a `Range`. */
export const legacyRange = (contentRange: string | undefined): string | undefined =>
  contentRange?.replace(/^\s*bytes\s+/, "bytes=").replace(/\/.*$/, "");
