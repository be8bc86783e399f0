import { imageOwner, type Reserving } from "../db/reservations.ts";
import type { TransitionFields } from "../db/transitions.ts";
import { type Config, storageBytesOf } from "../env.ts";

/**
 * What a change of locations takes of the byte quota of its image's owner (spec/quotas.md section 3): each location counts
 * the image's size. Nothing where there is no quota, and where no more are added than removed.
 */
export async function locationQuota(
  { quotas }: Config,
  db: D1Database,
  imageId: string,
  { columns, locations }: TransitionFields,
): Promise<{ reserve?: Reserving }> {
  const more = (locations?.add?.length ?? 0) - (locations?.remove?.length ?? 0);
  const isBounded = [quotas, ...quotas.projects].some(({ userStorageQuota = 0 }) => userStorageQuota > 0);
  if (more <= 0 || !isBounded) return {};
  const image = await imageOwner(db, imageId);
  const bytes = image?.owner ? storageBytesOf(quotas, image.owner) : null;
  const size = columns?.size ?? image?.size ?? 0;
  if (bytes === null || size === 0) return {};
  return { reserve: { most: { images: null, uploading: null, bytes }, size: size * more, step: 0 } };
}
