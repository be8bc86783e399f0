/** The unified limits, under Keystone's names; -1 means no limit (spec/quotas.md section 1). */
export const UNIFIED_LIMITS = [
  "image_size_total",
  "image_stage_total",
  "image_count_total",
  "image_count_uploading",
] as const;
export type UnifiedLimit = (typeof UNIFIED_LIMITS)[number];
export type UnifiedLimits = Readonly<Record<UnifiedLimit, number>>;

export interface ProjectLimits {
  /** Absent: unified limits are off. */
  readonly unified?: UnifiedLimits;
  /** `user_storage_quota`, in bytes; null: none (spec/quotas.md section 3). */
  readonly storageBytes: number | null;
}

/** What a project uses: its row of `project_usage`. */
export interface Usage {
  readonly images: number;
  readonly uploading: number;
  readonly bytes: number;
  readonly stagedBytes: number;
  readonly reservedBytes: number;
}

/** A project's limits, as the catalogue's guards use them; null: none. */
export interface Most {
  readonly images: number | null;
  readonly uploading: number | null;
  /** For images, and for what running uploads have reserved. */
  readonly bytes: number | null;
}

const MiB = 1024 * 1024;

/** Sizes are compared in whole MiB, rounded down: only a whole MiB over a limit exceeds it. */
const bytesWithin = (mebibytes: number): number => (mebibytes + 1) * MiB - 1;

export function mostOf({ unified, storageBytes }: ProjectLimits): Most {
  const counted = (name: UnifiedLimit) => (unified && unified[name] >= 0 ? unified[name] : null);
  const size = counted("image_size_total");
  const bytes = Math.min(size === null ? Infinity : bytesWithin(size), storageBytes ?? Infinity);
  return {
    images: counted("image_count_total"),
    uploading: counted("image_count_uploading"),
    bytes: Number.isSafeInteger(bytes) ? bytes : null,
  };
}

/** `GET /v2/info/usage` (spec/quotas.md section 2). */
export function usageView(limits: UnifiedLimits, usage: Usage) {
  const used: UnifiedLimits = {
    image_size_total: Math.floor(usage.bytes / MiB),
    image_stage_total: Math.floor(usage.stagedBytes / MiB),
    image_count_total: usage.images,
    image_count_uploading: usage.uploading,
  };
  return Object.fromEntries(UNIFIED_LIMITS.map((name) => [name, { usage: used[name], limit: limits[name] }]));
}
