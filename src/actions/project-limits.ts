import { keystoneLimitsOf } from "../auth/keystone-limits.ts";
import { type ProjectLimits, UNIFIED_LIMITS, type UnifiedLimits } from "../domain/quotas.ts";
import { type QuotasConfig, storageBytesOf } from "../env.ts";
import type { Scope } from "./scope.ts";

/** The limits of images without an owner. */
const UNLIMITED: ProjectLimits = { storageBytes: null };

/** The limits of a project that owns images; null for an image without an owner. */
export async function limitsOf(
  { config, env }: Pick<Scope, "config" | "env">,
  project: string | null,
): Promise<ProjectLimits> {
  if (project === null) return UNLIMITED;
  const { projects, ...forAll } = config.quotas;
  const own = projects.find(({ id }) => id === project);
  const inKeystone = keystoneLimitsOf(config, env);
  return {
    storageBytes: storageBytesOf(config.quotas, project),
    ...(inKeystone ? { unified: await inKeystone.of(project) } : {}),
    ...(isOn(config.quotas) ? { unified: configured({ ...forAll, ...own }) } : {}),
  };
}

type Limits = Omit<QuotasConfig, "projects" | "useKeystoneLimits">;

/** Unified limits are on if there is any limit, for any project. */
const isOn = ({ projects, ...forAll }: QuotasConfig): boolean =>
  [forAll, ...projects].some((limits) => Object.values(byName(limits)).some((limit = -1) => limit >= 0));

const byName = (limits: Limits) => ({
  image_size_total: limits.imageSizeTotal,
  image_stage_total: limits.imageStageTotal,
  image_count_total: limits.imageCountTotal,
  image_count_uploading: limits.imageCountUploading,
});

function configured(limits: Limits): UnifiedLimits {
  const said = byName(limits);
  return Object.fromEntries(
    UNIFIED_LIMITS.map((name) => [name, said[name] ?? -1]),
  ) as unknown as UnifiedLimits;
}
