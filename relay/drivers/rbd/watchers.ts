import { constants } from "node:os";
import { CephError } from "./ceph-error.ts";
import { type Handle, type Librbd, listOf } from "./librbd.ts";

const { EBUSY } = constants.errno;

/** Whoever opens an image, but not for reading alone, is one of its watchers. */
const OURSELVES = 1;
export const WRITER = "a client that has it open for writing";

/** How many have the image open for writing. One who was killed counts for half a minute. */
export async function watchersOf(lib: Librbd, image: Handle): Promise<number> {
  const watchers = await listOf(
    "rbd_image_watcher_t",
    (array, count) => lib.rbd_watchers_list(image, array, count),
    (array, count) => lib.rbd_watchers_list_cleanup(array, count),
    "rbd_watchers_list",
  );
  return watchers.length;
}

/** An image that somebody else has open for writing cannot be removed; asked to all the same, librbd waits for them. */
export async function refuseWatched(lib: Librbd, image: Handle): Promise<void> {
  if ((await watchersOf(lib, image)) > OURSELVES) throw new CephError("rbd_watchers_list", EBUSY, [WRITER]);
}
