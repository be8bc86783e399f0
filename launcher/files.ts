import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";

/** Writes a small file whole or not at all, even if the machine stops meanwhile. */
export function writeFileSafely(path: string, content: string, mode: number): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", mode);
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, path);
}
