import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./drivers/disk-error.ts";

/**
 * Creates a directory and its missing parents. Node's own `recursive` loops for ever, deaf to signals, if the parent
 * exists but answers ENOENT to new directories, as /proc does.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  if (await exists(path)) return;
  await makeDirectory(dirname(path), mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process may have just created it.
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
