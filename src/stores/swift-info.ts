import { z } from "zod";
import { jsonOf } from "../outbound/answers.ts";

/** What a Swift server says of itself in `/info`. Ceph's and OpenStack's differ here, and from one release to the next. */
export interface SwiftCapabilities {
  /** Bytes of one PUT. */
  readonly maxFileBytes: number;
  /** Where static large objects can be made. */
  readonly slo?: { readonly maxSegments: number; readonly minSegmentBytes: number };
  /** Segments that a dynamic large object may have, for its length to be known: fewer than a listing shows at once. */
  readonly maxDynamicSegments: number;
}

const GiB = 1024 ** 3;

/** Swift's defaults, where it says nothing; that there are static large objects it has to say. */
export const WITHOUT_INFO: SwiftCapabilities = { maxFileBytes: 5 * GiB, maxDynamicSegments: 9_999 };

const positive = z.number().int().positive();
const info = z.object({
  swift: z
    .object({ max_file_size: positive.default(5 * GiB), container_listing_limit: positive.default(10_000) })
    .default({ max_file_size: 5 * GiB, container_listing_limit: 10_000 }),
  slo: z
    .object({ max_manifest_segments: positive.default(1000), min_segment_size: positive.default(1) })
    .optional(),
});

/** What cannot be read says nothing. */
export function readInfo(text: string): SwiftCapabilities {
  const parsed = info.safeParse(jsonOf(text));
  if (!parsed.success) return WITHOUT_INFO;
  const { slo, swift } = parsed.data;
  return {
    maxFileBytes: swift.max_file_size,
    maxDynamicSegments: Math.max(1, swift.container_listing_limit - 1),
    ...(slo
      ? { slo: { maxSegments: slo.max_manifest_segments, minSegmentBytes: slo.min_segment_size } }
      : {}),
  };
}

/** Beside the version that the account's URL has: `/info` for OpenStack's, `/swift/info` for Ceph's. */
export const infoUrl = (storageUrl: string): string =>
  `${storageUrl.replace(/\/v1(\.0)?(\/[^/]*)?$/, "")}/info`;
