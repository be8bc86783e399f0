import type { EventEmitter } from "node:events";
import type { FileHandle } from "node:fs/promises";

/** A file handle emits "close", which its type does not say. */
export function onClose(file: FileHandle, closed: () => void): void {
  (file as unknown as EventEmitter).once("close", closed);
}
