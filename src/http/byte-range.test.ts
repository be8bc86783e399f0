import { describe, expect, test } from "vitest";
import { byteRange, legacyRange } from "./byte-range.ts";

describe("a range of nine bytes", () => {
  test.each([
    ["bytes=1-3", 1, 3],
    ["bytes=0-", 0, 8],
    ["bytes=-3", 6, 8],
    ["bytes=-100", 0, 8],
    ["bytes=4-100", 4, 8],
    ["bytes=8-8", 8, 8],
  ])("%s is bytes %i to %i", (header, start, end) => {
    expect(byteRange(header, 9)).toEqual({ start, end });
  });

  test.each([
    "bytes=9-",
    "bytes=5-2",
    "bytes=x-y",
    "octets=1-2",
    "bytes=-0",
    "bytes=-",
    "bytes=",
    "bytes=99999999999999999999-",
  ])("%s cannot be satisfied", (header) => {
    expect(() => byteRange(header, 9)).toThrow(expect.objectContaining({ kind: "badRange" }));
  });

  test("several ranges are refused as such", () => {
    expect(() => byteRange("bytes=0-1,3-4", 9)).toThrow(expect.objectContaining({ kind: "invalid" }));
  });
});

test("no byte of an empty image can be had by range", () => {
  for (const header of ["bytes=0-", "bytes=-1", "bytes=0-0"])
    expect(() => byteRange(header, 0)).toThrow(expect.objectContaining({ kind: "badRange" }));
});

test("a Content-Range of a request is read as the range it spells", () => {
  expect(legacyRange("bytes 1-3/*")).toBe("bytes=1-3");
  expect(legacyRange("bytes 1-3/9")).toBe("bytes=1-3");
  expect(legacyRange(undefined)).toBeUndefined();
});
