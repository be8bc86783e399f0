import { imageOwner, type Reserving } from "../db/reservations.ts";
import type { TransitionFields } from "../db/transitions.ts";
import { type Config, storageBytesOf } from "../env.ts";

/**
 * What a change of locations takes of its image owner's quotas (spec/quotas.md sections 1 and 3): of the bytes, each
 * location the image's size; and of `mostUploading`, where the image is to be written, its place. Nothing where there is
 * no quota, and where no more are added than removed.
 */
export async function locationQuota(
  { quotas }: Config,
  db: D1Database,
  imageId: string,
  { columns, locations }: TransitionFields,
  mostUploading: number | null = null,
): Promise<{ reserve?: Reserving }> {
  const more = (locations?.add?.length ?? 0) - (locations?.remove?.length ?? 0);
  const isBounded = [quotas, ...quotas.projects].some(({ userStorageQuota = 0 }) => userStorageQuota > 0);
  if (more <= 0 || !(isBounded || mostUploading !== null)) return {};
  const image = await imageOwner(db, imageId);
  const bytes = image?.owner ? storageBytesOf(quotas, image.owner) : null;
  const size = columns?.size ?? image?.size ?? 0;
  if (mostUploading === null && (bytes === null || size === 0)) return {};
  return { reserve: { most: { images: null, uploading: mostUploading, bytes }, size: size * more, step: 0 } };
}
