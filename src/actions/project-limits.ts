import { keystoneLimitsOf } from "../auth/keystone-limits.ts";
import { type ProjectLimits, UNIFIED_LIMITS, type UnifiedLimits } from "../domain/quotas.ts";
import { type QuotasConfig, storageBytesOf } from "../env.ts";
import type { Scope } from "./scope.ts";

/** Nobody's images count for nobody. */
const UNLIMITED: ProjectLimits = { storageBytes: null };

/** What holds for a project, which is the owner of the images in question; null for an image that has none. */
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

/** Unified limits are on where there is any, for whomever. */
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
