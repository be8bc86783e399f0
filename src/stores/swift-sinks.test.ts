import { expect, test } from "vitest";
import { infoUrl, readInfo, WITHOUT_INFO } from "./swift-info.ts";
import { SegmentSizes } from "./swift-sinks.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const TiB = 1024 ** 4;
const can = readInfo(
  JSON.stringify({ swift: { max_file_size: 5 * GiB }, slo: { max_manifest_segments: 1000 } }),
);

const sizesOf = (sizes: SegmentSizes, numbers: readonly number[]) =>
  numbers.map((number) => (sizes.of(number) ?? Number.NaN) / MiB);

test("segments of a known length are equal, and larger where their number would not suffice", () => {
  expect(sizesOf(new SegmentSizes(can, 200 * MiB, 10 * GiB), [1, 500, 1000])).toEqual([200, 200, 200]);
  expect(sizesOf(new SegmentSizes(can, 200 * MiB, TiB), [1, 1000])).toEqual([1049, 1049]);
  const old = { ...can, slo: { maxSegments: 1000, minSegmentBytes: 300 * MiB } };
  expect(sizesOf(new SegmentSizes(old, 200 * MiB, GiB), [1])).toEqual([300]);
});

test("segments of an unknown length double with each eighth, up to what one request takes", () => {
  const sizes = new SegmentSizes(can, 200 * MiB, undefined);
  expect(sizesOf(sizes, [1, 125, 126, 251, 501, 626, 1000])).toEqual([
    ...[200, 200, 400, 800, 3200],
    ...[5120, 5120],
  ]);
  expect(sizes.of(1001)).toBeUndefined();
  expect(sizes.total).toBeGreaterThan(2 * TiB);
});

test("takes no more than its segments hold, and says so before the first", () => {
  const small = { ...can, maxFileBytes: 10, slo: { maxSegments: 3, minSegmentBytes: 1 } };
  expect(() => new SegmentSizes(small, 5, 31)).toThrow(
    expect.objectContaining({ kind: "tooLarge", message: "The store keeps images of at most 30 bytes." }),
  );
});

test("reads what a server can do, and takes Swift's defaults for what it does not say", () => {
  expect(readInfo('{"swift":{"max_file_size":7,"container_listing_limit":5},"slo":{}}')).toEqual({
    maxFileBytes: 7,
    maxDynamicSegments: 4,
    slo: { maxSegments: 1000, minSegmentBytes: 1 },
  });
  expect(readInfo('{"swift":{}}')).toEqual(WITHOUT_INFO);
  for (const odd of ["", "[]", "<html>", '{"slo":{"max_manifest_segments":-1}}'])
    expect(readInfo(odd)).toEqual(WITHOUT_INFO);
});

test.each([
  ["http://h:8080/v1/AUTH_test", "http://h:8080/info"],
  ["http://h:7480/swift/v1", "http://h:7480/swift/info"],
  ["https://h/swift/v1/AUTH_abc", "https://h/swift/info"],
  ["https://h/object-store/v1.0/AUTH_abc", "https://h/object-store/info"],
])("of an account at %s the server tells of itself at %s", (account, info) => {
  expect(infoUrl(account)).toBe(info);
});
