import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";

/** Writes a small file whole or not at all, even if the machine stops meanwhile. */
export function writeFileSafely(path: string, content: string, mode: number): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", mode);
  try {
    // Unlike `writeSync`, this continues if the disk took only a part.
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
