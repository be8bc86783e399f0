import { randomUUID } from "node:crypto";
import { stat, statfs, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../drivers/disk-error.ts";
import type { Examination, Finding } from "./doctor.ts";

const GiB = 1024 ** 3;

/** Whether images can be written to a directory, as which it is made if it is not there. */
export async function* examineFile({ path }: { readonly path: string }): Examination {
  const found = await stat(path).catch((error) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!found) return yield { ok: true, what: `${path} is not there yet, and is made at the start` };
  if (!found.isDirectory())
    return yield { ok: false, what: `${path} is no directory`, remedy: "Name another path in the settings." };
  yield await writable(path);
  const { bavail, bsize } = await statfs(path);
  yield { ok: true, what: `${Math.floor((bavail * bsize) / GiB)} GiB are free` };
}

async function writable(path: string): Promise<Finding> {
  const scratch = join(path, `.glimpse-doctor-${randomUUID()}`);
  try {
    await writeFile(scratch, "scratch", { flag: "wx" });
    await unlink(scratch);
    return { ok: true, what: `${path} can be written` };
  } catch (error) {
    return {
      ok: false,
      what: `${path} cannot be written: ${codeOf(error)}`,
      remedy: `Give it to user ${process.getuid?.()}, as whom this runs, and see that its disk is not full or read-only.`,
    };
  }
}
