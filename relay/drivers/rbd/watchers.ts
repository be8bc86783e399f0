import { constants } from "node:os";
import { CephError } from "./ceph-error.ts";
import { type Handle, type Librbd, listOf } from "./librbd.ts";

const { EBUSY } = constants.errno;

/** A client that opens an image other than for reading only becomes one of its watchers; this one does so too. */
const OURSELVES = 1;
export const WRITER = "a client that has it open for writing";

/** How many others have the image open for writing. A client that was killed counts for half a minute. */
export async function watchersOf(lib: Librbd, image: Handle): Promise<number> {
  const watchers = await listOf(
    "rbd_image_watcher_t",
    (array, count) => lib.rbd_watchers_list(image, array, count),
    (array, count) => lib.rbd_watchers_list_cleanup(array, count),
    "rbd_watchers_list",
  );
  return watchers.length;
}

/** An image that another client has open for writing cannot be removed. librbd would wait for that client. */
export async function refuseWatched(lib: Librbd, image: Handle): Promise<void> {
  if ((await watchersOf(lib, image)) > OURSELVES) throw new CephError("rbd_watchers_list", EBUSY, [WRITER]);
}
