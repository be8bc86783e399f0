import { imageOwner, type Reserving } from "../db/reservations.ts";
import type { TransitionFields } from "../db/transitions.ts";
import { type Config, type QuotasConfig, storageBytesOf } from "../env.ts";

/** The image that gets `more` locations than it had, each of `size` bytes. */
interface Growing {
  readonly owner: string | null;
  readonly size: number | null;
  readonly more: number;
}

/**
 * What locations take of their image owner's quotas (spec/quotas.md sections 1 and 3): of the bytes, each the image's
 * size; and of `mostUploading`, where the image is to be written, its place. Nothing where there is no quota.
 */
export function locationReserve(
  quotas: QuotasConfig,
  { owner, size, more }: Growing,
  mostUploading: number | null = null,
): { reserve?: Reserving } {
  const bytes = owner === null ? null : storageBytesOf(quotas, owner);
  if (more <= 0 || (mostUploading === null && (bytes === null || !size))) return {};
  return {
    reserve: { most: { images: null, uploading: mostUploading, bytes }, size: (size ?? 0) * more, step: 0 },
  };
}

/** The same of an image that is still to be looked up, where anybody's bytes are bounded. */
export async function locationQuota(
  { quotas }: Config,
  db: D1Database,
  imageId: string,
  { columns, locations }: TransitionFields,
  mostUploading: number | null = null,
): Promise<{ reserve?: Reserving }> {
  const isBounded = [quotas, ...quotas.projects].some(({ userStorageQuota = 0 }) => userStorageQuota > 0);
  if (!isBounded && mostUploading === null) return {};
  const { owner = null, size = null } = (await imageOwner(db, imageId)) ?? {};
  const more = (locations?.add?.length ?? 0) - (locations?.remove?.length ?? 0);
  return locationReserve(quotas, { owner, size: columns?.size ?? size, more }, mostUploading);
}
