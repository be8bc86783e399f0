import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "./drivers/disk-error.ts";

/**
 * Makes a directory and what is missing above it. Node's own `recursive` tries for ever, in a loop that hears no signal,
 * where the directory above is there and takes no new ones but calls that ENOENT, as in /proc.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  if (await exists(path)) return;
  await makeDirectory(dirname(path), mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another may have made it just now.
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
