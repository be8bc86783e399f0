import type { EventEmitter } from "node:events";
import type { FileHandle } from "node:fs/promises";

/** A handle tells when it was closed, which its type does not. */
export function onClose(file: FileHandle, closed: () => void): void {
  (file as unknown as EventEmitter).once("close", closed);
}
