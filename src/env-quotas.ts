import { z } from "zod";
import { listOf, together } from "./env-rules.ts";

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

/** What projects may hold. What a project's own entry leaves out is as for all projects. */
export const quotas = z.strictObject({
  ...limits,
  /** All limits but `userStorageQuota` come from Keystone, where they are registered for the service of type image. */
  useKeystoneLimits: z.boolean().default(false),
  projects: z
    .array(ofProject)
    .default([])
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "names a project twice"),
});

interface Given {
  readonly QUOTAS: z.output<typeof quotas> | undefined;
  readonly IDENTITY: { readonly mode?: string; readonly username?: string | undefined } | undefined;
}

const rule = (message: string, holds: (quotas: QuotasConfig, given: Given) => boolean) =>
  z.refine<Given>(
    (given) => given.QUOTAS?.useKeystoneLimits !== true || holds(given.QUOTAS, given),
    together("QUOTAS", message),
  );

/** Rules across the quotas and other settings. */
export const quotaRules = [
  rule(
    "useKeystoneLimits needs IDENTITY of mode keystone with a username, which has a role on the system there",
    (_, { IDENTITY }) => IDENTITY?.mode === "keystone" && Boolean(IDENTITY.username),
  ),
  rule("takes the limits from Keystone, and must not set image… beside them", ({ projects, ...forAll }) =>
    [forAll, ...listOf(projects)].every(
      (own) =>
        !Object.entries(own ?? {}).some(([name, value]) => name.startsWith("image") && Number(value) >= 0),
    ),
  ),
];

export type QuotasConfig = z.output<typeof quotas>;

/** `user_storage_quota` of a project; null: none. */
export function storageBytesOf({ projects, userStorageQuota }: QuotasConfig, project: string): number | null {
  const own = projects.find(({ id }) => id === project);
  return (own?.userStorageQuota ?? userStorageQuota) || null;
}
