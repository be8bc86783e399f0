import { setTimeout as sleep } from "node:timers/promises";
import { type Access, ask } from "../ask.ts";
import { createImage, deleteImage } from "../images.ts";

/** At most so many writes a second: each waits for the one before. */
export const WRITES_A_SECOND = 10;

/** Does some work while somebody else writes, one write after the other, to an image that no list shows. */
export async function whileWritten<T>(access: Access, work: () => Promise<T>): Promise<T> {
  const id = await createImage(access, { os_hidden: true });
  let isOver = false;
  const write = async () => {
    for (let writes = 0; !isOver; writes++)
      await Promise.all([
        ask(access, writes % 2 === 0 ? "PUT" : "DELETE", `/v2/images/${id}/tags/written`),
        sleep(1000 / WRITES_A_SECOND),
      ]);
  };
  const worked = work().finally(() => {
    isOver = true;
  });
  try {
    await Promise.all([worked, write()]);
    return await worked;
  } finally {
    await deleteImage(access, id);
  }
}
