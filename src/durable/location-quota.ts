import { imageOwner, type Reserving } from "../db/reservations.ts";
import type { TransitionFields } from "../db/transitions.ts";
import { type Config, type QuotasConfig, storageBytesOf } from "../env.ts";

/** An image that gets `more` locations, each of `size` bytes. */
interface Growing {
  readonly owner: string | null;
  readonly size: number | null;
  readonly more: number;
}

/**
 * What locations take of their image owner's quotas (spec/quotas.md sections 1 and 3): each takes the image's size in
 * bytes, and, if the image is to be written, one of `mostUploading`. Undefined without a quota.
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

/** The same for an image that has yet to be looked up; skipped if nobody has a quota of bytes. */
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
