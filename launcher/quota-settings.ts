import { z } from "zod";

const limit = z.int().min(-1).optional();

const limits = {
  image_size_total: limit,
  image_stage_total: limit,
  image_count_total: limit,
  image_count_uploading: limit,
  user_storage_quota: z
    .union([z.int().min(0), z.string()])
    .refine(
      (said) => /^\d+(B|KB|MB|GB|TB)?$/.test(String(said)),
      "is no number of bytes: digits, and B, KB, MB, GB or TB",
    )
    .optional(),
};

/** What projects may hold, and the projects for which it differs. */
export const quotas = z.strictObject({
  ...limits,
  use_keystone_limits: z.boolean().default(false),
  projects: z
    .array(z.strictObject({ id: z.string().min(1).max(255), ...limits }))
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "names a project twice")
    .default([]),
});
