import { z } from "zod";

const UNITS = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

/** A number of bytes, with or without a unit: `500`, `"10GB"` (spec/quotas.md section 3). */
const byteCount = z.union([z.int().min(0), z.string()]).transform((said, check) => {
  const [, digits, unit = "B"] = /^(\d+)(B|KB|MB|GB|TB)?$/.exec(String(said)) ?? [];
  const bytes = Number(digits) * UNITS[unit as keyof typeof UNITS];
  if (Number.isSafeInteger(bytes)) return bytes;
  check.addIssue("is no number of bytes: digits, and B, KB, MB, GB or TB");
  return z.NEVER;
});

/** -1: no limit. */
const limit = z.int().min(-1).optional();

const limits = {
  /** MiB. */
  imageSizeTotal: limit,
  imageStageTotal: limit,
  imageCountTotal: limit,
  imageCountUploading: limit,
  /** 0: no limit. */
  userStorageQuota: byteCount.optional(),
};

const ofProject = z.strictObject({ id: z.string().min(1).max(255), ...limits });

/** What projects may hold; what a project's own entry leaves out is as for all. */
export const quotas = z.strictObject({
  ...limits,
  projects: z
    .array(ofProject)
    .default([])
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "names a project twice"),
});

export type QuotasConfig = z.output<typeof quotas>;
