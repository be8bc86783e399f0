import { z } from "zod";
import { jsonOf } from "../outbound/answers.ts";

/** A Swift server's capabilities from `/info`. Ceph's and OpenStack's differ, and change between releases. */
export interface SwiftCapabilities {
  /** Largest body of one PUT. */
  readonly maxFileBytes: number;
  /** Present if static large objects are supported. */
  readonly slo?: { readonly maxSegments: number; readonly minSegmentBytes: number };
  /**
   * The most segments of a dynamic large object for which its length is known: fewer than a page of a listing shows.
   */
  readonly maxDynamicSegments: number;
}

const GiB = 1024 ** 3;

/** Swift's defaults, used where the server says nothing. Static large objects it has to announce. */
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

/** Text that cannot be parsed says nothing. */
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

/** Beside the version in the account's URL: `/info` for OpenStack's, `/swift/info` for Ceph's. */
export const infoUrl = (storageUrl: string): string =>
  `${storageUrl.replace(/\/v1(\.0)?(\/[^/]*)?$/, "")}/info`;
