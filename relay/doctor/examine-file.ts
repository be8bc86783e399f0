import { access, constants, stat, statfs } from "node:fs/promises";
import { type Examination, examineStore } from "../../src/stores/examine.ts";
import { checkpointTo } from "../checkpoint.ts";
import { codeOf } from "../drivers/disk-error.ts";
import { FileStore } from "../drivers/file.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import type { RelayStoreSettings } from "../settings.ts";

const GiB = 1024 ** 3;

/**
 * Whether images can be kept in this directory, which is created if it does not exist. A read-only store is not written
 * to.
 */
export async function* examineFile({
  path,
  read_only: onlyRead = false,
}: Extract<RelayStoreSettings, { type: "file" }>): Examination {
  const found = await stat(path).catch((error) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!found && onlyRead)
    return yield { ok: false, what: `${path} is not there`, remedy: "Mount it, or name another path." };
  if (!found) return yield { ok: true, what: `${path} is not there yet, and is made at the start` };
  if (!found.isDirectory())
    return yield { ok: false, what: `${path} is no directory`, remedy: "Name another path in the settings." };
  const user = `user ${process.getuid?.()}, as whom this runs`;
  if (onlyRead) {
    const denied = await access(path, constants.R_OK | constants.X_OK).catch(codeOf);
    if (denied === undefined) return yield { ok: true, what: `${path} can be read, and is only read` };
    return yield { ok: false, what: `${path} cannot be read: ${denied}`, remedy: `Let ${user} read it.` };
  }
  const threads = new HashThreads();
  // A running relay has files of its own there, which this program must not remove.
  const store = await FileStore.open({
    dir: path,
    threads,
    checkpoint: checkpointTo(undefined),
    onlyRead: true,
  });
  try {
    const remedy = `Give ${path} to ${user}, and see that its disk is not full or read-only.`;
    for await (const finding of examineStore(store)) yield finding.ok ? finding : { ...finding, remedy };
  } finally {
    await store.close();
    await threads.stop();
  }
  const { bavail, bsize } = await statfs(path);
  yield { ok: true, what: `${Math.floor((bavail * bsize) / GiB)} GiB are free` };
}
