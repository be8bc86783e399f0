import { ServiceError } from "../domain/errors.ts";

/** First and last byte, both counted from 0 and both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const unsatisfiable = (header: string, size: number) =>
  new ServiceError("badRange", `The range ${header.slice(0, 100)} cannot be had from ${size} bytes.`, {
    headers: { "content-range": `bytes */${size}` },
  });

/**
 * The one range a download asks for, or undefined for the whole. Malformed and unsatisfiable ranges reject `badRange`
 * (a RFC would ignore the first kind; the reference does not), several of them `invalid` (spec/data.md section 2.1).
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

/** The legacy spelling of a range as a request header, `Content-Range: bytes 1-3/*`, as a `Range`. */
export const legacyRange = (contentRange: string | undefined): string | undefined =>
  contentRange?.replace(/^\s*bytes\s+/, "bytes=").replace(/\/.*$/, "");
