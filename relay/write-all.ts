import type { FileHandle } from "node:fs/promises";

/**
 * A write may take fewer bytes than it was given, as on a disk that is nearly full. Only the returned number says so.
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength; )
    at += (await file.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten;
}
