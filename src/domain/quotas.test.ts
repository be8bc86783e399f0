import { expect, test } from "vitest";
import { mostOf, type UnifiedLimits, usageView } from "./quotas.ts";

const MiB = 1024 * 1024;

const unified = (some: Partial<UnifiedLimits> = {}): UnifiedLimits => ({
  ...{ image_size_total: -1, image_stage_total: -1, image_count_total: -1, image_count_uploading: -1 },
  ...some,
});

test("without limits a project may have as much as it likes", () => {
  const nothing = { images: null, uploading: null, bytes: null };
  expect(mostOf({ storageBytes: null })).toEqual(nothing);
  expect(mostOf({ storageBytes: null, unified: unified() })).toEqual(nothing);
});

test("a limit in MiB is exceeded by the next whole one, a limit in bytes by the next byte", () => {
  expect(mostOf({ storageBytes: null, unified: unified({ image_size_total: 2 }) }).bytes).toBe(3 * MiB - 1);
  expect(mostOf({ storageBytes: null, unified: unified({ image_size_total: 0 }) }).bytes).toBe(MiB - 1);
  expect(mostOf({ storageBytes: 2 * MiB }).bytes).toBe(2 * MiB);
});

test("of two limits on bytes the lower one counts", () => {
  const limits = unified({ image_size_total: 2 });
  expect(mostOf({ storageBytes: 5, unified: limits }).bytes).toBe(5);
  expect(mostOf({ storageBytes: 9 * MiB, unified: limits }).bytes).toBe(3 * MiB - 1);
});

test("usage is told in whole MiB, rounded down, and without what is only reserved", () => {
  const usage = { images: 4, uploading: 1, bytes: 2 * MiB - 1, stagedBytes: MiB, reservedBytes: 5 * MiB };
  expect(usageView(unified({ image_count_total: 9 }), usage)).toEqual({
    image_size_total: { usage: 1, limit: -1 },
    image_stage_total: { usage: 1, limit: -1 },
    image_count_total: { usage: 4, limit: 9 },
    image_count_uploading: { usage: 1, limit: -1 },
  });
});
